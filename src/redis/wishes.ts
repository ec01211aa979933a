/** Something that is wanted of Redis. */
export interface Wish<Item, Answer> {
  readonly item: Item;
  /** Gives what was wanted; false when nobody wants it any more. */
  fulfil(answer: Answer): boolean;
  refuse(reason: unknown): void;
}

interface Entry<Item, Answer> extends Wish<Item, Answer> {
  /** Redis is asked for it now. */
  isUnderWay: boolean;
  /** Leaves, if it was aborted. */
  check(): void;
}

/** What is wanted of Redis, in order. Whoever leaves rejects with the reason of his signal. */
export class Wishes<Item, Answer> {
  readonly #entries = new Set<Entry<Item, Answer>>();
  readonly #isUndone: boolean;
  /** The first of them cannot be had now: nobody need ask for those behind it. */
  isBlocked = false;

  /** Whether what came too late is undone; otherwise nobody leaves who is asked for: what Redis did counts. */
  constructor(isUndone: boolean) {
    this.#isUndone = isUndone;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Waits for an answer, or for the abort of the signal. */
  wish(item: Item, signal: AbortSignal | undefined): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const end = (): boolean => {
        signal?.removeEventListener('abort', check);
        return this.#entries.delete(entry);
      };
      const check = (): void => {
        if (signal?.aborted && (this.#isUndone || !entry.isUnderWay) && end()) reject(signal.reason);
      };
      const fulfil = (answer: Answer): boolean => {
        const isWanted = end();
        resolve(answer);
        return isWanted;
      };
      const refuse = (reason: unknown): void => {
        end();
        reject(reason);
      };
      const entry: Entry<Item, Answer> = { item, isUnderWay: false, fulfil, refuse, check };
      this.#entries.add(entry);
      signal?.addEventListener('abort', check);
      check();
    });
  }

  /** The first ones, as long as `fits` says so: they are asked for now. */
  begin(fits: (item: Item, index: number) => boolean): readonly Wish<Item, Answer>[] {
    const some: Entry<Item, Answer>[] = [];
    for (const entry of this.#entries) {
      if (!fits(entry.item, some.length)) break;
      entry.isUnderWay = true;
      some.push(entry);
    }
    return some;
  }

  /** They are not asked for any more; some may still be unfulfilled. */
  end(): void {
    for (const entry of this.#entries) {
      if (!entry.isUnderWay) break;
      entry.isUnderWay = false;
      entry.check();
    }
  }

  /** Refuses all. */
  dismiss(reason: unknown): void {
    this.isBlocked = false;
    for (const entry of this.#entries) entry.refuse(reason);
  }
}
