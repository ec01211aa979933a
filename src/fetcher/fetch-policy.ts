import type { Clock } from './clock.ts';
import type { FetchInit } from './fetch-init.ts';
import type { FetchResult } from './fetch-result.ts';
import type { FetchTask } from './fetch-task.ts';
import type { Lease } from './limiter.ts';

/** One request of a task: its first, or the next after a redirect, or another try of either. */
export interface Hop {
  readonly task: FetchTask;
  readonly url: URL;
  /** In upper case. */
  readonly method: string;
  /** How many redirects led here. */
  readonly redirects: number;
  /** The try, counted from 1 over the whole task. */
  readonly attempt: number;
  /** Aborted when the task is given up meanwhile. */
  readonly signal: AbortSignal;
}

/** Something that every request must pass. */
export interface Gate {
  /**
   * Asked before each request is sent, and before it counts for any limit. The answer may be a promise, which holds up
   * nobody else. The lease, if there is one, is released when the body has been read, with how it went.
   *
   * @throws whatever the task shall end with.
   */
  admit(hop: Hop): Lease | undefined | Promise<Lease | undefined>;
}

/** What a policy is given of the fetcher that it works for. */
export interface PolicyContext {
  /** The fetcher's. */
  readonly clock: Clock;
  /** Milliseconds of that clock. */
  now(): number;
  /** Has the fetcher ask `next` again, soon; for what changes without a call of the fetcher's. */
  wake(): void;
  /**
   * Sends a request of the policy's own, such as for robots.txt: it is not queued, takes no place of `concurrency` and
   * is not admitted, but limits, tries and timeouts hold for it. Credentials among the fetcher's headers do not go along.
   */
  fetch(url: string, init?: FetchInit): Promise<FetchResult>;
  /** Tells `error` listeners of a failure. */
  report(error: unknown): void;
}

/**
 * Decides what goes next. The fetcher hands it every task that it accepts, asks for the next one whenever it has a free
 * place, and tells how it went. `fifo()` is one; a policy of your own is a class with these methods. They are called one
 * at a time and answer at once, but for `admit`.
 */
export interface FetchPolicy extends Partial<Gate> {
  /** How many tasks wait here. */
  readonly size: number;
  /** Headers of every request; those of the fetcher and of the task win. */
  readonly headers?: RequestInit['headers'];
  /** Takes a task. */
  push(task: FetchTask): void;
  /** Takes several. Without it each is pushed. */
  extend?(tasks: Iterable<FetchTask>): void;
  /**
   * Gives up the next task, or says from when on there will be one, in milliseconds of the clock that it is given, or
   * undefined when there is none until something happens.
   */
  next(now: number): FetchTask | number | undefined;
  /** Forgets a task that was cancelled while it waited. Without it such a task is passed over when its turn comes. */
  remove?(task: FetchTask): void;
  /** The task got an answer, whatever its status. */
  onSuccess?(task: FetchTask, result: FetchResult): void;
  /** The task got none. */
  onError?(task: FetchTask, error: Error): void;
  /** Called last, after either. */
  onDone?(task: FetchTask, result: FetchResult): void;
  /** The fetcher was made. */
  start?(context: PolicyContext): void;
  /** The fetcher stopped: everything is settled. */
  stop?(): void;
}
