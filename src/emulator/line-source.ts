import { encoder, newline } from './bytes.ts';
import type { Chunk, RecordSource } from './record-source.ts';

/** A body that is known already, as records: its lines. For faults that count records. */
export class LineSource implements RecordSource {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #position = 0;

  constructor(text: string) {
    this.#bytes = encoder.encode(text);
  }

  read(maxRecords: number): Chunk | undefined {
    const begin = this.#position;
    if (begin >= this.#bytes.length) return undefined;
    let records = 0;
    while (records < maxRecords && this.#position < this.#bytes.length) {
      const end = this.#bytes.indexOf(newline, this.#position);
      this.#position = end < 0 ? this.#bytes.length : end + 1;
      records += 1;
    }
    return { bytes: this.#bytes.subarray(begin, this.#position), records };
  }
}
