import { atOnce } from './at-once.ts';
import type { FrontierTask } from './frontier-task.ts';
import { requestOf, type SlotStore, type SlotsStore, type StoredBatch, taskOf } from './slot-store.ts';
import type { TaskBook } from './task-book.ts';

/** What is read of a slot at once; the server makes batches of as many. */
const BATCH = 100;
/** How many slots are read, or written to, at once. */
const SLOTS_AT_ONCE = 8;
/** How many of the batches deleted last are remembered, for answers that show them still. */
const MAX_REMEMBERED = 10_000;

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

/** A fingerprint is one of its slot. */
export function keyOf(slot: string, fingerprint: string): string {
  return `${slot} ${fingerprint}`;
}

/** The slots of a frontier of Scrapy Cloud: what was read of them goes into a book, and is deleted once it is done. */
export class SlotReader {
  readonly #store: SlotsStore;
  readonly #book: TaskBook;
  readonly #slots = new Map<string, Slot>();
  /** Batches by their slots and ids, and by what is in them. */
  readonly #batches = new Map<string, Batch>();
  readonly #batchOf = new Map<string, Batch>();
  readonly #deleted = new Set<string>();
  #opening: Promise<void> | undefined;
  /** Reads are one at a time. */
  #reading: Promise<unknown> = Promise.resolve();

  constructor(store: SlotsStore, book: TaskBook) {
    this.#store = store;
    this.#book = book;
  }

  /** Learns which slots there are. */
  open(): Promise<void> {
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

  /** Adds tasks to their slots, by their fingerprints; answers with how many were new. */
  async add(bySlot: ReadonlyMap<string, ReadonlyMap<string, FrontierTask>>): Promise<number> {
    let count = 0;
    await atOnce([...bySlot], SLOTS_AT_ONCE, async ([name, tasks]) => {
      const slot = this.#slot(name);
      const adding = slot.adding.then(() => addTo(slot, tasks));
      slot.adding = adding.catch(() => {});
      const fresh = await adding;
      count += fresh;
    });
    return count;
  }

  /** How many requests are in the slots that are not in the book. */
  async unread(): Promise<number> {
    let unread = 0;
    await atOnce(
      [...this.#slots.values()].filter(({ isUnread }) => isUnread),
      SLOTS_AT_ONCE,
      async (slot) => {
        for (const { id, requests } of await slot.store.queue.list({})) {
          if (this.#isNew(slot, id)) unread += requests.length;
        }
      },
    );
    return unread;
  }

  /** Reads some slots of which little is known; false when there is none. */
  readSome(): Promise<boolean> {
    const reading = this.#reading.then(async () => {
      const some: Slot[] = [];
      for (const slot of this.#slots.values()) {
        if (slot.isUnread && slot.held < BATCH && some.push(slot) === SLOTS_AT_ONCE) break;
      }
      await atOnce(some, SLOTS_AT_ONCE, (slot) => this.#read(slot));
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
    const tasks = requests.map(([fp, qdata]) => [keyOf(slot.name, fp), taskOf(slot.name, qdata)] as const);
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

  /** Forgets a task, and deletes its batch if it was the last one of it. */
  async finish(key: string): Promise<void> {
    const batch = this.#batchOf.get(key);
    this.#batchOf.delete(key);
    this.#book.forget(key);
    if (!batch) return;
    batch.left.delete(key);
    batch.slot.held--;
    if (batch.left.size === 0) await this.#delete(batch);
  }

  /** Deletes what could not be deleted when it was done. */
  async deleteDone(): Promise<void> {
    for (const batch of [...this.#batches.values()]) if (batch.left.size === 0) await this.#delete(batch);
  }

  async #delete({ id, slot }: Batch): Promise<void> {
    const name = `${slot.name}/${id}`;
    await slot.store.queue.delete(id);
    this.#batches.delete(name);
    this.#deleted.add(name);
    if (this.#deleted.size > MAX_REMEMBERED) this.#deleted.delete(this.#deleted.values().next().value as string);
  }
}

async function addTo(slot: Slot, tasks: ReadonlyMap<string, FrontierTask>): Promise<number> {
  const { store } = slot;
  const before = store.newCount;
  await store.queue.add([...tasks].map(([fp, task]) => requestOf(fp, task)));
  await store.flush();
  slot.isUnread = true;
  return store.newCount - before;
}
