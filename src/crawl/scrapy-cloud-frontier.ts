import { ConfigurationError } from '../errors/index.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Frontier, FrontierLease, FrontierOptions, LeaseOptions } from './frontier.ts';
import { frontierRules, leaseRules, retryTime } from './frontier-rules.ts';
import { type FrontierInput, type FrontierTask, frontierTask, inputsOf } from './frontier-task.ts';
import { TaskBook } from './task-book.ts';

/** Requests that are deleted together. */
interface StoredBatch {
  readonly id: string;
  readonly requests: readonly (readonly [fp: string, qdata: unknown])[];
}

/** A slot as `project.frontiers.get('x').get('slot')` has it. */
export interface SlotStore {
  readonly queue: {
    /** Puts requests into the queue, sooner or later. */
    add(requests: readonly { readonly fp: string; readonly qdata: unknown; readonly p: number }[]): Promise<void>;
    /** The first batches, without taking them out. */
    list(options: { readonly minCount?: number }): Promise<readonly StoredBatch[]>;
    /** Takes a batch out. */
    delete(id: string): Promise<void>;
  };
  /** How many requests that were stored were new. */
  readonly newCount: number;
  /** Resolves when all that was added is stored. */
  flush(): Promise<void>;
}

/** A frontier as `project.frontiers.get('x')` has it. */
export interface SlotsStore {
  /** The names of its slots. */
  list(): Promise<readonly string[]>;
  /** A slot by its name, also one that is not there yet. */
  get(slot: string): SlotStore;
}

/** What is read of a slot at once; the server makes batches of as many. */
const BATCH = 100;
/** How many slots are read, or written to, at once. */
const SLOTS_AT_ONCE = 8;
/** How many of the batches deleted last are remembered, for answers that show them still. */
const MAX_REMEMBERED = 10_000;
/** Where the priority 0 is among 0, the first, to 255, the last. */
const MIDDLE_PRIORITY = 128;
const LAST_PRIORITY = 255;

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

/** A batch of which something is left. */
interface Batch {
  readonly slot: Slot;
  readonly id: string;
  readonly left: Set<string>;
}

/** What is known of a slot. */
interface Slot {
  readonly name: string;
  readonly store: SlotStore;
  /** Whether there may be batches in it that were not read. */
  isUnread: boolean;
  /** How many requests are in batches that were read and are there still. */
  held: number;
  /** What is being added; one after the other, since the server's count of what is new is one. */
  adding: Promise<unknown>;
}

class ScrapyCloudFrontier implements Frontier {
  readonly #store: SlotsStore;
  readonly #rules: Required<FrontierOptions>;
  readonly #book = new TaskBook();
  readonly #slots = new Map<string, Slot>();
  /** Batches by their slots and ids, and by what is in them. */
  readonly #batches = new Map<string, Batch>();
  readonly #batchOf = new Map<string, Batch>();
  readonly #deleted = new Set<string>();
  #opening: Promise<void> | undefined;
  /** Reads are one at a time. */
  #reading: Promise<unknown> = Promise.resolve();

