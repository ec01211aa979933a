import { type Answer, jobqEmpty, jobqJson, jobqLines } from '../answer.ts';
import type { Exchange, Route } from '../exchange.ts';
import type { Job } from '../job.ts';
import { isObject, pythonJson } from '../json-style.ts';
import { integerParameter } from '../query.ts';
import { compareKeys, keyParts } from '../record-key.ts';
import { Refusal } from '../refusal.ts';
import { parseValue } from '../request-body.ts';

/** What a write never changes: the state belongs to the queue, the others are not part of the metadata. */
const ownFields: ReadonlySet<string> = new Set(['auth', 'key', '_key', 'state']);

function jobOf(exchange: Exchange): Job | undefined {
  return exchange.project.job(exchange.jobKey);
}

function existingJob(exchange: Exchange): Job {
  const job = jobOf(exchange);
  if (job === undefined) throw new Refusal(404, `Job ${exchange.jobKey} does not exist`);
  return job;
}

function read(exchange: Exchange): Answer {
  const job = jobOf(exchange);
  return jobqLines(job === undefined ? [] : [pythonJson(job.metadata())]);
}

function readField(exchange: Exchange): Answer {
  return jobqJson(pythonJson(jobOf(exchange)?.field(exchange.param('field'))));
}

// All the jobs of a project or a spider, in the order of their keys.
function readMany(exchange: Exchange): Answer {
  const { project, params, query } = exchange;
  const spider = params.spider === undefined ? undefined : Number(params.spider);
  const withKey = query.getAll('meta').includes('_key');
  const jobs = project.jobs
    .filter((job) => spider === undefined || job.spider.id === spider)
    .sort((left, right) => compareKeys(keyParts(left.key) ?? [], keyParts(right.key) ?? []))
    .slice(0, integerParameter(query, 'count'));
  return jobqLines(jobs.map((job) => pythonJson({ ...job.metadata(), ...(withKey ? { _key: job.key } : {}) })));
}

async function merge(exchange: Exchange): Promise<Answer> {
  const job = existingJob(exchange);
  const fields = parseValue(await exchange.text());
  if (!isObject(fields)) throw new Refusal(400, 'Error parsing data, the metadata must be one JSON object');
  for (const [name, value] of Object.entries(fields)) if (!ownFields.has(name)) job.meta.set(name, value);
  return jobqEmpty();
}

async function setField(exchange: Exchange): Promise<Answer> {
  const job = existingJob(exchange);
  const name = exchange.param('field');
  const value = parseValue(await exchange.text());
  if (!ownFields.has(name)) job.meta.set(name, value);
  return jobqEmpty();
}

// Deleting what is not there is no error.
function deleteField(exchange: Exchange): Answer {
  jobOf(exchange)?.meta.delete(exchange.param('field'));
  return jobqEmpty();
}

function remove(exchange: Exchange): Answer {
  const job = jobOf(exchange);
  if (job !== undefined) exchange.world.removeJob(job);
  return jobqEmpty();
}

const job = 'jobs/:project/:spider/:job';
const shared = { backend: 'jobq', access: 'job' } as const;

/** The metadata of jobs. */
export const jobMetadataRoutes: readonly Route[] = [
  { ...shared, method: 'GET', path: job, handler: read },
  { ...shared, method: 'POST', path: job, handler: merge },
  { backend: 'jobq', method: 'DELETE', path: job, handler: remove },
  { ...shared, method: 'GET', path: `${job}/:field`, handler: readField },
  { ...shared, method: 'POST', path: `${job}/:field`, handler: setField },
  { ...shared, method: 'DELETE', path: `${job}/:field`, handler: deleteField },
  { backend: 'jobq', method: 'GET', path: 'jobs/:project', handler: readMany },
  { backend: 'jobq', method: 'GET', path: 'jobs/:project/:spider', handler: readMany },
];
