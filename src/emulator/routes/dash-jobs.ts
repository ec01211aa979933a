import { type Answer, dashJson, dashLines } from '../answer.ts';
import { dashTime } from '../dash-time.ts';
import type { Exchange, Route } from '../exchange.ts';
import { formOf, integerField, requiredField } from '../form.ts';
import type { Job } from '../job.ts';
import { cancelJob } from '../job-actions.ts';
import { selectJobs } from '../job-filter.ts';
import { derivedField } from '../job-summary.ts';
import type { Project } from '../project.ts';
import { Refusal } from '../refusal.ts';
import { changeTags } from '../tags.ts';
import type { World } from '../world.ts';

/** The most jobs of a list as one JSON object; lists as JSON lines have no such limit. */
const maxListLength = 100;

const listedStates = ['pending', 'running', 'finished'] as const;
const selectors = ['job', 'spider', 'state', 'has_tag', 'lacks_tag'] as const;

/** The jobs that parameters select: those that are named, or those that fit, the newest change first. */
function selectedJobs(project: Project, parameters: URLSearchParams): Job[] {
  const keys = parameters.getAll('job');
  const jobs = selectJobs(project, parameters, listedStates);
  return keys.length === 0 ? jobs : jobs.filter((job) => keys.includes(job.key));
}

/** The jobs that a change is for; one that selects nothing in particular is refused. */
function jobsToChange(exchange: Exchange, form: URLSearchParams): Job[] {
  const project = exchange.projectOf(requiredField(form, 'project'));
  if (!selectors.some((name) => form.has(name))) throw new Refusal(400, 'Missing required parameter: job or spider');
  return selectedJobs(project, form);
}

/** A job as the lists of dash show it; fields without a value are left out. */
function listedJob(job: Job, world: World): Readonly<Record<string, unknown>> {
  const count = (name: string): unknown => derivedField(job, world, name) ?? 0;
  return {
    id: job.key,
    spider: job.spider.name,
    state: job.state,
    tags: job.tags,
    priority: job.meta.get('priority'),
    version: job.meta.get('version') ?? null,
    spider_type: job.meta.get('spider_type') ?? job.spider.type,
    started_time: dashTime(job.meta.get('running_time')),
    updated_time: dashTime(job.changed),
    elapsed: Math.max(1, world.clock.now() - job.changed),
    items_scraped: count('items'),
    responses_received: count('pages'),
    errors_count: count('errors'),
    logs: count('logs'),
    close_reason: job.meta.get('close_reason'),
  };
}

interface Page {
  readonly total: number;
  readonly jobs: readonly unknown[];
}

// A negative count asks for the latest, and these come first anyway.
function pageOf(exchange: Exchange, maxLength: number): Page {
  const { query, world } = exchange;
  const jobs = selectedJobs(exchange.projectOf(requiredField(query, 'project')), query);
  const limit = Number.MAX_SAFE_INTEGER;
  const offset = integerField(query, 'offset', 0, limit) ?? 0;
  const count = Math.min(Math.abs(integerField(query, 'count', -limit, limit) ?? limit), maxLength);
  const shown = jobs.slice(offset, offset + count).map((job) => listedJob(job, world));
  return { total: jobs.length, jobs: shown };
}

function list(exchange: Exchange): Answer {
  const { total, jobs } = pageOf(exchange, maxListLength);
  return dashJson({ status: 'ok', count: jobs.length, total, jobs });
}

function listLines(exchange: Exchange): Answer {
  const { total, jobs } = pageOf(exchange, Number.POSITIVE_INFINITY);
  return dashLines([{ status: 'ok', count: jobs.length, total }, ...jobs]);
}

function count(exchange: Exchange): Answer {
  const project = exchange.projectOf(requiredField(exchange.query, 'project'));
  return dashJson({ status: 'ok', total: selectedJobs(project, exchange.query).length });
}

async function update(exchange: Exchange): Promise<Answer> {
  const form = await formOf(exchange);
  const jobs = jobsToChange(exchange, form);
  for (const job of jobs) {
    job.meta.set('tags', changeTags(job.tags, form.getAll('add_tag'), form.getAll('remove_tag')));
  }
  return dashJson({ count: jobs.length, status: 'ok' });
}

async function stop(exchange: Exchange): Promise<Answer> {
  for (const job of jobsToChange(exchange, await formOf(exchange))) cancelJob(exchange.world, job);
  return dashJson({ status: 'ok' });
}

async function remove(exchange: Exchange): Promise<Answer> {
  const jobs = jobsToChange(exchange, await formOf(exchange));
  for (const job of jobs) exchange.world.moveJob(job, 'deleted');
  return dashJson({ status: 'ok', count: jobs.length });
}

/** Dash: lists of jobs, and what is done to jobs that exist. */
export const dashJobRoutes: readonly Route[] = [
  { method: 'GET', path: 'jobs/list.json', backend: 'dash', handler: list },
  { method: 'GET', path: 'jobs/list.jl', backend: 'dash', handler: listLines },
  { method: 'GET', path: 'jobs/count.json', backend: 'dash', handler: count },
  { method: 'POST', path: 'jobs/update.json', backend: 'dash', handler: update },
  { method: 'POST', path: 'jobs/stop.json', backend: 'dash', handler: stop },
  { method: 'POST', path: 'jobs/delete.json', backend: 'dash', handler: remove },
];
