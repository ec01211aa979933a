import type { CallOptions } from '../../http/index.ts';
import type { RecordSource } from '../../records/index.ts';
import type { JobSummaryOptions, LastJobsOptions } from '../job-options.ts';
import type { JobState, JobStateSummary, JobSummary } from '../wire.ts';
import type { CommandNeeds } from './command-needs.ts';
import type { JobsOf } from './jobs-of.ts';
import { findSpider } from './spiders.ts';

/** How many keys go into one request: the address of a request may have 8 000 characters and a little more. */
const KEYS_A_REQUEST = 100;

/** The jobs of each state, or of one. */
export async function summarizeJobs(
  needs: CommandNeeds,
  jobs: JobsOf,
  state: JobState | undefined,
  { count, meta, spider, start, ...call }: JobSummaryOptions,
): Promise<JobStateSummary[]> {
  if (state !== undefined) needs.checkState(state);
  needs.checkInteger('count', count, 0);
  needs.checkInteger('start', start, 0);
  const id = await spiderId(needs, jobs, spider, call);
  const target = needs.path`/jobq/${[jobs.project, ...id, 'summary', ...(state ? [state] : [])]}`;
  const query = { count, start, jobmeta: needs.names(meta) };
  return needs.readLines<JobStateSummary>(needs.connection, target, query, call).toArray();
}

/** The summary of the last finished job of each spider, or of one. */
export async function readLastJobs(
  needs: CommandNeeds,
  jobs: JobsOf,
  { count, spider, start, startAfter, ...call }: LastJobsOptions,
): Promise<RecordSource<JobSummary>> {
  const query = { count, start, startafter: startAfter };
  const id = await spiderId(needs, jobs, spider, call);
  const target = needs.path`/spiders/${[jobs.project, ...id]}/lastjobsummary`;
  return needs.resumable(needs.connection, target, { keys: 'none', request: () => ({ query }) }, call);
}

/** The summaries of the jobs with these keys that exist. */
export async function summarizeKeys(
  needs: CommandNeeds,
  jobs: JobsOf,
  keys: string | readonly string[],
  { meta, ...call }: CallOptions & { readonly meta?: string | readonly string[] },
): Promise<JobSummary[]> {
  const all = needs.names(keys);
  all.forEach(jobs.check);
  const target = needs.path`/jobq/${jobs.project}/jobsummary`;
  const scope = needs.connection.scope(`GET ${target}`, call);
  const own = { ...call, signal: scope.signal, deadline: Number.POSITIVE_INFINITY };
  const result: JobSummary[] = [];
  try {
    for (let at = 0; at < all.length; at += KEYS_A_REQUEST) {
      const query = { key: all.slice(at, at + KEYS_A_REQUEST), jobmeta: needs.names(meta) };
      result.push(...(await needs.readLines<JobSummary>(needs.connection, target, query, own).toArray()));
    }
  } finally {
    scope.end();
  }
  return result;
}

/** The segment of a spider's number; none of a project as a whole. */
async function spiderId(
  needs: CommandNeeds,
  { project, spider }: JobsOf,
  name: string | undefined,
  call: CallOptions,
): Promise<string[]> {
  if (name === undefined || name === spider?.name) return spider ? [spider.id] : [];
  return [String(await findSpider(needs, project, name, call))];
}
