import type { Awaitable } from './awaitable.ts';

/** What a bounded queue does with a record when it is full: makes `put` wait, drops one of them, or refuses it. */
export type Overflow = 'wait' | 'dropOldest' | 'dropNewest' | 'fail';

/** A record that one consumer works at. */
export interface RecordLease<T> {
  readonly record: T;
  /** The work is done: nobody else gets the record. False when the lease had run out, and somebody else may have it. */
  ack(): Awaitable<boolean>;
  /** The work is not done: the record is the next one to be handed out. Without effect when the lease had run out. */
  release(): Awaitable<void>;
}

/**
 * Stands between the tide and its consumers, of which there may be several. Its methods answer at once or with a
 * promise. Records are handed out in the order in which they were put, and any value is a record but `undefined`.
 */
export interface RecordQueue<T> extends AsyncIterable<T> {
  /**
   * Adds a record. Once `signal` is aborted a wait for room ends: it rejects with the reason and the record is not in
   * the queue.
   *
   * @throws QueueFullError when the queue is full and its overflow mode is `fail`.
   * @throws ConfigurationError for `undefined`, and when the queue is closed.
   */
  put(record: T, options?: { readonly signal?: AbortSignal | undefined }): Awaitable<void>;
  /** The next record, which nobody else gets; waits for one. `undefined` when the queue is closed and nothing is left. */
  take(options?: { readonly signal?: AbortSignal | undefined }): Awaitable<T | undefined>;
  /**
   * The next record, for `ttl` milliseconds (30 000 by default): when it is not acknowledged by then, somebody else gets
   * it. `undefined` when the queue is closed and nothing is left, leased records included.
   */
  lease(options?: {
    readonly signal?: AbortSignal | undefined;
    readonly ttl?: number | undefined;
  }): Awaitable<RecordLease<T> | undefined>;
  /** How many records are there, neither taken nor leased. */
  size(): Awaitable<number>;
  /** Drops all records, leased ones included. */
  clear(): Awaitable<void>;
  /** Takes no further record, and ends the wait of consumers when nothing is left. */
  close(): Awaitable<void>;
}
