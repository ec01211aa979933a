import type { FrontierInput, FrontierTask } from './frontier-task.ts';

/** How long a lease holds unless it is renewed, in milliseconds. */
export const LEASE_TTL = 60_000;

/** A task in the hands of one worker. */
export interface FrontierLease {
  readonly task: FrontierTask;
  /** What makes the task the same as another one. */
  readonly fingerprint: string;
  /** Of this lease: another one of the same task has another id. */
  readonly id: string;
  /** The try, from 1: leases that were given back or ran out do not count, only those that failed. */
  readonly attempt: number;
}

/** What is leased, and for how long. */
export interface LeaseOptions {
  /** Milliseconds until the task is handed to somebody else, unless it is renewed. @default 60_000 */
  readonly ttl?: number;
  /**
   * The most tasks of one host (as `URL.hostname` has it) that are leased at once, by whomever, so that a host that is
   * slow does not take up all workers. No limit by default.
   */
  readonly perHost?: number;
}

/**
 * The URLs that are still to be fetched, and those that were seen: a queue in which nothing is twice, and of which
 * nothing is lost. A task is handed out until it is acknowledged, at least once, whatever happens to those who had it.
 *
 * Higher priorities come first; among equals hosts take turns, and the tasks of one host come in their order.
 *
 * A frontier opens when it is first used. One that only a single process may hold gives the leases of a dead process
 * back at once when the next one opens it.
 */
export interface Frontier {
  /**
   * Adds what was never seen before, and resolves when that is stored, to how many were new.
   *
   * @throws ConfigurationError for what is no URL, before anything is added. QueueFullError.
   */
  add(tasks: FrontierInput | Iterable<FrontierInput>): Promise<number>;
  /** Up to `n` tasks that may be fetched now; none when there is none as of now. */
  lease(n: number, options?: LeaseOptions): Promise<FrontierLease[]>;
  /**
   * In how many milliseconds there may be a task that waits for nothing but its time, as far as the last `lease` saw that
   * gave fewer than were asked for; undefined when there is none. Without it whoever waits looks again every second.
   */
  dueIn?(): number | undefined;
  /**
   * Gives a host (as `URL.hostname` has it) a delay of its own, in milliseconds, for all who share the frontier. Without
   * it each of them keeps to a `Crawl-delay` by itself.
   */
  setDelay?(host: string, delay: number): Promise<void>;
  /** Begins the time of leases anew. Those that ran out stay so. */
  renew(leases: readonly FrontierLease[], options?: Pick<LeaseOptions, 'ttl'>): Promise<void>;
  /** Gives tasks back that were not tried: they are the next ones of their hosts. Without effect on leases that ran out. */
  release(leases: readonly FrontierLease[]): Promise<void>;
  /**
   * The task is done, for good, once this resolves. False when the lease had run out and somebody else had it since, who
   * may do it again: then nothing is changed.
   */
  ack(lease: FrontierLease): Promise<boolean>;
  /**
   * The task failed. It comes again, from `retryAt` on (milliseconds since the epoch; at once by default), behind those
   * that wait. Resolves to false when it was tried as often as it may, and is given up; also when the lease had run out.
   */
  fail(lease: FrontierLease, options?: { readonly retryAt?: number }): Promise<boolean>;
  /** How many tasks are neither acknowledged nor given up: those that wait, also for their time, and those leased. */
  size(): Promise<number>;
  /**
   * Lets go of files and locks, when all that is under way is stored. Leases that are left are given back. What is
   * called afterwards opens it again.
   */
  close(): Promise<void>;
}

/** What all kinds of frontiers take. */
export interface FrontierOptions {
  /**
   * What makes two tasks the same: the normalised URL, or with it the method and the body (`request`), or text of your
   * own. @default 'url'
   */
  readonly fingerprint?: 'url' | 'request' | ((task: FrontierTask) => string);
  /** How often a task may fail before it is given up. @default 3 */
  readonly attempts?: number;
  /** Milliseconds since the epoch; for tests. @default Date.now */
  readonly clock?: () => number;
}
