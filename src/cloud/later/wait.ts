import type { CallOptions, Scope } from '../../http/index.ts';
import type { Job } from '../job.ts';
import type { WaitForAllOptions, WaitResult } from '../job-options.ts';
import type { WaitOptions } from '../wait-options.ts';
import type { JobState } from '../wire.ts';
import type { CommandNeeds } from './command-needs.ts';
import { notFound, readState } from './job-state.ts';
import { summarizeKeys } from './job-summaries.ts';
import type { JobsOf } from './jobs-of.ts';
import { POLL_INTERVAL } from './poll-interval.ts';

/** Resolves when a job has reached a state, to the state that it is in then. */
export async function waitFor(
  needs: CommandNeeds,
  key: string,
  state: JobState,
  options: WaitOptions,
): Promise<JobState> {
  const { call, pause, scope } = beginWait(needs, `Job ${key}`, state, options);
  try {
    for (;;) {
      const found = await readState(needs, needs.parseJobKey(key), call);
      if (hasReached(needs, key, found, state)) return found;
      await pause();
    }
  } finally {
    scope.end();
  }
}

/** Waits for jobs, many in a request, and resolves to what became of each, in their order. */
export async function waitForAll(
  needs: CommandNeeds,
  of: JobsOf,
  given: readonly (Job | string)[],
  { onFinished, state = 'finished', ...options }: WaitForAllOptions,
): Promise<WaitResult[]> {
  needs.checkType('onFinished', onFinished, 'function');
  if (!Array.isArray(given)) needs.expected('`jobs` to be an array', given);
  const jobs = given.map((job) => {
    const key = typeof job === 'string' ? job : job?.key;
    of.check(key);
    return typeof job === 'string' ? of.make(key) : job;
  });
  const { call, pause, scope } = beginWait(needs, `At least one of ${jobs.length} jobs`, state, options);
  const left = new Map(jobs.map((job) => [job.key, job]));
  const results = new Map<string, WaitResult>();
  try {
    while (left.size > 0) {
      // Lists leave out jobs that are deleted.
      const listed = await summarizeKeys(needs, of, [...left.keys()], { ...call, meta: 'state' });
      const states = new Map(listed.map((job) => [job.key, job.state]));
      for (const [key, job] of left) {
        // The wait may have ended while a listener was at work.
        scope.signal.throwIfAborted();
        let result: WaitResult;
        try {
          const found = states.get(key) ?? (await readState(needs, needs.parseJobKey(key), call));
          if (!hasReached(needs, key, found, state)) continue;
          result = { job, state: found };
        } catch (error) {
          if (!(needs.isApiError(error) && error.status === 404)) throw error;
          result = { job, error };
        }
        left.delete(key);
        results.set(key, result);
        if (result.state) await onFinished?.(job, result.state);
      }
      if (left.size > 0) await pause();
    }
  } finally {
    scope.end();
  }
  return jobs.map(({ key }) => results.get(key) as WaitResult);
}

/** A wait that has begun: it ends with its scope. */
interface Wait {
  readonly scope: Scope;
  /** The options of its requests. */
  readonly call: CallOptions;
  /** Resolves when it is time for another look. */
  readonly pause: () => Promise<void>;
}

/** Checks the options of a wait, and begins it. */
function beginWait(
  { checkDuration, checkState, connection, sleep, TimeoutError }: CommandNeeds,
  what: string,
  state: JobState,
  { interval = POLL_INTERVAL, timeout, ...options }: WaitOptions,
): Wait {
  checkState(state);
  checkDuration('interval', interval);
  checkDuration('timeout', timeout);
  const scope = connection.scope(`Waiting for \`${state}\` of ${what}`, options);
  scope.expire(timeout, () => new TimeoutError(`${what} was not ${state}`, 'wait', timeout ?? 0));
  return {
    scope,
    call: { ...options, signal: scope.signal, deadline: Number.POSITIVE_INFINITY },
    pause: () => sleep(interval, scope.signal),
  };
}

/**
 * Whether a job that is in a state has come as far as another one.
 *
 * @throws NotFoundError when it is deleted and will never.
 */
function hasReached(needs: CommandNeeds, key: string, found: JobState, wanted: JobState): boolean {
  if (found === 'deleted' && wanted !== found) {
    const reason = `job \`${key}\` was deleted while \`${wanted}\` was waited for`;
    throw notFound(needs, needs.path`/jobs/${needs.parseJobKey(key)}/state`, reason);
  }
  return needs.STATES.indexOf(found) >= needs.STATES.indexOf(wanted);
}
