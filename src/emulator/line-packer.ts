import { blockBytes, encodeLine } from './record-store.ts';
import type { PackedLine } from './record-view.ts';

/** Puts lines side by side into blocks. A block is freed when none of its lines is in use any more. */
export class LinePacker {
  #block = new Uint8Array(0);
  #used = 0;

  /** Stores a line. Throws a `Refusal` where it is too large. */
  pack(text: string, time: number): PackedLine {
    const line = encodeLine(text);
    if (this.#used + line.length > this.#block.length) {
      // Small collections are many, large ones are full of blocks.
      this.#block = new Uint8Array(Math.max(line.length, Math.min(blockBytes, this.#block.length * 2 + 256)));
      this.#used = 0;
    }
    const begin = this.#used;
    this.#block.set(line, begin);
    this.#used += line.length;
    return { bytes: this.#block, begin, end: this.#used - 1, time };
  }
}
