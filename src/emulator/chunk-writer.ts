import type { Bytes } from './bytes.ts';
import { blockBytes } from './record-store.ts';

/** Collects the bytes of one chunk. */
export class ChunkWriter {
  #bytes: Bytes;
  #length = 0;

  /** `capacity`: about how many bytes will come. */
  constructor(capacity: number = blockBytes + 8192) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Adds bytes. */
  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Adds a part of an array. */
  appendRange(bytes: Uint8Array, begin: number, end: number): void {
    this.append(bytes.subarray(begin, end));
  }

  /** Adds one byte. */
  appendByte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = byte;
    this.#length += 1;
  }

  /** Adds a non-negative integer in decimal digits. */
  appendInteger(value: number): void {
    let digits = 1;
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits += 1;
    this.#reserve(digits);
    let rest = value;
    for (let position = this.#length + digits - 1; position >= this.#length; position -= 1) {
      this.#bytes[position] = 48 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    this.#length += digits;
  }

  /** What was collected; the writer must not be used again. */
  finish(): Bytes {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
