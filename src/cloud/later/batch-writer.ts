import type { StoredData, WriterOptions, WriterTarget } from '../writer-options.ts';
import { Batch } from './batch.ts';
import { BatchDelivery } from './batch-delivery.ts';
import { encodeLine } from './encode-line.ts';
import type { Needs } from './needs.ts';
import { nextIndex } from './next-index.ts';
import { RecordShapes } from './record-shapes.ts';
import { unsaved } from './unsaved.ts';

interface Waiting {
  readonly line: string;
  readonly resolve: (index: number) => void;
  readonly reject: (error: unknown) => void;
}

interface Flush {
  /** Everything before this place is to be stored. */
  readonly until: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * What a `RecordWriter` does once it has something to write: a queue of lines that is cut into batches, which are sent
 * in order. Places count from 0 over all records that this writer accepted; an index is a place behind `#start`.
 */
export class BatchWriter {
  readonly #target: WriterTarget<unknown>;
  readonly #options: WriterOptions;
  readonly #needs: Needs;
  readonly #shapes: RecordShapes;
  readonly #delivery: BatchDelivery;
  readonly #size: number;
  readonly #maxItemSize: number;
  readonly #maxBatchSize: number;
  readonly #queueSize: number;
  readonly #inFlight: number;
  /** The index of the first record; unknown until the first is written. */
  #start: number | undefined;
  #starting = false;
  /** Records that wait for room, or for `#start`. */
  readonly #waiting: Waiting[] = [];
  /** Records that are accepted and in no batch yet. */
  #lines: string[] = [];
  /** Characters of `#lines`. */
  #lineSize = 0;
  /** Records that are accepted and not stored, and their characters. */
  #pending = 0;
  #pendingSize = 0;
  /** Batches that are not stored yet, in order. */
  readonly #batches: Batch[] = [];
  /** Batches that were stored before one that precedes them. */
  #storedAfter: Batch[] = [];
  /** The place behind the last record that is in a batch. */
  #cut = 0;
  /** Records before this place go as soon as may be, in however small a batch. */
  #due = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #flushes: Flush[] = [];
  /** The first of the batches that could not be stored: none behind it is sent any more. */
  #failed: { readonly batch: Batch; readonly error: unknown } | undefined;
  /** Why the writer ended, once all that was on its way has an outcome. */
  #failure: { readonly error: unknown } | undefined;

  constructor(needs: Needs, target: WriterTarget<unknown>, options: WriterOptions) {
    this.#target = target;
    this.#options = { contentEncoding: target.data?.resource === 'samples' ? 'identity' : 'gzip', ...options };
    this.#needs = needs;
    this.#shapes = new RecordShapes(needs);
    this.#delivery = new BatchDelivery(needs, target, this.#options);
    this.#size = options.size ?? 1_000;
    this.#inFlight = options.inFlight ?? 1;
    this.#queueSize = options.queueSize ?? (this.#inFlight + 1) * this.#size;
    this.#maxItemSize = options.maxItemSize ?? 1024 * 1024;
    this.#maxBatchSize = options.maxBatchSize ?? 16 * 1024 * 1024;
    options.signal?.addEventListener('abort', this.#onAbort);
    if (options.signal?.aborted) this.#onAbort();
  }

  /** How many records are accepted and not stored. */
  get pending(): number {
    return this.#pending;
  }

  /** Whether records can be accepted no more. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** `closed` says that the writer was closed before. */
  write(record: unknown, closed: boolean): Promise<number> {
    // A writer that failed says why, also when it was closed since.
    if (this.#failure) return Promise.reject(this.#failure.error);
    if (closed) {
      const message = `Expected an open writer of ${this.#target.name}, got one that was closed`;
      return Promise.reject(new this.#needs.ConfigurationError(message));
    }
    let line: string;
    try {
      line = this.#encode(record);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#start !== undefined && this.#waiting.length === 0 && this.#hasRoom()) {
      const index = this.#accept(line);
      this.#pump();
      return Promise.resolve(index);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line, resolve, reject });
      if (this.#start === undefined) this.#begin();
      else this.#pump();
    });
  }

  flush(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure.error);
    const until = this.#cut + this.#lines.length + this.#waiting.length;
    if (until === this.#stored) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#due = until;
      this.#flushes.push({ until, resolve, reject });
      this.#pump();
    });
  }

  unsaved(): unknown[] {
    return [...this.#batches.flatMap(({ lines }) => lines), ...this.#lines].map((line): unknown => JSON.parse(line));
  }

  /** Lets go of what outlives the writer. */
  end(): void {
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }

  /** The place before which everything is stored. */
  get #stored(): number {
    return this.#batches[0]?.from ?? this.#cut;
  }

