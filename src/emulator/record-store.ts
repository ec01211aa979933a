import { type Bytes, encoder, newline } from './bytes.ts';
import { Refusal } from './refusal.ts';

/** The server refuses a record above 1 MiB, serialized. */
export const maxRecordBytes = 1_048_576;

/** Blocks hold about this much, which is also the size of a chunk of an answer. */
export const blockBytes = 65_536;

/** Records with consecutive indices, packed: their lines one after the other, each with its newline. */
export interface Block {
  /** Index of the first record. */
  readonly first: number;
  bytes: Bytes;
  /** Where each line ends, its newline included. */
  readonly ends: number[];
  /** The server's write time of each record. */
  readonly times: number[];
}

/** A record as it stands in a block. */
export interface StoredLine {
  readonly index: number;
  readonly time: number;
  readonly bytes: Bytes;
}

// Long enough for three bytes a character of a record at the limit.
let scratch: Bytes | undefined;

/** The bytes of a line with its newline, valid until the next call. Throws a `Refusal` where it is too large. */
export function encodeLine(line: string): Bytes {
  scratch ??= new Uint8Array(3 * maxRecordBytes + 1);
  if (line.length > maxRecordBytes) throw tooLarge();
  const length = encoder.encodeInto(line, scratch).written;
  if (length > maxRecordBytes) throw tooLarge();
  scratch[length] = newline;
  return scratch.subarray(0, length + 1);
}

function tooLarge(): Refusal {
  return new Refusal(413, `Error parsing data, Serialized value too large - max ${maxRecordBytes} bytes`);
}

/** Throws the server's refusal of a record that is too large. */
export function checkSize(line: string): void {
  if (line.length * 3 > maxRecordBytes) encodeLine(line);
}

/** The index after the last record of a block. */
export function endOf(block: Block): number {
  return block.first + block.ends.length;
}

/** Where the line of a record begins in its block. */
export function beginOf(block: Block, position: number): number {
  return position === 0 ? 0 : (block.ends[position - 1] ?? 0);
}

/** The records of one resource of one job: an ordered, sparse array of lines, in packed blocks. */
export class RecordStore {
  readonly #blocks: Block[] = [];
  #count = 0;

  /** How many records there are. */
  get count(): number {
    return this.#count;
  }

  /** The index after the last record. */
  get end(): number {
    const last = this.#blocks.at(-1);
    return last === undefined ? 0 : endOf(last);
  }

  /** The first block that has records at or after an index. */
  blockFrom(index: number): Block | undefined {
    return this.#blocks[this.#positionFrom(index)];
  }

  /**
   * Stores lines at consecutive indices. An index that exists already is written anew, never twice: this is what
   * makes a repeated POST harmless. Returns the lines that were replaced.
   */
  write(start: number, lines: readonly string[], time: number): StoredLine[] {
    if (start >= this.end) {
      lines.forEach((line, offset) => {
        this.append(start + offset, line, time);
      });
      return [];
    }
    return this.#overwrite(start, lines, time);
  }

  /** Adds one line at an index that is not below {@link end}. */
  append(index: number, line: string, time: number): void {
    this.#appendBytes(index, encodeLine(line), time);
  }

  #appendBytes(index: number, line: Uint8Array, time: number): void {
    let block = this.#blocks.at(-1);
    const used = block?.ends.at(-1) ?? 0;
    if (block === undefined || endOf(block) !== index || used + line.length > blockBytes) {
      block = { first: index, bytes: new Uint8Array(Math.max(line.length, 256)), ends: [], times: [] };
      this.#blocks.push(block);
    }
    const begin = block.ends.at(-1) ?? 0;
    const needed = begin + line.length;
    if (needed > block.bytes.length) {
      const grown = new Uint8Array(Math.max(needed, Math.min(block.bytes.length * 2, blockBytes)));
      grown.set(block.bytes.subarray(0, begin));
      block.bytes = grown;
    }
    block.bytes.set(line, begin);
    block.ends.push(needed);
    block.times.push(time);
    this.#count += 1;
  }

  #overwrite(start: number, lines: readonly string[], time: number): StoredLine[] {
    const end = start + lines.length;
    const from = this.#positionFrom(start);
    let to = this.#positionFrom(end);
    if ((this.#blocks[to]?.first ?? end) < end) to += 1;
    const untouched = this.#blocks.slice(to);
    const touched = this.#blocks.slice(from, to);
    this.#blocks.length = from;
    for (const block of touched) this.#count -= block.ends.length;
    const replaced: StoredLine[] = [];
    const after: StoredLine[] = [];
    for (const block of touched) {
      for (let position = 0; position < block.ends.length; position += 1) {
        const index = block.first + position;
        const bytes = block.bytes.subarray(beginOf(block, position), block.ends[position]);
        const stored = { index, time: block.times[position] ?? 0, bytes };
        if (index < start) this.#appendBytes(index, bytes, stored.time);
        else (index < end ? replaced : after).push(stored);
      }
    }
    lines.forEach((line, offset) => {
      this.append(start + offset, line, time);
    });
    for (const stored of after) this.#appendBytes(stored.index, stored.bytes, stored.time);
    for (const block of untouched) this.#blocks.push(block);
    return replaced;
  }

  #positionFrom(index: number): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.#blocks[middle];
      if (block !== undefined && endOf(block) <= index) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
