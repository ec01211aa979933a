import type { Overflow, RecordLease, RecordQueue } from '../tide/record-queue.ts';
import type { RedisOptions } from './link.ts';

/** The options of {@link redisQueue}. */
export interface RedisQueueOptions<T = unknown> extends RedisOptions {
  /** Whoever has the same key shares the queue. */
  readonly key: string;
  /** The name of the stream's consumer group, the same on all machines. @default 'tideway' */
  readonly group?: string;
  /** The most records that are neither taken nor leased. @default 10_000 */
  readonly maxSize?: number;
  /**
   * What happens to a record for which there is no room. With a `priority`, `dropOldest` drops the oldest record of the
   * lowest one that there is, also the new one. @default 'wait'
   */
  readonly overflow?: Overflow;
  /** The longest record, as JSON, in bytes. @default 8 MiB */
  readonly maxRecordBytes?: number;
  /**
   * A text of 1 to 4 096 characters that tells records apart. While one waits, another with the same text is not put: it
   * is only counted. One that is leased does not wait; when its lease ends unacknowledged, it is one again with what was
   * put meanwhile. The same on all machines. By default each record is unlike any other.
   */
  readonly unique?: (record: T) => string;
  /**
   * Which records come first: those with the higher number, among equals in the order in which they were put; or, with
   * `unique`, those that were put most often. The same on all machines. By default all come in that order.
   */
  readonly priority?: ((record: T) => number) | 'count';
}

/** A record that one consumer works at. */
export interface RedisRecordLease<T> extends RecordLease<T> {
  /** How often it was put: more than once only with `unique`. */
  readonly count: number;
  ack(): Promise<boolean>;
  release(): Promise<void>;
}

/** A queue that all machines share. */
export interface RedisQueue<T> extends RecordQueue<T> {
  put(record: T, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  take(options?: { readonly signal?: AbortSignal | undefined }): Promise<T | undefined>;
  lease(options?: {
    readonly signal?: AbortSignal | undefined;
    readonly ttl?: number | undefined;
  }): Promise<RedisRecordLease<T> | undefined>;
  size(): Promise<number>;
  /** Drops all records. A queue that was closed is open again. */
  clear(): Promise<void>;
  close(): Promise<void>;
  /** How many records were dropped since there was no room, on all machines. */
  dropped(): Promise<number>;
  /** How many records are leased, by anybody. */
  leased(): Promise<number>;
  /** How many records were ever put since the last `clear`, on all machines: those that were dropped or only counted, too. */
  total(): Promise<number>;
}
