import { encoder } from './bytes.ts';
import { ChunkWriter } from './chunk-writer.ts';
import type { RecordFormat } from './record-format.ts';
import { type Conditions, meets } from './record-selection.ts';
import type { Chunk, RecordSource } from './record-source.ts';
import { blockBytes } from './record-store.ts';
import { RecordView } from './record-view.ts';
import { scanLimit } from './selected-records.ts';

/** Goes over records one by one, in the order of the answer. */
export interface RecordCursor {
  /** Points the view at the next record; `false` at the end. */
  next(view: RecordView): boolean;
  /** Told after a record that met the conditions. */
  taken?(): void;
}

/** The records of a cursor that meet the conditions, in a format, made while they are read. */
export class ListedRecords implements RecordSource {
  readonly #cursor: RecordCursor;
  readonly #conditions: Conditions;
  readonly #format: RecordFormat;
  readonly #separator: Uint8Array;
  readonly #terminator: Uint8Array;
  readonly #view = new RecordView();
  #written = 0;
  #phase: 'begin' | 'records' | 'done' = 'begin';

  constructor(cursor: RecordCursor, conditions: Conditions, format: RecordFormat) {
    this.#cursor = cursor;
    this.#conditions = conditions;
    this.#format = format;
    this.#separator = encoder.encode(format.separator);
    this.#terminator = encoder.encode(format.terminator);
  }

  read(maxRecords: number): Chunk | undefined {
    if (this.#phase === 'done') return undefined;
    const writer = new ChunkWriter(maxRecords < 64 ? 4096 : undefined);
    if (this.#phase === 'begin') writer.append(encoder.encode(this.#format.begin));
    this.#phase = 'records';
    const before = this.#written;
    const limit = before + maxRecords;
    for (let scanned = 0; this.#written < limit && writer.length < blockBytes && scanned < scanLimit; scanned += 1) {
      if (this.#written >= this.#conditions.count || !this.#cursor.next(this.#view)) {
        this.#phase = 'done';
        writer.append(encoder.encode(this.#format.end));
        break;
      }
      if (meets(this.#conditions, this.#view)) this.#write(writer);
    }
    if (this.#phase !== 'records' && writer.length === 0) return undefined;
    return { bytes: writer.finish(), records: this.#written - before };
  }

  #write(writer: ChunkWriter): void {
    const view = this.#view;
    if (this.#written > 0) writer.append(this.#separator);
    if (this.#format.write === undefined) writer.appendRange(view.bytes, view.begin, view.end);
    else this.#format.write(writer, view);
    writer.append(this.#terminator);
    this.#written += 1;
    this.#cursor.taken?.();
  }
}
