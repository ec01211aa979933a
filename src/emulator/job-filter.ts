import { isJobState, type Job } from './job.ts';
import type { Project } from './project.ts';
import { integerParameter, listParameter } from './query.ts';
import { Refusal } from './refusal.ts';

/** The states that a query asks for, or these. */
function statesOf(query: URLSearchParams, fallback: readonly string[]): ReadonlySet<string> {
  const states = listParameter(query, 'state');
  for (const state of states ?? [])
    if (!isJobState(state)) throw new Refusal(400, `Unknown state: ${state.slice(0, 100)}`);
  return new Set(states ?? fallback);
}

/**
 * The jobs of a project that a query selects, the newest change first. Without `state` it is those of `fallback`.
 * The other parameters are `spider`, `key`, `has_tag`, `lacks_tag`, `startts` and `endts`.
 */
export function selectJobs(project: Project, query: URLSearchParams, fallback: readonly string[]): Job[] {
  const states = statesOf(query, fallback);
  const spiders = listParameter(query, 'spider');
  const keys = listParameter(query, 'key');
  const hasTags = listParameter(query, 'has_tag');
  const lacksTags = query.getAll('lacks_tag');
  const from = integerParameter(query, 'startts') ?? 0;
  const to = integerParameter(query, 'endts');
  // The documentation says exclusive; a recording shows that an end before the start has no effect.
  const until = to === undefined || to <= from ? Number.POSITIVE_INFINITY : to;
  return newestFirst(
    project.jobs.filter(
      (job) =>
        states.has(job.state) &&
        (spiders === undefined || spiders.includes(job.spider.name)) &&
        (keys === undefined || keys.includes(job.key)) &&
        (hasTags === undefined || hasTags.some((tag) => job.tags.includes(tag))) &&
        !lacksTags.some((tag) => job.tags.includes(tag)) &&
        job.changed >= from &&
        job.changed < until,
    ),
  );
}

/** Jobs in the order of their last change, the newest first. */
export function newestFirst(jobs: readonly Job[]): Job[] {
  return [...jobs].sort((left, right) => right.changed - left.changed);
}