  #encode(record: unknown): string {
    const { data, path, shape } = this.#target;
    let shaped = record;
    if (shape) shaped = shape(record, this.#shapes);
    // Lines of a log have a shape of their own.
    else if (data) shaped = this.#shapes[data.resource as Exclude<StoredData['resource'], 'logs'>](record as never);
    return encodeLine(shaped, path, this.#maxItemSize, this.#needs);
  }

  /** Asks where to begin. When that fails nothing was accepted: the next record asks again. */
  async #begin(): Promise<void> {
    if (this.#starting) return;
    this.#starting = true;
    const { signal, timeout, idleTimeout, start } = this.#options;
    const { data } = this.#target;
    try {
      this.#start = start ?? (data ? await nextIndex(data, { signal, timeout, idleTimeout }) : 0);
    } catch (error) {
      for (const { reject } of [...this.#waiting.splice(0), ...this.#flushes.splice(0)]) reject(error);
    } finally {
      this.#starting = false;
    }
    this.#pump();
  }

  #hasRoom(): boolean {
    if (this.#pending === 0) return true;
    return this.#pending < this.#queueSize && this.#pendingSize < this.#maxBatchSize * (this.#inFlight + 1);
  }

  /** Takes a record into the queue and answers with its index. */
  #accept(line: string): number {
    this.#lines.push(line);
    this.#lineSize += line.length + 1;
    this.#pending++;
    this.#pendingSize += line.length + 1;
    return (this.#start ?? 0) + this.#cut + this.#lines.length - 1;
  }

  /** Does whatever can be done now. */
  #pump(): void {
    if (this.#start === undefined || this.#failed || this.#failure) return;
    for (;;) {
      while (this.#waiting.length > 0 && this.#hasRoom()) {
        const { line, resolve } = this.#waiting.shift() as Waiting;
        resolve(this.#accept(line));
      }
      // One more than can be sent: it is compressed meanwhile.
      if (this.#batches.length > this.#inFlight || !this.#isBatchDue()) break;
      this.#batches.push(this.#cutBatch());
    }
    this.#setTimer();
    for (const batch of this.#batches.slice(0, this.#inFlight - this.#storedAfter.length)) {
      if (!batch.sending) this.#send(batch);
    }
  }

  #isBatchDue(): boolean {
    const { length } = this.#lines;
    if (length === 0) return false;
    const isFull = length >= this.#size || this.#lineSize >= this.#maxBatchSize;
    return isFull || this.#due > this.#cut || this.#waiting.length > 0;
  }

  #cutBatch(): Batch {
    let size = 0;
    let count = 0;
    for (const { length } of this.#lines) {
      if (count === this.#size || (count > 0 && size + length + 1 > this.#maxBatchSize)) break;
      size += length + 1;
      count++;
    }
    const batch = new Batch(this.#cut, this.#lines.slice(0, count), size, this.#options.contentEncoding !== 'identity');
    this.#lines = this.#lines.slice(count);
    this.#lineSize -= size;
    this.#cut = batch.end;
    // What is left waits anew.
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return batch;
  }

  #setTimer(): void {
    const { interval = 15_000 } = this.#options;
    if (this.#lines.length === 0 || this.#timer !== undefined || interval === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#due = this.#cut + this.#lines.length;
      this.#pump();
    }, interval);
  }

  async #send(batch: Batch): Promise<void> {
    batch.sending = true;
    try {
      const range = this.#range(batch);
      const { answer, bytes } = await this.#delivery.deliver(batch, range.start);
      this.#settle(batch);
      this.#options.onBatch?.({ ...range, bytes, answer });
    } catch (error) {
      if (!this.#failed || batch.from < this.#failed.batch.from) this.#failed = { batch, error };
      for (const other of this.#batches) if (other.from > batch.from) other.stop.abort();
    }
    batch.sending = false;
    if (!this.#failed) this.#pump();
    else if (!this.#batches.some(({ sending }) => sending)) this.#fail(this.#explain(this.#failed));
  }

  #range({ from, lines }: Batch): { start: number; count: number } {
    return { start: (this.#start ?? 0) + from, count: lines.length };
  }

  #settle(batch: Batch): void {
    const position = this.#batches.indexOf(batch);
    this.#batches.splice(position, 1);
    this.#pending -= batch.lines.length;
    this.#pendingSize -= batch.size;
    if (position > 0) this.#storedAfter.push(batch);
    this.#storedAfter = this.#storedAfter.filter(({ from }) => from > this.#stored);
    const done = this.#flushes.filter(({ until }) => until <= this.#stored);
    for (const flush of done) {
      this.#flushes.splice(this.#flushes.indexOf(flush), 1);
      flush.resolve();
    }
  }

  /** The error that tells of a batch which could not be stored. What the user's own code threw comes out unchanged. */
  #explain({ batch, error }: { batch: Batch; error: unknown }): unknown {
    const { apiErrorOf, isApiError, isTidewayError } = this.#needs;
    if (!isTidewayError(error)) return error;
    const storedAfter = this.#storedAfter.map((stored) => this.#range(stored));
    const range = this.#range(batch);
    if (isApiError(error) && !this.#delivery.isTransient(error)) {
      const message = `${error.message} (${range.count} records from index ${range.start} were not stored)`;
      return apiErrorOf({ ...error, body: error.body, batch: { ...range, storedAfter }, message });
    }
    return unsaved(this.#needs, `Writing ${this.#target.name}`, this.unsaved(), range.start, error, storedAfter);
  }

  readonly #onAbort = (): void => this.#fail(this.#options.signal?.reason);

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.end();
    for (const { stop } of this.#batches) stop.abort();
    for (const { reject } of [...this.#waiting.splice(0), ...this.#flushes.splice(0)]) reject(error);
  }
}

/** Makes a writer's queue. */
export async function openBatchWriter(
  needs: Needs,
  target: WriterTarget<unknown>,
  options: WriterOptions,
): Promise<BatchWriter> {
  return new BatchWriter(needs, target, options);
}