  constructor(store: SlotsStore, options: FrontierOptions) {
    if (typeof store?.get !== 'function' || typeof store.list !== 'function') {
      throw new ConfigurationError('Expected a frontier of a project, such as `project.frontiers.get(name)`');
    }
    this.#store = store;
    this.#rules = frontierRules(options);
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
    await this.#open();
    let count = 0;
    await atOnce([...bySlot], async ([name, tasks]) => {
      const slot = this.#slot(name);
      const adding = slot.adding.then(() => this.#addTo(slot, tasks));
      slot.adding = adding.catch(() => {});
      const fresh = await adding;
      count += fresh;
    });
    return count;
  }

  async lease(n: number, options?: LeaseOptions): Promise<FrontierLease[]> {
    const { perHost, ttl } = leaseRules(n, options);
    await this.#open();
    const leases: FrontierLease[] = [];
    let isRead = false;
    do {
      isRead = await this.#readSome();
      leases.push(...this.#book.lease(n - leases.length, ttl, perHost, this.#rules.clock()));
    } while (isRead && leases.length < n);
    return leases.map((lease) => ({ ...lease, fingerprint: fingerprintIn(lease.fingerprint) }));
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
    await this.#finish(own.fingerprint);
    return true;
  }

  async fail(lease: FrontierLease, options?: { readonly retryAt?: number }): Promise<boolean> {
    const own = known(lease);
    const failures = this.#book.fail(own, retryTime(options), this.#rules.clock());
    if (failures === undefined) return false;
    if (failures < this.#rules.attempts) return true;
    await this.#finish(own.fingerprint);
    return false;
  }

  async size(): Promise<number> {
    await this.#open();
    let unread = 0;
    await atOnce(
      [...this.#slots.values()].filter(({ isUnread }) => isUnread),
      async (slot) => {
        for (const { id, requests } of await slot.store.queue.list({})) {
          if (this.#isNew(slot, id)) unread += requests.length;
        }
      },
    );
    return this.#book.size + unread;
  }

  async close(): Promise<void> {
    this.#book.releaseAll();
    // What could not be deleted when it was done.
    for (const batch of [...this.#batches.values()]) if (batch.left.size === 0) await this.#delete(batch);
  }

  #open(): Promise<void> {
    this.#opening ??= this.#store.list().then(
      (names) => {
        for (const name of names) this.#slot(name);
      },
      (error) => {
        this.#opening = undefined;
        throw error;
      },
    );
    return this.#opening;
  }

  #slot(name: string): Slot {
    let slot = this.#slots.get(name);
    if (!slot) {
      slot = { name, store: this.#store.get(name), isUnread: true, held: 0, adding: Promise.resolve() };
      this.#slots.set(name, slot);
    }
    return slot;
  }

  async #addTo(slot: Slot, tasks: ReadonlyMap<string, FrontierTask>): Promise<number> {
    const { store } = slot;
    const before = store.newCount;
    const requests = [...tasks].map(([fp, task]) => ({ fp, qdata: task, p: placeOf(task.priority ?? 0) }));
    await store.queue.add(requests);
    await store.flush();
    slot.isUnread = true;
    return store.newCount - before;
  }

  /** Reads some slots of which little is known; false when there is none. */
  #readSome(): Promise<boolean> {
    const reading = this.#reading.then(async () => {
      const some: Slot[] = [];
      for (const slot of this.#slots.values()) {
        if (slot.isUnread && slot.held < BATCH && some.push(slot) === SLOTS_AT_ONCE) break;
      }
      await atOnce(some, (slot) => this.#read(slot));
      return some.length > 0;
    });
    this.#reading = reading.catch(() => {});
    return reading;
  }

  async #read(slot: Slot): Promise<void> {
    slot.isUnread = false;
    const minCount = slot.held + BATCH;
    try {
      const batches = await slot.store.queue.list({ minCount });
      let found = 0;
      for (const { id, requests } of batches) {
        found += requests.length;
        if (this.#isNew(slot, id)) this.#take(slot, id, requests);
      }
      if (found >= minCount) slot.isUnread = true;
    } catch (error) {
      slot.isUnread = true;
      throw error;
    }
  }

  #take(slot: Slot, id: string, requests: StoredBatch['requests']): void {
    const batch: Batch = { slot, id, left: new Set() };
    const tasks = requests.map(([fp, qdata]) => [keyOf(slot.name, fp), taskOf(slot, qdata)] as const);
    this.#batches.set(`${slot.name}/${id}`, batch);
    slot.held += requests.length;
    for (const [key, task] of tasks) {
      if (!this.#book.add(key, task)) continue;
      batch.left.add(key);
      this.#batchOf.set(key, batch);
    }
  }

  #isNew({ name }: Slot, id: string): boolean {
    return !this.#batches.has(`${name}/${id}`) && !this.#deleted.has(`${name}/${id}`);
  }

  async #finish(key: string): Promise<void> {
    const batch = this.#batchOf.get(key);
    this.#batchOf.delete(key);
    this.#book.forget(key);
    if (!batch) return;
    batch.left.delete(key);
    batch.slot.held--;
    if (batch.left.size === 0) await this.#delete(batch);
  }

  async #delete({ id, slot }: Batch): Promise<void> {
    const name = `${slot.name}/${id}`;
    await slot.store.queue.delete(id);
    this.#batches.delete(name);
    this.#deleted.add(name);
    if (this.#deleted.size > MAX_REMEMBERED) this.#deleted.delete(this.#deleted.values().next().value as string);
  }
}

/** Runs for all, a few at a time; rejects with what the first one fails with, when all that ran have ended. */
async function atOnce<T>(all: readonly T[], run: (one: T) => Promise<void>): Promise<void> {
  const left = all.values();
  const work = async (): Promise<void> => {
    for (const one of left) await run(one);
  };
  const results = await Promise.allSettled(Array.from({ length: SLOTS_AT_ONCE }, work));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

function taskOf({ name }: Slot, qdata: unknown): FrontierTask {
  try {
    return frontierTask(qdata as FrontierTask);
  } catch {
    throw new ConfigurationError(`Expected a slot with requests of this kind of frontier, got others in ${name}`);
  }
}

/** The place in the queue: smaller numbers come first. */
function placeOf(priority: number): number {
  return Math.min(LAST_PRIORITY, Math.max(0, Math.round(MIDDLE_PRIORITY - priority)));
}

function hostOf({ url }: FrontierTask): string {
  return new URL(url).hostname;
}

/** A fingerprint is one of its slot. */
function keyOf(slot: string, fingerprint: string): string {
  return `${slot} ${fingerprint}`;
}

function fingerprintIn(key: string): string {
  return key.slice(key.indexOf(' ') + 1);
}

/** A lease as the book has it. */
function known(lease: FrontierLease): FrontierLease {
  return { ...lease, fingerprint: keyOf(hostOf(lease.task), lease.fingerprint) };
}
