import { type Answer, jobqJson, jobqLines, jobqPlain } from '../answer.ts';
import type { Exchange, Route } from '../exchange.ts';
import { isJobState, type Job, type JobState } from '../job.ts';
import { activeWithMark, cancelJob, nextPending, updateJob } from '../job-actions.ts';
import { isObject, pythonJson } from '../json-style.ts';
import type { Project } from '../project.ts';
import { integerParameter } from '../query.ts';
import { Refusal } from '../refusal.ts';
import { parseLines, parseValue } from '../request-body.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Part of a command, not of the metadata. */
const commandFields: ReadonlySet<string> = new Set(['key', 'auth', '_key', 'state']);

function metaOf(fields: Fields, ...without: readonly string[]): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(fields).filter(([name]) => !commandFields.has(name) && !without.includes(name)));
}

function stateOf(fields: Fields): JobState | undefined {
  const { state } = fields;
  if (state === undefined || state === null) return undefined;
  if (!isJobState(state)) throw new Refusal(400, `Unknown state: ${String(state).slice(0, 100)}`);
  return state;
}

async function objects(exchange: Exchange): Promise<Fields[]> {
  return parseLines(await exchange.text()).map(({ value }) => {
    if (!isObject(value)) throw new Refusal(400, 'Every line must be a JSON object');
    return value;
  });
}

function checkPush(fields: Fields): void {
  stateOf(fields);
  if (typeof fields.spider !== 'string' || fields.spider === '') throw new Refusal(400, 'The field spider is required');
  if (typeof (fields.unique ?? '') !== 'string') throw new Refusal(400, 'The field unique must be a string');
  const priority = fields.priority ?? 2;
  if (!Number.isInteger(priority) || Number(priority) < 0 || Number(priority) > 4) {
    throw new Refusal(400, 'The field priority must be an integer from 0 to 4');
  }
}

function pushOne(exchange: Exchange, project: Project, fields: Fields): string {
  const spider = project.allocateSpider(String(fields.spider));
  const { unique } = fields;
  if (typeof unique === 'string' && activeWithMark(project, unique) !== undefined) {
    // A refused push consumes a number too.
    spider.nextJob += 1;
    return pythonJson({ error: `Active job exists with key ${unique}`, request: fields });
  }
  const meta = metaOf(fields, 'spider', ...(unique === null ? ['unique'] : []));
  const job = exchange.world.createJob(project, spider, stateOf(fields) ?? 'pending', meta);
  return pythonJson({ key: job.key, auth: job.token ?? null });
}

async function push(exchange: Exchange): Promise<Answer> {
  const { project } = exchange;
  const pushes = await objects(exchange);
  pushes.forEach(checkPush);
  return jobqLines(pushes.map((fields) => pushOne(exchange, project, fields)));
}

async function startJob(exchange: Exchange): Promise<Answer> {
  const { project, world } = exchange;
  const text = await exchange.text();
  const fields = text.trim() === '' ? {} : parseValue(text);
  if (!isObject(fields)) throw new Refusal(400, 'The metadata must be one JSON object');
  const job = nextPending(project, fields.botgroup);
  if (job === undefined) return jobqPlain();
  const meta = new Map([['_shub_worker', 'kumo'], ...metaOf(fields, 'botgroup')]);
  updateJob(world, job, 'running', meta);
  return jobqJson(pythonJson({ ...job.metadata(), key: job.key, auth: job.token }));
}

/** The jobs that a key names: one, or all of a spider that are not deleted, the longest unchanged first. */
function jobsOfKey(project: Project, key: unknown): readonly Job[] {
  if (typeof key !== 'string') throw new Refusal(400, 'The field key is required');
  const job = project.job(key);
  if (job !== undefined) return [job];
  return project.jobs
    .filter((candidate) => candidate.spider.key === key && candidate.state !== 'deleted')
    .sort((left, right) => left.changed - right.changed);
}

async function update(exchange: Exchange): Promise<Answer> {
  const { project, world } = exchange;
  const updates = await objects(exchange);
  const planned = updates.map((fields) => ({ jobs: jobsOfKey(project, fields.key), state: stateOf(fields), fields }));
  const lines: string[] = [];
  for (const { jobs, state, fields } of planned) {
    for (const job of jobs) {
      lines.push(pythonJson({ key: job.key, prevstate: updateJob(world, job, state, metaOf(fields)) }));
    }
  }
  return jobqLines(lines);
}

function cancelAll(exchange: Exchange, jobs: readonly (Job | undefined)[]): Answer {
  const count = jobs.filter((job) => job !== undefined && cancelJob(exchange.world, job)).length;
  return jobqJson(pythonJson({ count }));
}

async function cancel(exchange: Exchange): Promise<Answer> {
  const { project, query } = exchange;
  const count = integerParameter(query, 'count');
  const text = await exchange.text();
  if (text.trim() === '' && count !== undefined) {
    // For administrators; the emulator's key is one.
    const pending = project.jobs.filter((job) => job.state === 'pending').slice(0, count);
    return cancelAll(exchange, pending);
  }
  const targets = parseValue(text);
  if (!Array.isArray(targets)) throw new Refusal(400, 'The body must be one JSON array');
  const keys = targets.map((target: unknown) => (isObject(target) ? target.key : undefined));
  if (!keys.every((key) => typeof key === 'string')) throw new Refusal(400, 'Every entry must be an object with a key');
  return cancelAll(
    exchange,
    keys.map((key) => project.job(key)),
  );
}

/** What changes the job queue. */
export const jobQueueRoutes: readonly Route[] = [
  { method: 'POST', path: 'jobq/:project/push', backend: 'jobq', handler: push },
  { method: 'POST', path: 'jobq/:project/startjob', backend: 'jobq', handler: startJob },
  { method: 'POST', path: 'jobq/:project/update', backend: 'jobq', handler: update },
  { method: 'POST', path: 'jobq/:project/cancel', backend: 'jobq', handler: cancel },
  {
    method: 'POST',
    path: 'jobq/:project/:spider/:job/cancel',
    backend: 'jobq',
    handler: (exchange) => cancelAll(exchange, [exchange.project.job(exchange.jobKey)]),
  },
];
