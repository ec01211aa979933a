import { strictDecoder } from './bytes.ts';
import { checkSize, RecordStore } from './record-store.ts';
import type { Entry, RecordKind } from './resource.ts';

/** One resource of one job: its records and their statistics. */
export class JobData {
  readonly kind: RecordKind;
  readonly store: RecordStore = new RecordStore();
  readonly #counts = new Map<string, number>();
  #inputBytes = 0;

  constructor(kind: RecordKind) {
    this.kind = kind;
  }

  /** Stores a batch, all of it or nothing, and returns the index of its first record. `start`: by default the end. */
  write(entries: readonly Entry[], time: number, start: number = this.store.end): number {
    for (const entry of entries) checkSize(entry.line);
    const replaced = this.store.write(
      start,
      entries.map((entry) => entry.line),
      time,
    );
    for (const { bytes } of replaced) this.#tally(JSON.parse(strictDecoder.decode(bytes)), -1);
    for (const entry of entries) this.#tally(entry.value, 1);
    return start;
  }

  /** Adds one record at the end and returns its index. */
  add(entry: Entry, time: number): number {
    const index = this.store.end;
    this.store.append(index, entry.line, time);
    this.#tally(entry.value, 1);
    return index;
  }

  /** How many records count under a name: a field of items, a level of logs. */
  countOf(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** What `/stats` answers. Fields that begin with `_` are shown only when `all` is asked. */
  stats(all: boolean): Readonly<Record<string, unknown>> {
    const totals = { input_bytes: this.#inputBytes, input_values: this.store.count };
    const counts = [...this.#counts].filter(([name]) => all || !name.startsWith('_'));
    return { counts: Object.fromEntries(counts), totals };
  }

  #tally(value: unknown, sign: 1 | -1): void {
    const { stats } = this.kind;
    if (stats === undefined) return;
    this.#inputBytes += sign * stats.size(value);
    for (const name of stats.count(value)) {
      const count = (this.#counts.get(name) ?? 0) + sign;
      if (count === 0) this.#counts.delete(name);
      else this.#counts.set(name, count);
    }
  }
}
