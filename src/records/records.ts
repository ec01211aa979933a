import { ConfigurationError, checkInteger } from '../errors/index.ts';
import type { Batch, RecordSource } from './source.ts';

/** How far a read has come. */
export interface Progress {
  /** Records handed to the reader. */
  readonly delivered: number;
  /** Bytes of bodies that were read, decompressed. */
  readonly bytes: number;
  /** How often the read broke and went on. */
  readonly resumes: number;
  /** The key of the last record delivered, for `startAfter` of another read; undefined where records have none. */
  readonly lastKey: string | undefined;
}

/**
 * Records as they come from a server. Lazy (nothing is asked for before the first is wanted), read once, and never more
 * than a chunk ahead of its reader. Leaving a loop early, by `break`, `return` or an error, frees the socket.
 *
 * @example
 * for await (const item of job.items.iter()) console.log(item);
 */
export class Records<T> implements AsyncIterable<T>, AsyncDisposable {
  readonly #open: () => RecordSource<T>;
  #source: RecordSource<T> | undefined;
  #used = false;
  #closed = false;
  /** What the source does yet to be free. */
  #closing: Promise<void> | undefined;
  #batch: Batch<T> = { records: [] };
  /** How many records of `#batch` are delivered. */
  #index = 0;
  /** Records of the batches before `#batch`. */
  #before = 0;
  /** The key of the last of them. */
  #lastKey: string | undefined;
  /** Steps under way: more than one where a reader does not wait for its records, which get them in order all the same. */
  #waiting = 0;
  /** Settles with the last step under way, and never rejects. */
  #turn: Promise<unknown> | undefined;

  /** `open` makes the source when the first record is wanted. */
  constructor(open: () => RecordSource<T>) {
    this.#open = open;
  }

  /** How far the read has come, as of now. */
  get progress(): Progress {
    return {
      delivered: this.#before + this.#index,
      bytes: this.#source?.bytes ?? 0,
      resumes: this.#source?.resumes ?? 0,
      lastKey: this.#index > 0 ? this.#batch.keyAt?.(this.#index - 1) : this.#lastKey,
    };
  }

  /** The records, one by one. Leaving the loop early frees the socket. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> & AsyncIterable<T> {
    this.#use();
    const iterator = {
      // The hot path of every loop: while the batch lasts, nothing is awaited but the loop's own step.
      next: (): Promise<IteratorResult<T, undefined>> => {
        const { records } = this.#batch;
        return this.#index < records.length && this.#waiting === 0 && !this.#closed
          ? Promise.resolve({ done: false, value: records[this.#index++] as T })
          : this.#next();
      },
      return: async (): Promise<IteratorResult<T, undefined>> => {
        await this.#close();
        return { done: true, value: undefined };
      },
      throw: async (error: unknown): Promise<never> => {
        this.#close(error);
        throw error;
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /**
   * The records in arrays: of `size`, the last one shorter, or without a size as the network delivers them, which is
   * the fastest way to read.
   *
   * @throws ConfigurationError when `size` is no integer from 1 and up.
   */
  batches(size: number = Number.POSITIVE_INFINITY): AsyncGenerator<T[], void> {
    checkLimit('size', size, 1);
    this.#use();
    const batches = this.#batches(size);
    const leave = batches.return.bind(batches);
    // A generator by itself would wait for the batch under way before it ends.
    batches.return = (value) => {
      this.#close();
      return leave(value);
    };
    return batches;
  }

  /**
   * All records in an array, or the first `limit` of them.
   *
   * @throws ConfigurationError when `limit` is no integer from 0 and up.
   */
  async toArray({ limit = Number.POSITIVE_INFINITY }: { readonly limit?: number } = {}): Promise<T[]> {
    checkLimit('limit', limit, 0);
    this.#use();
    const result: T[] = [];
    try {
      await this.#collect(result, limit);
    } finally {
      await this.#close();
    }
    return result;
  }

  /** The first record, or undefined when there is none. */
  async first(): Promise<T | undefined> {
    return (await this.toArray({ limit: 1 }))[0];
  }

  /** A stream of the records, read when it is pulled; cancelling it frees the socket. */
  toReadableStream(): ReadableStream<T> {
    const iterator = this[Symbol.asyncIterator]();
    return new ReadableStream<T>(
      {
        pull: async (controller) => {
          const { done, value } = await iterator.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: (reason) => this.#close(reason),
      },
      { highWaterMark: 0 },
    );
  }

  /** Ends the read and frees the socket. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#used = true;
    await this.#close();
  }

  #use(): void {
    if (this.#used) throw new ConfigurationError('Expected records that were not read yet: they can be read once');
    this.#used = true;
  }

  async *#batches(size: number): AsyncGenerator<T[], void> {
    try {
      while (await this.#fill()) {
        const group: T[] = this.#take(size);
        let failure: { readonly error: unknown } | undefined;
        if (size < Number.POSITIVE_INFINITY) {
          await this.#collect(group, size).catch((error: unknown) => {
            failure = { error };
          });
        }
        // What came before the failure counts as delivered, so it is.
        if (group.length > 0) yield group;
        if (failure) throw failure.error;
      }
    } finally {
      await this.#close();
    }
  }

  async #collect(into: T[], limit: number): Promise<void> {
    // One by one: as arguments of a single call they could be too many.
    while (into.length < limit && (await this.#fill()))
      for (const record of this.#take(limit - into.length)) into.push(record);
  }

  /** Delivers records of the batch at hand. */
  #take(limit: number): T[] {
    const { records } = this.#batch;
    const from = this.#index;
    this.#index = Math.min(records.length, from + limit);
    return from === 0 && this.#index === records.length ? records : records.slice(from, this.#index);
  }

  /** A step that has to wait: for the next batch, or for the step before. */
  #next(): Promise<IteratorResult<T, undefined>> {
    const step = async (before: Promise<unknown> | undefined): Promise<IteratorResult<T, undefined>> => {
      try {
        await before;
        // A source may take back what was not delivered yet: then there is nothing, and it is asked again.
        while (await this.#fill()) {
          const { records } = this.#batch;
          if (this.#index < records.length) return { done: false, value: records[this.#index++] as T };
        }
        return { done: true, value: undefined };
      } finally {
        this.#waiting--;
      }
    };
    const result = step(this.#waiting++ > 0 ? this.#turn : undefined);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Whether there is a record to deliver; gets the next batch when this one is used up. */
  async #fill(): Promise<boolean> {
    if (!this.#closed && this.#index === this.#batch.records.length) {
      try {
        this.#source ??= this.#open();
        // Let go of what was delivered: two batches alive at once are what grows the heap of a fast read.
        this.#lastKey = this.progress.lastKey;
        this.#before += this.#index;
        this.#index = 0;
        this.#batch = { records: [] };
        const batch = await this.#source.pull();
        if (!batch) this.#close();
        else if (!this.#closed) this.#batch = batch;
      } catch (error) {
        // Whoever left the read is not told how that ended it.
        if (!this.#closed) {
          this.#close(error);
          throw error;
        }
      }
    }
    return !this.#closed;
  }

  #close(reason?: unknown): Promise<void> | undefined {
    if (!this.#closed) {
      this.#closed = true;
      this.#closing = this.#source?.close(reason) || undefined;
    }
    return this.#closing;
  }
}

function checkLimit(name: string, value: number, minimum: number): void {
  if (value !== Number.POSITIVE_INFINITY) checkInteger(name, value, minimum);
}
