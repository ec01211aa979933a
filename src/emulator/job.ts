import type { Spider } from './spider.ts';

/** The states of a job, in the order of its life. */
export const jobStates = ['pending', 'running', 'finished', 'deleted'] as const;
/** Where a job is in its life. */
export type JobState = (typeof jobStates)[number];

export function isJobState(value: unknown): value is JobState {
  return typeof value === 'string' && (jobStates as readonly string[]).includes(value);
}

/** The field that names who brought a job into a state. */
export const actorFields: Readonly<Record<JobState, string>> = {
  pending: 'scheduled_by',
  running: 'started_by',
  finished: 'completed_by',
  deleted: 'deleted_by',
};

/** What the project's activity says of a job that came into a state. */
export const stateEvents: Readonly<Record<JobState, string>> = {
  pending: 'job:scheduled',
  running: 'job:started',
  finished: 'job:completed',
  deleted: 'job:deleted',
};

/** A job of the queue with its metadata. */
export class Job {
  readonly spider: Spider;
  readonly number: number;
  /** `P/S/J`. */
  readonly key: string;
  /** The metadata as `/jobs/P/S/J` shows it, without `state`. A map: a field may have any name. */
  readonly meta: Map<string, unknown> = new Map();
  state: JobState;
  /** When the state last changed; strictly increasing over all jobs, which gives lists their order. */
  changed: number;
  /** The job's credential while it runs. */
  token: string | undefined;
  /** What a cancelled job's program sees; only jobs that the emulator runs have one. */
  controller: AbortController | undefined;

  constructor(spider: Spider, number: number, state: JobState, changed: number) {
    this.spider = spider;
    this.number = number;
    this.key = `${spider.key}/${number}`;
    this.state = state;
    this.changed = changed;
  }

  /** All the metadata, as an answer shows it. */
  metadata(): Record<string, unknown> {
    return Object.fromEntries([...this.meta, ['state', this.state]]);
  }

  /** One field of the metadata; `null` when it is absent. */
  field(name: string): unknown {
    if (name === 'state') return this.state;
    if (name === 'key') return this.key;
    if (name === 'auth') return this.token ?? null;
    return this.meta.get(name) ?? null;
  }

  isIn(state: JobState): boolean {
    return this.state === state;
  }

  /** Whether the job waits or runs. */
  get isActive(): boolean {
    return this.state === 'pending' || this.state === 'running';
  }

  get tags(): readonly string[] {
    const tags = this.meta.get('tags');
    return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
  }
}
