const NEWLINE = 10;
/** The first byte of a byte-order mark in UTF-8, and of some characters. */
const FIRST_OF_MARK = 0xef;

/**
 * Cuts bytes into lines of text. The whole lines of a chunk are decoded at once and split by the engine, which is the
 * fastest way there is; only the unfinished line at the end is carried over, as bytes, so that no character is cut.
 */
export class LineSplitter {
  /** Several times as fast in Node as a strict one; it puts U+FFFD for bad bytes, and takes off a byte-order mark. */
  readonly #decoder = new TextDecoder();
  /** Throws at bad bytes, and takes a byte-order mark for a character, which it is but at the start of the stream. */
  readonly #strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #carry: Uint8Array[] = [];
  #started = false;
  /** The size of the unfinished line, in bytes. */
  carried = 0;
  /** The character at which a line stopped being UTF-8: the one behind the last that was handed out. */
  invalidAt: number | undefined;

  /** The lines that end in this chunk, without their newline; once `invalidAt` is set, those before the bad one. */
  push(chunk: Uint8Array): string[] {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    const lines: string[] = [];
    let start = 0;
    if (end > 0 && this.carried > 0) {
      start = chunk.indexOf(NEWLINE) + 1;
      this.#keep(chunk.subarray(0, start - 1));
      lines.push(...this.end());
    }
    if (end < chunk.length) this.#keep(chunk.subarray(end));
    if (start === end || this.invalidAt !== undefined) return lines;
    const rest = this.#decode(chunk.subarray(start, end - 1));
    return lines.length > 0 ? [...lines, ...rest] : rest;
  }

  /** The unfinished line: the last one, when the bytes end without a newline. */
  end(): string[] {
    if (this.carried === 0) return [];
    const line = new Uint8Array(this.carried);
    for (const piece of this.#carry) {
      line.set(piece, line.length - this.carried);
      this.carried -= piece.length;
    }
    this.#carry = [];
    return this.#decode(line);
  }

  #keep(bytes: Uint8Array): void {
    // A copy: what the chunk is in may be read into again.
    this.#carry.push(new Uint8Array(bytes));
    this.carried += bytes.length;
  }

  #decode(bytes: Uint8Array): string[] {
    const text = this.#decoder.decode(bytes);
    const isMarked = this.#started && bytes[0] === FIRST_OF_MARK;
    const lines = isMarked || text.includes('\uFFFD') ? this.#decodeStrictly(bytes) : text.split('\n');
    this.#started = true;
    return lines;
  }

  /** Bytes in which something may be wrong. The good lines before a bad one must not be lost. */
  #decodeStrictly(bytes: Uint8Array): string[] {
    const lines: string[] = [];
    for (let start = 0; start <= bytes.length; ) {
      const end = bytes.indexOf(NEWLINE, start);
      const line = bytes.subarray(start, end < 0 ? bytes.length : end);
      try {
        lines.push(this.#strict.decode(line));
      } catch {
        this.invalidAt = new TextDecoder('utf-8', { ignoreBOM: true }).decode(line).indexOf('\uFFFD');
        break;
      }
      start += line.length + 1;
    }
    if (!this.#started && lines[0]?.startsWith('\uFEFF')) lines[0] = lines[0].slice(1);
    return lines;
  }
}
