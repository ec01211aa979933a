/** The least that a buffer makes room for, in bytes. */
const LEAST_BYTES = 1024;

/** Bytes that came and are not used yet: added at the end, taken from the start. */
export class ByteBuffer {
  #memory = new Uint8Array(LEAST_BYTES);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  /** What is there, as it is until the next `add`. */
  get bytes(): Uint8Array {
    return this.#memory.subarray(this.#start, this.#end);
  }

  /** A copy of the chunk is added. */
  add(chunk: Uint8Array): void {
    const length = this.length + chunk.length;
    if (this.#end + chunk.length > this.#memory.length) {
      // To the start of the memory, and to another one when that is too small, or far too large.
      const isFit = length <= this.#memory.length && length * 4 >= this.#memory.length;
      const memory = isFit ? this.#memory : new Uint8Array(Math.max(LEAST_BYTES, length * 2));
      memory.set(this.bytes);
      this.#memory = memory;
      this.#end = this.length;
      this.#start = 0;
    }
    this.#memory.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Drops bytes at the start. */
  skip(length: number): void {
    this.#start += length;
  }

  /** A copy of the bytes at the start, which are dropped. */
  take(length: number): Uint8Array {
    const taken = this.#memory.slice(this.#start, this.#start + length);
    this.skip(length);
    return taken;
  }
}
