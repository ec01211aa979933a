import { checkInteger, QueueFullError } from '../errors/index.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Frontier, FrontierLease, FrontierOptions, LeaseOptions } from './frontier.ts';
import { frontierRules, leaseRules, retryTime } from './frontier-rules.ts';
import { type FrontierInput, type FrontierTask, frontierTask, inputsOf } from './frontier-task.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { TaskBook } from './task-book.ts';

/** What frontiers take that are held by one process. */
export interface LocalFrontierOptions extends FrontierOptions {
  /** How many fingerprints are kept at most, those of tasks that are done included. @default 10_000_000 */
  readonly maxSize?: number;
}

/** A frontier that knows everything in memory, and writes down what must survive. */
export class LocalFrontier implements Frontier {
  readonly #rules: Required<FrontierOptions>;
  readonly #maxSize: number;
  readonly #journal: Journal | undefined;
  #book: Promise<TaskBook> | undefined;
  /** Those who write as of now, whom a close waits for. */
  readonly #writing = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;
  #nextAt: number | undefined;

  constructor(options: LocalFrontierOptions, journal?: Journal) {
    const { maxSize = 10_000_000 } = options;
    checkInteger('maxSize', maxSize, 1);
    this.#rules = frontierRules(options);
    this.#maxSize = maxSize;
    this.#journal = journal;
    if (!journal) this.#book = Promise.resolve(new TaskBook());
  }

  async add(tasks: FrontierInput | Iterable<FrontierInput>): Promise<number> {
    const all = inputsOf(tasks).map(frontierTask);
    const fingerprints: string[] = [];
    for (const task of all) fingerprints.push(await fingerprintOf(task, this.#rules.fingerprint));
    const book = await this.#opened();
    const fresh = new Map<string, FrontierTask>();
    all.forEach((task, index) => {
      const fingerprint = fingerprints[index] as string;
      if (!book.has(fingerprint) && !fresh.has(fingerprint)) fresh.set(fingerprint, task);
    });
    if (book.seen + fresh.size > this.#maxSize) {
      throw new QueueFullError(`The frontier knows ${book.seen} tasks, and \`maxSize\` is ${this.#maxSize}`);
    }
    const entries = [...fresh].map(([fingerprint, task]) => ({ fingerprint, task }));
    for (const { fingerprint, task } of entries) book.add(fingerprint, task);
    await this.#write(entries);
    return entries.length;
  }

  async lease(n: number, options?: LeaseOptions): Promise<FrontierLease[]> {
    const { perHost, ttl } = leaseRules(n, options);
    const book = await this.#opened();
    const leases = book.lease(n, ttl, perHost, this.#rules.clock());
    this.#nextAt = book.nextAt;
    return leases;
  }

  dueIn(): number | undefined {
    return this.#nextAt === undefined ? undefined : this.#nextAt - this.#rules.clock();
  }

  async renew(leases: readonly FrontierLease[], options?: Pick<LeaseOptions, 'ttl'>): Promise<void> {
    const { ttl } = leaseRules(1, options);
    const book = await this.#opened();
    const now = this.#rules.clock();
    for (const lease of leases) book.renew(lease, now + ttl, now);
  }

  async release(leases: readonly FrontierLease[]): Promise<void> {
    const book = await this.#opened();
    for (const lease of leases) book.release(lease);
  }

  async ack(lease: FrontierLease): Promise<boolean> {
    const book = await this.#opened();
    if (!book.isLast(lease)) return false;
    book.finish(lease.fingerprint);
    await this.#write([{ fingerprint: lease.fingerprint }]);
    return true;
  }

  async fail(lease: FrontierLease, options?: { readonly retryAt?: number }): Promise<boolean> {
    const retryAt = retryTime(options);
    const book = await this.#opened();
    const { fingerprint } = lease;
    const failures = book.fail(lease, retryAt, this.#rules.clock());
    if (failures === undefined) return false;
    const isOver = failures >= this.#rules.attempts;
    if (isOver) book.finish(fingerprint);
    await this.#write([isOver ? { fingerprint } : { fingerprint, failures, retryAt }]);
    return !isOver;
  }

  async size(): Promise<number> {
    return (await this.#opened()).size;
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => {
      this.#closing = undefined;
    });
    await this.#closing;
  }

  async #close(): Promise<void> {
    if (!this.#journal) (await this.#book)?.releaseAll();
    else if (this.#book) {
      const book = this.#book;
      this.#book = undefined;
      await Promise.allSettled([book, ...this.#writing]);
      await this.#journal.close();
    }
  }

  async #opened(): Promise<TaskBook> {
    await this.#closing;
    const journal = this.#journal;
    this.#book ??= open(journal as Journal);
    const opening = this.#book;
    try {
      return await opening;
    } catch (error) {
      // The next call tries again.
      if (this.#book === opening) this.#book = undefined;
      throw error;
    }
  }

  async #write(entries: readonly JournalEntry[]): Promise<void> {
    if (!this.#journal) return;
    const writing = this.#journal.append(entries);
    this.#writing.add(writing);
    await writing.finally(() => this.#writing.delete(writing));
  }
}

async function open(journal: Journal): Promise<TaskBook> {
  const book = new TaskBook();
  const tell = ({ failures, fingerprint, retryAt = 0, task }: JournalEntry): void => {
    if (task) book.add(fingerprint, task, failures, retryAt);
    else if (failures === undefined) book.finish(fingerprint);
    else book.revise(fingerprint, failures, retryAt);
  };
  await journal.open(tell, () => book.entries());
  return book;
}
