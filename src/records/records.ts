import { ConfigurationError, checkInteger, loaded } from '../errors/index.ts';
import type { Reading } from './reading.ts';
import type { Batch, Progress, RecordSource } from './source.ts';

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
  #loading: Promise<Reading<T>> | undefined;
  /** Hands out the records, once its code is there. */
  #reading: Reading<T> | undefined;
  #used = false;
  /** Once it was closed without it: what the source does yet to be free. */
  #closing: Promise<void> | undefined;

  /** `open` makes the source when the first record is wanted. */
  constructor(open: () => RecordSource<T>) {
    this.#open = open;
  }

  /** How far the read has come, as of now. */
  get progress(): Progress {
    return this.#reading?.progress ?? { delivered: 0, bytes: 0, resumes: 0, lastKey: undefined };
  }

  /** The records, one by one. Leaving the loop early frees the socket. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> & AsyncIterable<T> {
    return this.#iterate(() => this.#reading?.next() ?? this.#first((reading) => reading.next()));
  }

  /**
   * The records in arrays: of `size`, the last one shorter, or without a size as the network delivers them, which is
   * the fastest way to read.
   *
   * @throws ConfigurationError when `size` is no integer from 1 and up.
   */
  batches(size: number = Number.POSITIVE_INFINITY): AsyncGenerator<T[], void> {
    checkLimit('size', size, 1);
    return this.#iterate(() => this.#reading?.nextBatch(size) ?? this.#first((reading) => reading.nextBatch(size)));
  }

  /**
   * All records in an array, or the first `limit` of them.
   *
   * @throws ConfigurationError when `limit` is no integer from 0 and up.
   */
  async toArray({ limit = Number.POSITIVE_INFINITY }: { readonly limit?: number } = {}): Promise<T[]> {
    checkLimit('limit', limit, 0);
    this.#use();
    // Nothing is wanted, so nothing is asked for.
    return limit > 0 ? (await this.#load()).toArray(limit) : [];
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
    if (this.#used) throw new ConfigurationError('Expected records to be read once');
    this.#used = true;
  }

  /** By hand: a generator takes several times as long a step, and ends only behind the step under way. */
  #iterate<V>(next: () => Promise<IteratorResult<V, undefined>>): AsyncGenerator<V, undefined> {
    this.#use();
    const leave = async (): Promise<IteratorResult<V, undefined>> => {
      await this.#close();
      return { done: true, value: undefined };
    };
    const iterator: AsyncGenerator<V, undefined> = {
      next,
      return: leave,
      throw: async (error) => {
        this.#close(error);
        throw error;
      },
      [Symbol.asyncIterator]: () => iterator,
      [Symbol.asyncDispose]: async () => {
        await leave();
      },
    };
    return iterator;
  }

  /** The first step of an iterator, unless it was left before. */
  async #first<V>(
    step: (reading: Reading<T>) => Promise<IteratorResult<V, undefined>>,
  ): Promise<IteratorResult<V, undefined>> {
    if (!this.#closing) return step(await this.#load());
    await this.#closing;
    return { done: true, value: undefined };
  }

  /** Opens the source, which asks for its first records, and loads beside it what hands them out. */
  #load(): Promise<Reading<T>> {
    this.#loading ??= this.#begin().catch((error: unknown) => {
      this.#close(error);
      throw error;
    });
    return this.#loading;
  }

  async #begin(): Promise<Reading<T>> {
    const source = this.#open();
    let first: Batch<T> | undefined;
    this.#source = source;
    const { Reading } = await handingOut().catch(async () => {
      // Either the request fails, too, and tells why, or it shows that the network is back.
      first = await source.pull();
      return handingOut();
    });
    this.#reading = new Reading(source, first, this.#closing !== undefined);
    return this.#reading;
  }

  #close(reason?: unknown): Promise<void> | undefined {
    if (this.#reading) return this.#reading.close(reason);
    this.#closing ??= Promise.resolve(this.#source?.close(reason));
    return this.#closing;
  }
}

function checkLimit(name: string, value: number, minimum: number): void {
  if (value !== Number.POSITIVE_INFINITY) checkInteger(name, value, minimum);
}

/** The code that hands out records. */
export function handingOut(): Promise<typeof import('./reading.ts')> {
  return loaded(import('./reading.ts'));
}
