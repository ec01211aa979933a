import type { CallOptions } from '../http/index.ts';
import type { Job } from './job.ts';
import type { RunOptions } from './run-options.ts';
import type { WaitOptions } from './wait-options.ts';
import type { JobState } from './wire.ts';

/** Which jobs. */
export interface JobFilter extends CallOptions {
  /** The name of a spider. */
  readonly spider?: string;
  /** One of these states. @default 'finished' */
  readonly state?: JobState | readonly JobState[];
  /** Jobs with one of these tags. */
  readonly hasTag?: string | readonly string[];
  /** Jobs without any of these tags. */
  readonly lacksTag?: string | readonly string[];
  /** Jobs that last changed at this time or later, in milliseconds since the epoch. */
  readonly startTs?: number;
  /** Jobs that last changed before this time, in milliseconds since the epoch. */
  readonly endTs?: number;
}

/** Which jobs, and how many of them. */
export interface JobListOptions extends JobFilter {
  /** The most jobs. All by default. */
  readonly count?: number;
  /** How many of the newest to pass over. @default 0 */
  readonly start?: number;
  /** The key of a job: the list ends before it. */
  readonly stop?: string;
  /** The fields wanted beside `key`, `state`, `ts`, `elapsed` and `tags`; without it the usual ones. */
  readonly meta?: string | readonly string[];
}

/** Which part of a summary. */
export interface JobSummaryOptions extends CallOptions {
  /** The name of a spider. */
  readonly spider?: string;
  /** How many jobs of each state to show. @default 5 */
  readonly count?: number;
  /** How many of the newest to pass over. */
  readonly start?: number;
  readonly meta?: string | readonly string[];
}

/** Which spiders' last jobs. */
export interface LastJobsOptions extends CallOptions {
  /** The name of a spider. */
  readonly spider?: string;
  readonly count?: number;
  readonly start?: string;
  readonly startAfter?: string;
}

/** The arguments of a call that names a spider, which those of a spider leave out. */
export type Named<Options> = [spider: string, options?: Options] | [options?: Options];

/** One of several runs. */
export interface RunRequest extends RunOptions {
  /** The name of the spider; left out where the jobs are those of one. */
  readonly spider?: string;
}

/**
 * How several runs are made. The options of a call hold for all of them but those that have their own; `deadline` and
 * `signal` end the whole.
 */
export interface RunAllOptions extends CallOptions {
  /** How many are asked for at once. @default 4 */
  readonly concurrency?: number;
}

/** How several jobs are waited for. */
export interface WaitForAllOptions extends WaitOptions {
  /** @default 'finished' */
  readonly state?: JobState;
  /** Told of each job that is there, and of the state that it was found in; awaited before the next one. */
  readonly onFinished?: (job: Job, state: JobState) => void | Promise<void>;
}

/** What became of one of several runs: its job, or why there is none. */
export type RunResult =
  | { readonly job: Job; readonly error?: undefined }
  | { readonly job?: undefined; readonly error: unknown };

/** What became of a job that was waited for: its state, or why it will never be in the one that was wanted. */
export type WaitResult =
  | { readonly job: Job; readonly state: JobState; readonly error?: undefined }
  | { readonly job: Job; readonly state?: undefined; readonly error: unknown };
