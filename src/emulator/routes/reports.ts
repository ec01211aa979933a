import { type Answer, dashJson } from '../answer.ts';
import { encoder } from '../bytes.ts';
import type { Exchange, Route } from '../exchange.ts';
import { multipartOf } from '../form.ts';
import { Refusal } from '../refusal.ts';
import { storedReport } from '../reports.ts';

function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  if (typeof value !== 'string' || value === '') throw new Refusal(400, `Missing required parameter: ${name}`);
  return value;
}

async function add(exchange: Exchange): Promise<Answer> {
  const form = await multipartOf(exchange);
  const project = exchange.projectOf(textOf(form, 'project'));
  const job = textOf(form, 'job');
  if (project.job(job) === undefined) throw new Refusal(400, `Job ${job.slice(0, 100)} does not exist`);
  const key = textOf(form, 'key');
  const content = form.get('content');
  if (content === null) throw new Refusal(400, 'Missing required parameter: content');
  const bytes = typeof content === 'string' ? encoder.encode(content) : new Uint8Array(await content.arrayBuffer());
  project.reports.set(`${job}/${key}`, storedReport(job, key, textOf(form, 'content_type'), bytes));
  return dashJson({ status: 'ok' });
}

/** Dash: reports of jobs. They are read, and changed, as the project's. */
export const reportRoutes: readonly Route[] = [
  { method: 'POST', path: 'reports/add.json', backend: 'dash', handler: add },
];
