import { type Batch, type Job, type ReadOptions, type RecordSource, Records } from 'tideway';

/** Reads until the end or the error: what was delivered, and the error. */
export async function readUntilError<T>(records: AsyncIterable<T>): Promise<{ delivered: T[]; error: unknown }> {
  const delivered: T[] = [];
  try {
    for await (const record of records) delivered.push(record);
  } catch (error) {
    return { delivered, error };
  }
  return { delivered, error: undefined };
}

/** What items, logs, requests and samples have in common. */
export interface Reading {
  iter(options?: ReadOptions): Records<unknown>;
  list(options?: ReadOptions): Promise<unknown[]>;
  get(index: number): Promise<unknown>;
}

/** One of the four, by its name. */
export function readingOf(job: Job, resource: 'items' | 'logs' | 'requests' | 'samples'): Reading {
  return job[resource];
}

/** Everything that an iterable gives. */
export async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const result: T[] = [];
  for await (const one of iterable) result.push(one);
  return result;
}

/** A source of batches that are there already, which counts what is done with it. */
export class BatchSource<T> implements RecordSource<T> {
  readonly bytes = 0;
  readonly resumes = 0;
  pulls = 0;
  closes: unknown[] = [];
  readonly #batches: T[][];

  constructor(batches: readonly (readonly T[])[]) {
    this.#batches = batches.map((batch) => [...batch]);
  }

  async pull(): Promise<Batch<T> | undefined> {
    // Two pulls at once would show here: the second one would see the number of the first.
    const pull = ++this.pulls;
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (pull !== this.pulls) throw new Error('Expected one pull at a time');
    const records = this.#batches.shift();
    return records && { records, keyAt: (index) => `key of ${String(records[index])}` };
  }

  close(reason?: unknown): void {
    this.closes.push(reason);
  }
}

/** Records of batches that are there already. */
export function recordsOf<T>(...batches: readonly (readonly T[])[]): { records: Records<T>; source: BatchSource<T> } {
  const source = new BatchSource(batches);
  return { records: new Records(() => source), source };
}
