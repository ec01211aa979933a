import type { Batch, Progress, RecordSource } from './source.ts';

/** What {@link Records} do once a record is wanted: hand out what a source gives, batch by batch. */
export class Reading<T> {
  readonly #source: RecordSource<T>;
  #closed: boolean;
  /** What the source does yet to be free. */
  #closing: Promise<void> | undefined;
  #batch: Batch<T>;
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
  /** What the read failed with behind the last batch, for the step after it. */
  #failure: { readonly error: unknown } | undefined;

  /** `first` is what was taken from the source already; `closed` says that the source is closed. */
  constructor(source: RecordSource<T>, first: Batch<T> | undefined, closed: boolean) {
    this.#source = source;
    this.#batch = first ?? { records: [] };
    this.#closed = closed;
  }

  get progress(): Progress {
    const { bytes, resumes } = this.#source;
    const lastKey = this.#index > 0 ? this.#batch.keyAt?.(this.#index - 1) : this.#lastKey;
    return { delivered: this.#before + this.#index, bytes, resumes, lastKey };
  }

  /** The hot path of every loop: while the batch lasts, nothing is awaited but the loop's own step. */
  next(): Promise<IteratorResult<T, undefined>> {
    const { records } = this.#batch;
    return this.#index < records.length && this.#waiting === 0 && !this.#closed
      ? Promise.resolve({ done: false, value: records[this.#index++] as T })
      : this.#wait();
  }

  /** The next records: `size` of them, fewer at the end or where the read fails behind them, or as many as come. */
  nextBatch(size: number): Promise<IteratorResult<T[], undefined>> {
    return this.#inTurn(() => this.#stepOf(size));
  }

  async toArray(limit: number): Promise<T[]> {
    const result: T[] = [];
    try {
      await this.#collect(result, limit);
    } finally {
      await this.close();
    }
    return result;
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

  /** A step that has to wait: for what comes next, or for the step before. */
  #inTurn<V>(step: () => Promise<V>): Promise<V> {
    // Never at once, so that the reader has let go of the batch before.
    const result = Promise.resolve(this.#waiting++ > 0 ? this.#turn : undefined).then(step);
    this.#turn = result.then(
      () => this.#waiting--,
      () => this.#waiting--,
    );
    return result;
  }

  /** Apart from `next`: where a method makes a function, each call of it makes what the function keeps. */
  #wait(): Promise<IteratorResult<T, undefined>> {
    return this.#inTurn(() => this.#step());
  }

  async #step(): Promise<IteratorResult<T, undefined>> {
    // A source may take back what was not delivered yet: then there is nothing, and it is asked again.
    while (await this.#fill()) {
      const { records } = this.#batch;
      if (this.#index < records.length) return { done: false, value: records[this.#index++] as T };
    }
    return { done: true, value: undefined };
  }

  async #stepOf(size: number): Promise<IteratorResult<T[], undefined>> {
    try {
      if (this.#failure) throw this.#failure.error;
      while (await this.#fill()) {
        const group = this.#take(size);
        if (size < Number.POSITIVE_INFINITY) {
          await this.#collect(group, size).catch((error: unknown) => {
            // What came before the failure counts as delivered, so it is.
            if (group.length === 0) throw error;
            this.#failure = { error };
          });
        }
        if (group.length > 0) return { done: false, value: group };
      }
      await this.#closing;
      return { done: true, value: undefined };
    } catch (error) {
      // Told once; and whoever is told of an end may rely on it.
      await this.close();
      throw error;
    }
  }

  /** Whether there is a record to deliver; gets the next batch when this one is used up. */
  async #fill(): Promise<boolean> {
    if (!this.#closed && this.#index === this.#batch.records.length) {
      try {
        // Let go of what was delivered: two batches alive at once are what grows the heap of a fast read.
        this.#lastKey = this.progress.lastKey;
        this.#before += this.#index;
        this.#index = 0;
        this.#batch = { records: [] };
        const batch = await this.#source.pull();
        if (!batch) this.close();
        else if (!this.#closed) this.#batch = batch;
      } catch (error) {
        // Whoever left the read is not told how that ended it.
        if (!this.#closed) {
          this.close(error);
          throw error;
        }
      }
    }
    return !this.#closed;
  }

  /** Ends the read and frees what it holds. Resolves when that is done. */
  close(reason?: unknown): Promise<void> | undefined {
    this.#failure = undefined;
    if (!this.#closed) {
      this.#closed = true;
      this.#closing = this.#source.close(reason) || undefined;
    }
    return this.#closing;
  }
}
