import { type Answer, jobqJson, jobqLines } from '../answer.ts';
import type { Exchange, Route } from '../exchange.ts';
import type { Job, JobState } from '../job.ts';
import { newestFirst, selectJobs } from '../job-filter.ts';
import { jobSummary } from '../job-summary.ts';
import { pythonJson } from '../json-style.ts';
import { integerParameter, listParameter } from '../query.ts';
import { keyParts } from '../record-key.ts';
import { Refusal } from '../refusal.ts';

/** The server's page: no list is longer, whatever the count. */
const maxListLength = 1000;
/** How many jobs a summary shows where no count is asked for. */
const defaultSummaryLength = 5;
const queueStates = ['pending', 'running', 'finished'] as const;

function summaryLine(exchange: Exchange, job: Job): string {
  return pythonJson(jobSummary(job, exchange.world, listParameter(exchange.query, 'jobmeta')));
}

function count(exchange: Exchange): Answer {
  return jobqJson(String(selectJobs(exchange.project, exchange.query, ['finished']).length));
}

function list(exchange: Exchange): Answer {
  const { project, query } = exchange;
  let jobs = selectJobs(project, query, ['finished']);
  const stop = query.get('stop');
  const last = stop === null ? -1 : jobs.findIndex((job) => job.key === stop);
  if (last >= 0) jobs = jobs.slice(0, last);
  const start = integerParameter(query, 'start') ?? 0;
  const length = Math.min(integerParameter(query, 'count') ?? maxListLength, maxListLength);
  return jobqLines(jobs.slice(start, start + length).map((job) => summaryLine(exchange, job)));
}

function jobSummaries(exchange: Exchange): Answer {
  const { project, query } = exchange;
  const jobs = query.getAll('key').flatMap((key) => project.job(key) ?? []);
  return jobqLines(jobs.map((job) => summaryLine(exchange, job)));
}

function queueLine(exchange: Exchange, state: JobState): string {
  const { project, params, query } = exchange;
  const spider = params.spider === undefined ? undefined : Number(params.spider);
  const jobs = newestFirst(
    project.jobs.filter((job) => job.state === state && (spider === undefined || job.spider.id === spider)),
  );
  const start = integerParameter(query, 'start') ?? 0;
  const shown = jobs.slice(start, start + (integerParameter(query, 'count') ?? defaultSummaryLength));
  const fields = listParameter(query, 'jobmeta');
  const summary = shown.map((job) => jobSummary(job, exchange.world, fields));
  return pythonJson({ name: state, count: jobs.length, summary });
}

function queues(exchange: Exchange): Answer {
  return jobqLines(queueStates.map((state) => queueLine(exchange, state)));
}

function queue(exchange: Exchange): Answer {
  const name = exchange.param('state');
  const state = queueStates.find((candidate) => candidate === name);
  if (state === undefined) throw new Refusal(404, `No queue ${name.slice(0, 100)}`);
  return jobqLines([queueLine(exchange, state)]);
}

// `start` and `startafter` name a spider, by its id or by its key.
function spiderBound(exchange: Exchange, name: string): number | undefined {
  const text = exchange.query.get(name);
  if (text === null) return undefined;
  const id = keyParts(text)?.at(-1);
  if (id === undefined) throw new Refusal(400, `Invalid ${name}, expected a spider: ${text.slice(0, 100)}`);
  return id;
}

function lastJobs(exchange: Exchange): Answer {
  const { project, params, query } = exchange;
  const start = spiderBound(exchange, 'start') ?? 0;
  const after = spiderBound(exchange, 'startafter') ?? -1;
  const finished = newestFirst(project.jobs.filter((job) => job.state === 'finished'));
  const jobs = project.spiders
    .filter((spider) => params.spider === undefined || spider.id === Number(params.spider))
    .filter((spider) => spider.id >= start && spider.id > after)
    .flatMap((spider) => finished.find((job) => job.spider === spider) ?? [])
    .slice(0, integerParameter(query, 'count'));
  return jobqLines(jobs.map((job) => summaryLine(exchange, job)));
}

const shared = { method: 'GET', backend: 'jobq' } as const;

/** What reads the job queue. */
export const jobListRoutes: readonly Route[] = [
  { ...shared, path: 'jobq/:project/count', handler: count },
  { ...shared, path: 'jobq/:project/list', handler: list },
  { ...shared, path: 'jobq/:project/jobsummary', handler: jobSummaries },
  { ...shared, path: 'jobq/:project/summary', handler: queues },
  { ...shared, path: 'jobq/:project/summary/:state', handler: queue },
  { ...shared, path: 'jobq/:project/:spider/summary', handler: queues },
  { ...shared, path: 'jobq/:project/:spider/summary/:state', handler: queue },
  { ...shared, path: 'spiders/:project/lastjobsummary', handler: lastJobs },
  { ...shared, path: 'spiders/:project/:spider/lastjobsummary', handler: lastJobs },
];
