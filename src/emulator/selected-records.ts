import { encoder } from './bytes.ts';
import { ChunkWriter } from './chunk-writer.ts';
import type { RecordFormat } from './record-format.ts';
import { compareKeys } from './record-key.ts';
import { type Located, meets, type Selection } from './record-selection.ts';
import type { Chunk, RecordSource } from './record-source.ts';
import { type Block, beginOf, blockBytes, endOf } from './record-store.ts';
import { RecordView } from './record-view.ts';

/** How many unwanted records are looked at before others get a turn. */
export const scanLimit = 4096;

/** The records that a request selects, in its format, made while they are read. */
export class SelectedRecords implements RecordSource {
  readonly #jobs: readonly Located[];
  readonly #selection: Selection;
  readonly #format: RecordFormat;
  readonly #separator: Uint8Array;
  readonly #terminator: Uint8Array;
  readonly #view = new RecordView();
  readonly #isPlain: boolean;
  #job = 0;
  /** The next index to look at in the current job. */
  #index = 0;
  /** Where the current job ended when its turn came, so that a reader never chases a writer. */
  #end: number | undefined;
  #written = 0;
  #phase: 'begin' | 'records' | 'done' = 'begin';

  constructor(jobs: readonly Located[], selection: Selection, format: RecordFormat) {
    this.#jobs = jobs;
    this.#selection = selection;
    this.#format = format;
    this.#separator = encoder.encode(format.separator);
    this.#terminator = encoder.encode(format.terminator);
    const { filters, startTime, endTime, indices } = selection;
    this.#isPlain = filters.length === 0 && startTime === undefined && endTime === undefined && indices === undefined;
  }

  read(maxRecords: number): Chunk | undefined {
    if (this.#phase === 'done') return undefined;
    const writer = new ChunkWriter(maxRecords < 64 ? 4096 : undefined);
    if (this.#phase === 'begin') {
      writer.append(encoder.encode(this.#format.begin));
      this.#phase = 'records';
    }
    const before = this.#written;
    const limit = Math.min(this.#selection.count, before + maxRecords);
    let scanned = 0;
    while (this.#written < limit && writer.length < blockBytes && scanned < scanLimit) {
      const block = this.#nextBlock();
      if (block === undefined) break;
      if (this.#isPlain && this.#format.write === undefined) this.#copy(writer, block, limit);
      else scanned += this.#select(writer, block, limit);
    }
    if (this.#written >= this.#selection.count || this.#nextBlock() === undefined) {
      this.#phase = 'done';
      writer.append(encoder.encode(this.#format.end));
      if (writer.length === 0) return undefined;
    }
    return { bytes: writer.finish(), records: this.#written - before };
  }

  /** Moves on to the next record that may be wanted, and returns its block. */
  #nextBlock(): Block | undefined {
    for (;;) {
      const located = this.#jobs[this.#job];
      if (located === undefined) return undefined;
      if (this.#end === undefined) {
        const last = this.#selection.indices?.at(-1);
        this.#end = Math.min(located.data.store.end, last === undefined ? Number.POSITIVE_INFINITY : last + 1);
        this.#index = this.#firstIndex(located);
      }
      const block = this.#index < this.#end ? located.data.store.blockFrom(this.#index) : undefined;
      if (block !== undefined && block.first < this.#end) {
        this.#index = Math.max(this.#index, block.first);
        return block;
      }
      this.#job += 1;
      this.#end = undefined;
    }
  }

  #firstIndex(located: Located): number {
    const { from, indices } = this.#selection;
    const lowest = indices?.[0] ?? 0;
    if (from === undefined) return lowest;
    const order = compareKeys(located.parts, from.slice(0, 3));
    if (order < 0) return Number.POSITIVE_INFINITY;
    return order > 0 ? lowest : Math.max(from[3] ?? 0, lowest);
  }

  // Many lines at once. Copied, because a reader may hand its chunks away.
  #copy(writer: ChunkWriter, block: Block, limit: number): void {
    const first = this.#index - block.first;
    const stop = Math.min(endOf(block), this.#end ?? 0, this.#index + limit - this.#written) - block.first;
    const isTerminated = this.#terminator.length > 0;
    if (!isTerminated && this.#written > 0) writer.append(this.#separator);
    const end = (block.ends[stop - 1] ?? 0) - (isTerminated ? 0 : 1);
    writer.appendRange(block.bytes, beginOf(block, first), end);
    this.#written += stop - first;
    this.#index = block.first + stop;
  }

  // One line at a time; returns how many were looked at.
  #select(writer: ChunkWriter, block: Block, limit: number): number {
    const { write } = this.#format;
    const view = this.#view;
    view.job = this.#jobs[this.#job]?.job ?? '';
    const stop = Math.min(endOf(block), this.#end ?? 0);
    let scanned = 0;
    while (this.#index < stop && this.#written < limit && writer.length < blockBytes && scanned < scanLimit) {
      view.move(block, this.#index - block.first);
      this.#index += 1;
      scanned += 1;
      if (!this.#isPlain && !this.#isWanted(view)) continue;
      if (this.#written > 0) writer.append(this.#separator);
      if (write === undefined) writer.appendRange(view.bytes, view.begin, view.end);
      else write(writer, view);
      writer.append(this.#terminator);
      this.#written += 1;
    }
    return scanned;
  }

  #isWanted(view: RecordView): boolean {
    const { indices } = this.#selection;
    return (indices === undefined || indices.includes(view.index)) && meets(this.#selection, view);
  }
}
