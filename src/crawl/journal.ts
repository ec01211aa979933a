import type { FrontierTask } from './frontier-task.ts';

/** How many entries are written at once, but for those that came at once. */
const BATCH = 1_000;

/** What is written down of a task: that it was added, that it failed, or, without either, that it is done. */
export interface JournalEntry {
  readonly fingerprint: string;
  readonly task?: FrontierTask | undefined;
  /** How often it failed. */
  readonly failures?: number;
  /** From when on it may be tried again, in milliseconds since the epoch. */
  readonly retryAt?: number;
}

/** Where a frontier writes down what must survive the process. Only one process has it open at a time. */
export interface Journal {
  /**
   * Opens it and tells what was written, in the order in which it was. `entries` makes all that counts of what was told:
   * a journal that has become long may begin anew with that.
   *
   * @throws ConfigurationError when somebody else has it open.
   */
  open(tell: (entry: JournalEntry) => void, entries: () => Iterable<JournalEntry>): Promise<void>;
  /** Resolves when this, and all that was handed over before, is stored. Entries may be none. */
  append(entries: readonly JournalEntry[]): Promise<void>;
  close(): Promise<void>;
}

/** Entries that wait to be written, and who waits for them. */
interface Writing {
  readonly entries: readonly JournalEntry[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers what is to be written while something is being written. */
export class JournalQueue {
  readonly #write: (entries: readonly JournalEntry[]) => Promise<void>;
  #waiting: Writing[] = [];
  #isWriting = false;

  constructor(write: (entries: readonly JournalEntry[]) => Promise<void>) {
    this.#write = write;
  }

  append(entries: readonly JournalEntry[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entries, resolve, reject });
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      let count = 0;
      const end = this.#waiting.findIndex(({ entries }) => {
        count += entries.length;
        return count >= BATCH;
      });
      const batch = this.#waiting.splice(0, end < 0 ? this.#waiting.length : end + 1);
      const all = batch.flatMap(({ entries }) => entries);
      try {
        if (all.length > 0) await this.#write(all);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isWriting = false;
  }
}
