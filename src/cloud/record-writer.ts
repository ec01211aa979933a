import { checkDuration, checkEach, checkType, expected, TimeoutError } from '../errors/index.ts';
import { type Connection, checkCall, type Path, Scope } from '../http/index.ts';
import type { BatchWriter } from './later/batch-writer.ts';
import { later } from './later.ts';
import { openWriters } from './open-writers.ts';
import type { SettleOptions, WriterOptions, WriterTarget } from './writer-options.ts';

/**
 * Stores records in the background, in batches and in order. A record that was accepted is stored once, or handed back
 * by {@link unsaved}: nothing is lost in between.
 *
 * @example
 * await using writer = job.items.writer();
 * for (const item of items) await writer.write(item);
 */
export class RecordWriter<T> implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #target: WriterTarget<T>;
  readonly #options: WriterOptions;
  #loading: Promise<BatchWriter> | undefined;
  #batches: BatchWriter | undefined;
  #closing: Promise<void> | undefined;

  constructor(connection: Connection, target: WriterTarget<T>, options: WriterOptions = {}) {
    checkWriter(options);
    this.#connection = connection;
    this.#target = target;
    this.#options = { ...options };
    openWriters(connection).add(this);
  }

  /** What is written: `items of 123/1/2`. */
  get name(): string {
    return this.#target.name;
  }

  /** Where it is written to. */
  get path(): Path {
    return this.#target.path;
  }

  /** How many records are accepted and not stored yet. */
  get pending(): number {
    return this.#batches?.pending ?? 0;
  }

  /** Whether this writer appends to what is stored at a path, and still can. */
  appendsTo(path: Path): boolean {
    return !this.#closing && !this.#batches?.failed && this.#target.path === path && this.#options.start === undefined;
  }

  /**
   * Accepts a record and resolves to its index, once there is room for it. The record may be changed from then on.
   *
   * @throws ValueTooLargeError for a record above `maxItemSize`, ConfigurationError for one that JSON cannot hold and
   * after `close`; the writer goes on. ApiError when the server refused a batch, UnsavedRecordsError when the tries are
   * used up: the writer has ended then.
   */
  write(record: T): Promise<number> {
    const closed = this.#closing !== undefined;
    return this.#batches
      ? this.#batches.write(record, closed)
      : this.#load().then((batches) => batches.write(record, closed));
  }

  /** Resolves when all that was written before is stored, and rejects as {@link write} does. */
  async flush(options: SettleOptions = {}): Promise<void> {
    await this.#settle(
      this.#loading?.then((batches) => batches.flush()),
      options,
    );
  }

  /** Stores all that was written, and accepts nothing more. A second call has the outcome of the first. */
  async close(options: SettleOptions = {}): Promise<void> {
    this.#closing ??= (async () => {
      await this.flush();
      this.#batches?.end();
      openWriters(this.#connection).delete(this);
    })();
    await this.#settle(this.#closing, options);
  }

  /** The records that were accepted and are not stored, in order, as the server would have got them. */
  unsaved(): T[] {
    return (this.#batches?.unsaved() ?? []) as T[];
  }

  /** As `close`, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #settle(work: Promise<void> | undefined, options: SettleOptions): Promise<void> {
    if (!work) return;
    const { deadline, signal } = options;
    checkDuration('deadline', deadline);
    const late = (): TimeoutError => new TimeoutError(`${this.name} were not stored`, 'deadline', deadline ?? 0);
    const scope = new Scope(signal).expire(deadline, late);
    try {
      // Whoever stops waiting is not told how it ends; the next call is.
      await scope.race(work);
    } finally {
      scope.end();
    }
  }

  #load(): Promise<BatchWriter> {
    this.#loading ??= later(
      this.#connection,
      'openBatchWriter',
      this.#target as WriterTarget<unknown>,
      this.#options,
    ).then(
      (batches) => {
        // Set before those that wait go on, so that no later record overtakes theirs.
        this.#batches = batches;
        return batches;
      },
      (error: unknown) => {
        this.#loading = undefined;
        throw error;
      },
    );
    return this.#loading;
  }
}

function checkWriter(options: WriterOptions): void {
  checkType('options', options, 'object');
  checkEach(options, {
    size: 1,
    maxItemSize: 1,
    maxBatchSize: 1,
    queueSize: 1,
    inFlight: 1,
    start: 0,
    interval: 'duration',
    onBatch: 'function',
  });
  checkCall(options);
  const { contentEncoding = 'gzip', inFlight = 1 } = options;
  if (inFlight > 8) expected('`inFlight` to be 1 to 8', inFlight);
  if (!/^(gzip|identity)$/.test(contentEncoding)) expected('`contentEncoding` to be gzip or identity', contentEncoding);
}
