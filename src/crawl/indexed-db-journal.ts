import { createStore, entries as storedEntries, type UseStore } from 'idb-keyval';
import { ConfigurationError } from '../errors/index.ts';
import { type Journal, type JournalEntry, JournalQueue } from './journal.ts';

/** How long a page that is just being closed is waited for, in milliseconds. */
const LOCK_WAIT = 2_000;

/** What is stored under a fingerprint. Without a task it is done. */
interface Stored extends Omit<JournalEntry, 'fingerprint'> {
  /** Its place in the order in which tasks came. */
  readonly order: number;
}

/** A journal in IndexedDB, of one page at a time: the browser's lock ends with the page. */
export class IndexedDbJournal implements Journal {
  readonly #name: string;
  readonly #queue: JournalQueue = new JournalQueue((entries) => this.#write(entries));
  #store: UseStore | undefined;
  #unlock: (() => void) | undefined;
  #order = 0;

  constructor(name: string) {
    this.#name = name;
  }

  async open(tell: (entry: JournalEntry) => void): Promise<void> {
    this.#unlock = await lock(this.#name);
    try {
      this.#store ??= createStore(this.#name, 'tasks');
      const all = await storedEntries<string, Stored>(this.#store);
      all.sort(([, left], [, right]) => left.order - right.order);
      for (const [fingerprint, { order, ...entry }] of all) {
        this.#order = Math.max(this.#order, order + 1);
        tell({ fingerprint, ...entry });
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  append(entries: readonly JournalEntry[]): Promise<void> {
    return this.#queue.append(entries);
  }

  async close(): Promise<void> {
    this.#unlock?.();
    this.#unlock = undefined;
  }

  /** All of it in one transaction: either everything is stored, or nothing is. */
  async #write(entries: readonly JournalEntry[]): Promise<void> {
    await this.#store?.('readwrite', (tasks) => {
      for (const { fingerprint, ...entry } of entries) {
        if (entry.task || entry.failures === undefined) tasks.put({ ...entry, order: this.#order++ }, fingerprint);
        else this.#revise(tasks, fingerprint, entry);
      }
      return new Promise<void>((resolve, reject) => {
        tasks.transaction.oncomplete = () => resolve();
        tasks.transaction.onabort = () => reject(tasks.transaction.error);
      });
    });
  }

  /** A task that failed stands behind the others. */
  #revise(tasks: IDBObjectStore, fingerprint: string, entry: Omit<JournalEntry, 'fingerprint'>): void {
    const request: IDBRequest<Stored | undefined> = tasks.get(fingerprint);
    request.onsuccess = () => {
      if (request.result) tasks.put({ ...request.result, ...entry, order: this.#order++ }, fingerprint);
    };
  }
}

/** Answers with what gives the lock back. */
function lock(name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const options = { signal: AbortSignal.timeout(LOCK_WAIT) };
    const held = navigator.locks.request(`tideway-frontier:${name}`, options, () => new Promise<void>(resolve));
    held.catch(() => {
      reject(new ConfigurationError(`Expected a frontier that no other page has open, got \`${name}\`, which one has`));
    });
  });
}
