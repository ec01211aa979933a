/** The state of a job. Jobs go from the first to the last, and may skip some. */
export type JobState = 'pending' | 'running' | 'finished' | 'deleted';

/** A job as lists show it. With `meta` only `key`, `state`, `ts`, `elapsed`, `tags` and the fields asked for are there. */
export interface JobSummary {
  readonly key: string;
  readonly state: JobState;
  /** When the state last changed, in milliseconds since the epoch. */
  readonly ts: number;
  /** Milliseconds since then. */
  readonly elapsed: number;
  readonly spider?: string;
  readonly pending_time?: number;
  readonly running_time?: number;
  readonly finished_time?: number;
  readonly tags?: readonly string[];
  readonly close_reason?: string;
  readonly items?: number;
  readonly pages?: number;
  readonly logs?: number;
  readonly errors?: number;
  readonly version?: string;
  readonly [field: string]: unknown;
}

/** The jobs of one state: how many there are, and the newest of them. */
export interface JobStateSummary {
  readonly name: JobState;
  readonly count: number;
  readonly summary: readonly JobSummary[];
}

/** The job counts of a project. */
export interface ProjectSummary {
  readonly project: number;
  readonly pending: number;
  readonly running: number;
  readonly finished: number;
  readonly has_capacity: boolean;
  readonly [field: string]: unknown;
}

/** A spider as the list of a project shows it. */
export interface SpiderSummary {
  /** Its name. */
  readonly id: string;
  readonly tags: readonly string[];
  readonly type: string;
  readonly version: string | null;
  readonly [field: string]: unknown;
}

/** Something that happened in a project, such as `job:completed`, or whatever a program adds. */
export interface ActivityEvent {
  readonly event?: string;
  /** The key of the job that it is about. */
  readonly job?: string;
  /** The name of the user. */
  readonly user?: string;
  readonly [field: string]: unknown;
}

/** What every record of a job has when `meta` asks for it. */
export interface RecordMeta {
  /** `project/spider/job/number`. */
  readonly _key?: string;
  /** When the server stored it, in milliseconds since the epoch. */
  readonly _ts?: number;
}

/** An item, when the program names no type of its own. */
export interface ItemRecord extends RecordMeta {
  readonly [field: string]: unknown;
}

/** A line of a job's log. */
export interface LogRecord extends RecordMeta {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** 10 debug, 20 info, 30 warning, 40 error, 50 critical. */
  readonly level: number;
  readonly message: string;
}

/** A request that a job made. */
export interface RequestRecord extends RecordMeta {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly url: string;
  readonly method: string;
  readonly status: number;
  /** The size of the answer, in bytes. */
  readonly rs: number;
  /** Milliseconds. */
  readonly duration: number;
  /** The number of the request that led to this one. */
  readonly parent?: number;
  /** The fingerprint. */
  readonly fp?: string;
}

/** What a job measured: first the milliseconds since the epoch, then the values. */
export type Sample = readonly [time: number, ...values: number[]];

/** What a job has stored of one kind. */
export interface Stats {
  /** Records that have a field, by its name; of logs, records by level. */
  readonly counts: Readonly<Record<string, number>>;
  readonly totals: {
    readonly input_bytes: number;
    readonly input_values: number;
  };
}
