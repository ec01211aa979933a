import type { CallOptions, Path } from '../http/index.ts';
import type { Records } from '../records/index.ts';
import type { ReadOptions } from './read-options.ts';
import type { Shapes } from './shapes.ts';
import type { Stats } from './wire.ts';

/** A batch that the server has stored. */
export interface StoredBatch {
  /** The index of its first record. */
  readonly start: number;
  readonly count: number;
  /** Bytes of the body that was sent, compressed or not. */
  readonly bytes: number;
  /** The JSON that the server answered with; undefined when it answered with nothing. */
  readonly answer: unknown;
}

/** How records are gathered into batches and stored. Durations are milliseconds, sizes bytes. */
export interface WriterOptions extends Omit<CallOptions, 'deadline'> {
  /** Records a batch. @default 1_000 */
  readonly size?: number;
  /** The longest that a record waits for its batch to be full. @default 15_000 */
  readonly interval?: number;
  /** How the bodies are sent. @default 'gzip', of samples and frontiers 'identity' */
  readonly contentEncoding?: 'gzip' | 'identity';
  /** The largest record, as JSON in UTF-8. @default 1 MiB, which is also the server's limit */
  readonly maxItemSize?: number;
  /** The largest batch, in characters of JSON: a batch as large goes before it has `size` records. @default 16 Mi */
  readonly maxBatchSize?: number;
  /**
   * The most records that are accepted and not stored yet; `write` waits while there are so many. They have at most
   * `inFlight + 1` times `maxBatchSize` characters. @default (inFlight + 1) * size
   */
  readonly queueSize?: number;
  /** How many batches may be on their way at once, 1 to 8. @default 1 */
  readonly inFlight?: number;
  /** The index of the first record. By default records are appended to what is stored. */
  readonly start?: number;
  /** Told of every batch that was stored. What it throws ends the writer. */
  readonly onBatch?: (batch: StoredBatch) => void;
}

/** How long it is waited until records are stored. They go on being stored when it is not waited any more. */
export type SettleOptions = Pick<CallOptions, 'signal' | 'deadline'>;

/** The data of a job that records are appended to. */
export interface StoredData {
  readonly resource: 'items' | 'logs' | 'requests' | 'samples';
  /** What the server tells of them; it tells nothing of samples. */
  readonly stats: (options: CallOptions) => Promise<Stats>;
  readonly read: (options: ReadOptions) => Records<unknown>;
}

/** Where a writer's records go. */
export interface WriterTarget<T> {
  /** What is written, for messages: `items of 123/1/2`. */
  readonly name: string;
  readonly path: Path;
  /** What is stored already; without it batches are sent without `start`, and indices count from 0. */
  readonly data?: StoredData;
  /**
   * Checks a record, and answers with what is sent. `shapes` are those that are loaded with the writer's code; by default
   * it is that of the data.
   */
  readonly shape?: ((record: T, shapes: Shapes) => unknown) | undefined;
}
