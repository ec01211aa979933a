import type { Job } from '../job.ts';
import type { RunAllOptions, RunRequest, RunResult } from '../job-options.ts';
import type { CommandNeeds } from './command-needs.ts';
import type { JobsOf } from './jobs-of.ts';
import { schedule } from './run-job.ts';

/** How many jobs are scheduled at once by default. */
const CONCURRENCY = 4;

/** Makes runs, so many at once, and resolves to what became of each, in their order. */
export async function runAll(
  needs: CommandNeeds,
  jobs: JobsOf,
  runs: readonly RunRequest[],
  { concurrency = CONCURRENCY, ...call }: RunAllOptions,
): Promise<RunResult[]> {
  needs.checkInteger('concurrency', concurrency, 1);
  if (!Array.isArray(runs)) needs.expected('`runs` to be an array', runs);
  const scope = needs.connection.scope('Running jobs', call);
  const own = { ...call, signal: scope.signal, deadline: Number.POSITIVE_INFINITY };
  const results: RunResult[] = [];
  const rest = runs.entries();
  const begin = async (one: RunRequest): Promise<Job> => {
    needs.checkObject('run', one);
    const { spider = jobs.spider?.name, ...run } = one;
    needs.checkType('signal', run.signal, 'object');
    // Also what has a signal of its own ends with the rest.
    const both = new needs.Scope(scope.signal, run.signal);
    try {
      return await schedule(needs, jobs, spider, { ...own, ...run, signal: both.signal });
    } finally {
      both.end();
    }
  };
  const work = async (): Promise<void> => {
    for (const [index, one] of rest) {
      try {
        results[index] = { job: await begin(one) };
      } catch (error) {
        results[index] = { error };
      }
    }
  };
  try {
    await Promise.all(runs.slice(0, concurrency).map(work));
  } finally {
    scope.end();
  }
  return results;
}
