import { ConfigurationError } from '../errors/index.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Frontier, FrontierLease, FrontierOptions, LeaseOptions } from './frontier.ts';
import { frontierRules, leaseRules, retryTime } from './frontier-rules.ts';
import { type FrontierInput, type FrontierTask, frontierTask, inputsOf } from './frontier-task.ts';
import { keyOf, SlotReader } from './slot-reader.ts';
import type { SlotsStore } from './slot-store.ts';
import { TaskBook } from './task-book.ts';

/**
 * A {@link Frontier} in one of Scrapy Cloud, with a slot for each host, so that it outlives every machine. One process
 * at a time may have it, which nobody watches over; leases, tries and `retryAt` are in its memory.
 *
 * The server deletes requests by batches of up to 100: one that dies leaves batches of which a part is done, and those
 * come again as a whole. Priorities are whole numbers from -127 to 128 there. Tasks that others add are seen when it is
 * opened. What `add` answers is a lower bound when an answer of the server's was lost.
 *
 * @throws ConfigurationError for options that cannot work, and, by its methods, for requests in the frontier that were
 * not written by one of this kind. Otherwise what the requests of the frontier fail with.
 * @example
 * await crawl({ start: ['https://example.com/'], frontier: scrapyCloudFrontier(project.frontiers.get('crawl')), … });
 */
export function scrapyCloudFrontier(store: SlotsStore, options: FrontierOptions = {}): Frontier {
  return new ScrapyCloudFrontier(store, options);
}

class ScrapyCloudFrontier implements Frontier {
  readonly #rules: Required<FrontierOptions>;
  readonly #book = new TaskBook();
  readonly #slots: SlotReader;

  constructor(store: SlotsStore, options: FrontierOptions) {
    if (typeof store?.get !== 'function' || typeof store.list !== 'function') {
      throw new ConfigurationError('Expected a frontier of a project, such as `project.frontiers.get(name)`');
    }
    this.#rules = frontierRules(options);
    this.#slots = new SlotReader(store, this.#book);
  }

  async add(tasks: FrontierInput | Iterable<FrontierInput>): Promise<number> {
    const bySlot = new Map<string, Map<string, FrontierTask>>();
    for (const task of inputsOf(tasks).map(frontierTask)) {
      const name = hostOf(task);
      const fresh = bySlot.get(name) ?? new Map<string, FrontierTask>();
      const fingerprint = await fingerprintOf(task, this.#rules.fingerprint);
      if (!fresh.has(fingerprint)) fresh.set(fingerprint, task);
      bySlot.set(name, fresh);
    }
    await this.#slots.open();
    return this.#slots.add(bySlot);
  }

  async lease(n: number, options?: LeaseOptions): Promise<FrontierLease[]> {
    const { perHost, ttl } = leaseRules(n, options);
    await this.#slots.open();
    const leases: FrontierLease[] = [];
    let isRead = false;
    do {
      isRead = await this.#slots.readSome();
      leases.push(...this.#book.lease(n - leases.length, ttl, perHost, this.#rules.clock()));
    } while (isRead && leases.length < n);
    return leases.map((lease) => ({ ...lease, fingerprint: fingerprintIn(lease.fingerprint) }));
  }

  dueIn(): number | undefined {
    const { nextAt } = this.#book;
    return nextAt === undefined ? undefined : nextAt - this.#rules.clock();
  }

  async renew(leases: readonly FrontierLease[], options?: Pick<LeaseOptions, 'ttl'>): Promise<void> {
    const { ttl } = leaseRules(1, options);
    const now = this.#rules.clock();
    for (const lease of leases) this.#book.renew(known(lease), now + ttl, now);
  }

  async release(leases: readonly FrontierLease[]): Promise<void> {
    for (const lease of leases) this.#book.release(known(lease));
  }

  async ack(lease: FrontierLease): Promise<boolean> {
    const own = known(lease);
    if (!this.#book.isLast(own)) return false;
    await this.#slots.finish(own.fingerprint);
    return true;
  }

  async fail(lease: FrontierLease, options?: { readonly retryAt?: number }): Promise<boolean> {
    const own = known(lease);
    const failures = this.#book.fail(own, retryTime(options), this.#rules.clock());
    if (failures === undefined) return false;
    if (failures < this.#rules.attempts) return true;
    await this.#slots.finish(own.fingerprint);
    return false;
  }

  async size(): Promise<number> {
    await this.#slots.open();
    // First: what is read meanwhile is in the book then.
    const unread = await this.#slots.unread();
    return this.#book.size + unread;
  }

  async close(): Promise<void> {
    this.#book.releaseAll();
    await this.#slots.deleteDone();
  }
}

function hostOf({ url }: FrontierTask): string {
  return new URL(url).hostname;
}

function fingerprintIn(key: string): string {
  return key.slice(key.indexOf(' ') + 1);
}

/** A lease as the book has it. */
function known(lease: FrontierLease): FrontierLease {
  return { ...lease, fingerprint: keyOf(hostOf(lease.task), lease.fingerprint) };
}
