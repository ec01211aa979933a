import { ConfigurationError, checkDuration, checkInteger, expected, QueueFullError } from '../errors/index.ts';
import type { Awaitable } from './awaitable.ts';
import { Fifo } from './fifo.ts';
import type { Overflow, RecordLease, RecordQueue } from './record-queue.ts';
import { WaitingLine } from './waiting-line.ts';

/** How much a {@link memoryQueue} holds. */
export interface MemoryQueueOptions {
  /** The most records that are neither taken nor leased. @default 10_000 */
  readonly maxSize?: number;
  /** What happens to a record for which there is no room. @default 'wait' */
  readonly overflow?: Overflow;
}

/** A queue in the memory of this process. */
export interface MemoryQueue<T> extends RecordQueue<T> {
  /** The most records that are neither taken nor leased; another number counts from the next record on. */
  maxSize: number;
  /** Records that were dropped since there was no room. */
  readonly dropped: number;
  size(): number;
}

const OVERFLOWS: readonly unknown[] = ['wait', 'dropOldest', 'dropNewest', 'fail'];
/** How long a record is leased unless a consumer says otherwise, in milliseconds. */
const LEASE_TTL = 30_000;

/**
 * A {@link RecordQueue} in the memory of this process.
 *
 * @throws ConfigurationError for options that cannot work.
 */
export function memoryQueue<T>(options: MemoryQueueOptions = {}): MemoryQueue<T> {
  return new Queue<T>(options);
}

class Queue<T> implements MemoryQueue<T> {
  readonly #overflow: Overflow;
  readonly #records = new Fifo<T>();
  /** Leases that are neither settled nor run out. */
  readonly #leases = new Set<() => void>();
  /** Those who wait for room; nobody does while there is any. */
  readonly #putters = new WaitingLine<void, T>();
  /** Those who wait for a record, with what they make of it; nobody does while there is any. */
  readonly #takers = new WaitingLine<unknown, (record: T) => unknown>();
  /** What those are told who come too late; its stack tells who closed the queue. */
  #closed: ConfigurationError | undefined;
  #maxSize: number;
  dropped = 0;

  constructor({ maxSize = 10_000, overflow = 'wait' }: MemoryQueueOptions) {
    checkInteger('maxSize', maxSize, 1);
    if (!OVERFLOWS.includes(overflow)) expected(`\`overflow\` to be one of ${OVERFLOWS.join(', ')}`, overflow);
    this.#maxSize = maxSize;
    this.#overflow = overflow;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  set maxSize(value: number) {
    checkInteger('maxSize', value, 1);
    this.#maxSize = value;
    this.#callPutters();
  }

  put(record: T, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Awaitable<void> {
    if (record === undefined) expected('a record to be any value but undefined', record);
    if (this.#closed) throw this.#closed;
    if (this.#records.size < this.#maxSize) return this.#add(record);
    switch (this.#overflow) {
      case 'wait':
        return this.#putters.wait(record, signal);
      case 'fail':
        throw new QueueFullError(`The queue is full: it holds ${this.#maxSize} records`);
      case 'dropOldest':
        this.#records.shift();
        this.#add(record);
    }
    this.dropped++;
  }

  take({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Awaitable<T | undefined> {
    return this.#next(signal, (record) => record);
  }

  lease({
    signal,
    ttl = LEASE_TTL,
  }: {
    readonly signal?: AbortSignal | undefined;
    readonly ttl?: number | undefined;
  } = {}): Awaitable<RecordLease<T> | undefined> {
    checkDuration('ttl', ttl);
    return this.#next(signal, (record) => this.#lend(record, ttl));
  }

  size(): number {
    return this.#records.size;
  }

  clear(): void {
    this.#records.clear();
    for (const forget of this.#leases) forget();
    this.#callPutters();
    this.#endIfDone();
  }

  close(): void {
    this.#closed ??= new ConfigurationError('Expected an open queue, got one that was closed');
    this.#putters.dismiss(this.#closed);
    this.#endIfDone();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    for (let record = await this.take(); record !== undefined; record = await this.take()) yield record;
  }

  #add(record: T): void {
    if (this.#takers.size > 0) this.#takers.serve((make) => make(record));
    else this.#records.push(record);
  }

  #next<R>(signal: AbortSignal | undefined, make: (record: T) => R): Awaitable<R | undefined> {
    signal?.throwIfAborted();
    if (this.#records.size > 0) {
      const record = this.#records.shift();
      this.#callPutters();
      return make(record);
    }
    return this.#isDone() ? undefined : (this.#takers.wait(make, signal) as Promise<R | undefined>);
  }

  #lend(record: T, ttl: number): RecordLease<T> {
    const forget = (): boolean => {
      clearTimeout(timer);
      return this.#leases.delete(forget);
    };
    const release = (): void => {
      if (!forget()) return;
      // A record that was put already is never dropped: it may make the queue longer than its limit for a while.
      if (this.#takers.size > 0) this.#takers.serve((make) => make(record));
      else this.#records.unshift(record);
    };
    const timer = ttl === Number.POSITIVE_INFINITY ? undefined : setTimeout(release, ttl);
    this.#leases.add(forget);
    const ack = (): boolean => {
      const held = forget();
      this.#endIfDone();
      return held;
    };
    return { record, ack, release };
  }

  /** A record of a lease may come back: only without leases is nothing left. */
  #isDone(): boolean {
    return !!this.#closed && this.#records.size === 0 && this.#leases.size === 0;
  }

  #endIfDone(): void {
    while (this.#isDone() && this.#takers.size > 0) this.#takers.serve(() => undefined);
  }

  #callPutters(): void {
    while (this.#records.size < this.#maxSize && this.#putters.size > 0)
      this.#putters.serve((record) => this.#add(record));
  }
}
