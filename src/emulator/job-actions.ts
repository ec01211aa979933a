import type { Job, JobState } from './job.ts';
import type { Project } from './project.ts';
import type { Spider } from './spider.ts';
import type { World } from './world.ts';

/** The active job that has this mark of uniqueness, if there is one. */
export function activeWithMark(project: Project, mark: string): Job | undefined {
  return project.jobs.find((job) => job.isActive && job.meta.get('unique') === mark);
}

/** The active job of a spider with the same arguments, if there is one: what a run is refused for. */
export function activeWithArguments(
  project: Project,
  spider: Spider,
  given: Readonly<Record<string, string>>,
): Job | undefined {
  const wanted = argumentsText(given);
  return project.jobs.find(
    (job) => job.isActive && job.spider === spider && argumentsText(job.meta.get('spider_args') ?? {}) === wanted,
  );
}

function argumentsText(given: unknown): string {
  return JSON.stringify(Object.entries(given ?? {}).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** Whether a group of bots may run a job: the job's own group, or one of the project's where the job names none. */
function isForGroup(job: Job, botgroup: unknown, groups: unknown): boolean {
  const own = job.meta.get('botgroup');
  return own === undefined ? Array.isArray(groups) && groups.includes(botgroup) : own === botgroup;
}

/** The pending job that `startjob` takes next: the highest priority first, then the oldest. */
export function nextPending(project: Project, botgroup: unknown): Job | undefined {
  const priority = (job: Job): number => Number(job.meta.get('priority') ?? 2);
  const groups = project.settings.get('botgroups');
  return (
    project.jobs
      // The emulator starts its own.
      .filter((job) => job.state === 'pending' && job.controller === undefined)
      .filter((job) => botgroup === undefined || botgroup === null || isForGroup(job, botgroup, groups))
      .sort((left, right) => priority(right) - priority(left) || left.changed - right.changed)[0]
  );
}

/** The state that a job had before it was brought into another one, together with fields of metadata. */
export function updateJob(
  world: World,
  job: Job,
  state: JobState | undefined,
  fields: ReadonlyMap<string, unknown>,
): JobState {
  const previous = job.state;
  for (const [name, value] of fields) job.meta.set(name, value);
  if (state !== undefined) world.moveJob(job, state);
  return previous;
}

/** Cancels a job: a pending one is finished at once, a running one is told and ends by itself. Others cannot be. */
export function cancelJob(world: World, job: Job): boolean {
  if (!job.isActive) return false;
  job.meta.set('cancelled_by', world.user);
  world.report(job, 'job:cancelled');
  if (job.state === 'pending') {
    job.meta.set('close_reason', 'cancelled');
    world.moveJob(job, 'finished');
  } else job.controller?.abort(new DOMException('The job was cancelled', 'AbortError'));
  return true;
}
