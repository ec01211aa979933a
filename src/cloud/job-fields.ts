import type { CallOptions } from '../http/index.ts';
import type { JobState } from './wire.ts';

/**
 * Fields to store with a job. `signal`, `timeout`, `idleTimeout`, `deadline` and `retry` are options of the call and are
 * not stored; `metadata.set` stores fields of these names.
 */
export interface JobFields extends CallOptions {
  /** 0, the last, to 4, the first. @default 2 */
  readonly priority?: number;
  /** How much of the project's capacity it takes. */
  readonly units?: number;
  readonly tags?: string | readonly string[];
  readonly [field: string]: unknown;
}

/** How a job is pushed: every other field is stored with it. */
export interface PushOptions extends JobFields {
  /** @default 'pending' */
  readonly state?: JobState;
  /** While a job with the same text waits or runs, another one is refused. */
  readonly unique?: string | null;
}

/** Which job is started: every other field is stored with it. */
export interface StartOptions extends JobFields {
  /** Only jobs of this group of bots. */
  readonly botgroup?: string;
}

/** Which jobs are cancelled: those with these keys, or, for administrators, so many that wait. */
export type CancelOptions = CallOptions &
  (
    | { readonly keys: string | readonly string[]; readonly count?: undefined }
    | { readonly count: number; readonly keys?: undefined }
  );
