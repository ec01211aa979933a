import type { CallOptions, Path, RequestOptions } from '../../http/index.ts';
import type { Job } from '../job.ts';
import type { CancelOptions, JobFields, PushOptions, StartOptions } from '../job-fields.ts';
import type { Named } from '../job-options.ts';
import type { JobState } from '../wire.ts';
import { answeredKey, noSuchJob } from './answers.ts';
import type { CommandNeeds } from './command-needs.ts';
import { encodeJson } from './encode-json.ts';
import { type JobsOf, named } from './jobs-of.ts';
import { checkSpiderName } from './spiders.ts';
import { checkTags } from './tags.ts';

/** The most keys that the server takes at once. */
const KEYS_A_CANCEL = 1000;

/** Pushes a job. Never repeated, as nothing here is: it may be done although no answer came. */
export async function pushJob(needs: CommandNeeds, jobs: JobsOf, args: Named<PushOptions>): Promise<Job> {
  const [spider, options] = named(needs, jobs, args);
  const { call, fields } = split(needs, options, 'spider');
  const { state, unique } = options;
  checkSpiderName(needs, spider);
  if (state !== undefined) needs.checkState(state);
  needs.checkType('unique', unique ?? undefined, 'string');
  const target = needs.path`/jobq/${jobs.project}/push`;
  try {
    const key = await command(needs, target, 'key', { ...fields, spider }, call);
    return jobs.make(answeredKey(needs, key, target));
  } catch (error) {
    // The server's word for a job that is there already, as a line of an answer of 200 or as a status.
    if (needs.isApiError(error) && error.status === 409)
      throw new needs.DuplicateJobError({ ...error, body: error.body });
    throw error;
  }
}

/** Starts the job whose turn it is; undefined when none waits. */
export async function startNextJob(needs: CommandNeeds, jobs: JobsOf, options: StartOptions): Promise<Job | undefined> {
  checkWhole(needs, jobs, '`startNext`');
  const { call, fields } = split(needs, options, 'state');
  const target = needs.path`/jobq/${jobs.project}/startjob`;
  const key = await command(needs, target, 'key', fields, call);
  return key === undefined ? undefined : jobs.make(answeredKey(needs, key, target));
}

/**
 * Brings a job into a state, stores fields with it, and resolves to the state that it was in.
 *
 * @throws NotFoundError when there is no such job.
 */
export async function updateJob(
  needs: CommandNeeds,
  key: string,
  state: JobState,
  options: JobFields,
): Promise<JobState> {
  const { call, fields } = split(needs, options, 'state');
  needs.checkState(state);
  const target = needs.path`/jobq/${needs.parseJobKey(key)[0]}/update`;
  const previous = await command(needs, target, 'prevstate', { ...fields, key, state }, call);
  if (previous === undefined) throw noSuchJob(needs, target, key, 'POST');
  return previous as JobState;
}

/** Cancels jobs and resolves to how many these were. */
export async function cancelJobs(
  needs: CommandNeeds,
  jobs: JobsOf,
  { count, keys, ...call }: CancelOptions,
): Promise<number> {
  if (count !== undefined) checkWhole(needs, jobs, '`count`');
  if ((count === undefined) === (keys === undefined))
    needs.expected('either `keys` or `count`', keys ? 'both' : 'neither');
  needs.checkInteger('count', count, 1);
  const target = needs.path`/jobq/${jobs.project}/cancel`;
  if (keys === undefined) return cancel(needs, target, undefined, { ...call, query: { count } });
  // A job that is named twice would be counted twice.
  const all = [...new Set([keys].flat())];
  all.forEach(jobs.check);
  const scope = needs.connection.scope(`POST ${target}`, call);
  const own = { ...call, signal: scope.signal, deadline: Number.POSITIVE_INFINITY };
  let cancelled = 0;
  try {
    for (let at = 0; at < all.length; at += KEYS_A_CANCEL) {
      const part = all.slice(at, at + KEYS_A_CANCEL).map((key) => ({ key }));
      cancelled += await cancel(needs, target, part, own);
    }
  } finally {
    scope.end();
  }
  return cancelled;
}

/** Cancels a job and resolves to whether there was anything to cancel. */
export async function cancelJob(needs: CommandNeeds, key: string, options: CallOptions): Promise<boolean> {
  const [project, ...rest] = needs.parseJobKey(key);
  return (await cancel(needs, needs.path`/jobq/${project}/${rest}/cancel`, undefined, options)) > 0;
}

/** Removes a job's record for good. */
export async function purgeJob(
  { connection, parseJobKey, path }: CommandNeeds,
  key: string,
  options: CallOptions,
): Promise<void> {
  await connection.json(path`/jobs/${parseJobKey(key)}`, { ...options, method: 'DELETE' });
}

/** Refuses what only the queue of a whole project has. */
function checkWhole({ expected }: CommandNeeds, { spider }: JobsOf, what: string): void {
  if (spider) expected(`${what} of a project's jobs`, `those of ${spider.name}`);
}

/** Asks for jobs to be cancelled, and resolves to how many there were to cancel. */
async function cancel(needs: CommandNeeds, target: Path, body: unknown, options: RequestOptions): Promise<number> {
  const count = await command(needs, target, 'count', body, options);
  if (typeof count !== 'number') throw new needs.DecodeError(`\`count\` in the JSON of ${target}`, 1, 0);
  return count;
}

/**
 * Posts a command and resolves to a field of its answer; undefined when the answer is empty. An `error` in it is a
 * refusal, whatever the status.
 */
async function command(
  needs: CommandNeeds,
  target: Path,
  field: string,
  body: unknown,
  options: RequestOptions,
): Promise<unknown> {
  const answer = await needs.connection.json<Record<string, unknown> | null | undefined>(
    target,
    { ...options, method: 'POST', body: body === undefined ? undefined : encodeJson(needs, 'metadata', body) },
    (given) => (given?.error ? 409 : undefined),
  );
  if (answer && answer[field] === undefined) throw new needs.DecodeError(`\`${field}\` in the JSON of ${target}`, 1, 0);
  return answer?.[field];
}

/** Takes the options of a call from the fields of a job. `own` is a field that the command itself sets. */
function split(
  needs: CommandNeeds,
  options: JobFields,
  own: string,
): { call: CallOptions; fields: Record<string, unknown> } {
  needs.checkObject('metadata', options);
  const { signal, timeout, idleTimeout, deadline, retry, ...fields } = options;
  for (const name of ['key', '_key', 'auth', own]) {
    if (fields[name] !== undefined) needs.expected("metadata without the queue's own fields", name);
  }
  checkQueueFields(needs, options);
  const tags = checkTags(needs, 'tags', options.tags);
  if (options.tags) fields.tags = tags;
  return { call: { signal, timeout, idleTimeout, deadline, retry }, fields };
}

/** Checks what decides on the place of a job in the queue. */
export function checkQueueFields(
  needs: CommandNeeds,
  { priority, units }: { readonly priority?: number; readonly units?: number },
): void {
  needs.checkInteger('units', units, 1);
  needs.checkInteger('priority', priority, 0);
  if ((priority ?? 0) > 4) needs.expected('`priority` to be 0 to 4', priority);
}
