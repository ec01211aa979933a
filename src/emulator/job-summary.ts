import type { Job } from './job.ts';
import type { World } from './world.ts';

const timeFields = ['pending_time', 'running_time', 'finished_time'] as const;

/** Numbers of what a job wrote, where its metadata does not state them itself. */
function countsOf(job: Job, world: World): Readonly<Record<string, number | undefined>> {
  const logs = world.data('logs', job.key);
  return {
    items: world.data('items', job.key)?.store.count,
    pages: world.data('requests', job.key)?.store.count,
    logs: logs?.store.count,
    errors: (logs?.countOf('40') ?? 0) + (logs?.countOf('50') ?? 0),
  };
}

/** A field of the metadata, or what it would be by the job's data. */
export function derivedField(job: Job, world: World, name: string): unknown {
  return job.meta.has(name) ? job.meta.get(name) : countsOf(job, world)[name] || undefined;
}

/**
 * A job as the queue's lists show it. With `fields`, these replace all but the key, the state and its time.
 * `elapsed` is at least one, also within the millisecond of the last change.
 */
export function jobSummary(job: Job, world: World, fields: readonly string[] | undefined): Record<string, unknown> {
  const summary: Record<string, unknown> = {
    key: job.key,
    state: job.state,
    elapsed: Math.max(1, world.clock.now() - job.changed),
    ts: job.changed,
  };
  const { tags } = job;
  if (tags.length > 0) summary.tags = tags;
  const add = (name: string): void => {
    const value = derivedField(job, world, name);
    if (value !== undefined) summary[name] = value;
  };
  if (fields === undefined) {
    summary.spider = job.spider.name;
    for (const name of [...timeFields, 'close_reason', 'items', 'pages', 'logs', 'errors', 'version']) add(name);
  } else {
    // The summary's own fields keep their values; a map of a field such as `__proto__` is nobody's prototype.
    for (const name of fields) if (!Object.hasOwn(summary, name) && name !== '__proto__') add(name);
  }
  return summary;
}
