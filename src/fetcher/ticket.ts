import type { FetchResult } from './fetch-result.ts';
import type { FetchTask } from './fetch-task.ts';

/** Told once of a result, or of a promise that rejects. */
export type Settle = (result: FetchResult | Promise<never>) => unknown;

/** The fetcher's notes on a task that it took. There may be a million of them. */
export class Ticket {
  readonly task: FetchTask;
  /** Milliseconds of the clock. */
  readonly accepted: number;
  /** Undefined once it was told. */
  settle: Settle | undefined;
  /** Whether an error is told as a rejection. */
  readonly rejects: boolean;
  /** Whether the policy has it. */
  isQueued = true;
  /** What it is doing as of now. */
  trip: { interrupt(reason: unknown): void } | undefined;
  /** Its neighbours in the list of all that have no result. */
  previous: Ticket | undefined;
  next: Ticket | undefined;

  constructor(task: FetchTask, accepted: number, settle: Settle, rejects: boolean) {
    this.task = task;
    this.accepted = accepted;
    this.settle = settle;
    this.rejects = rejects;
  }
}
