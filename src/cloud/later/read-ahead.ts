import type { ByteSource } from '../../records/index.ts';

/**
 * Reads a body ahead of its reader, until it holds so many bytes. It holds them as they came: records would be many
 * small things that outlive the next collection of garbage, and grow the heap by a multiple of their size.
 */
export class ReadAhead implements ByteSource {
  readonly #body: ByteSource;
  readonly #limit: number;
  #chunks: Uint8Array[] = [];
  /** Always the sum of the lengths in `#chunks`. */
  #held = 0;
  #done = false;
  #failure: { readonly error: unknown } | undefined;
  /** Wakes whoever waits for a change: there is at most one, this side or the reader. */
  #wake: () => void = () => {};

  constructor(body: ByteSource, limit: number) {
    this.#body = body;
    this.#limit = limit;
    void this.#fill();
  }

  get endsByClosing(): boolean {
    return this.#body.endsByClosing ?? false;
  }

  async read(): Promise<Uint8Array | undefined> {
    while (this.#chunks.length === 0 && !this.#done) await this.#change();
    const chunk = this.#chunks.shift();
    if (chunk) {
      this.#held -= chunk.length;
      this.#wake();
    } else if (this.#failure) throw this.#failure.error;
    return chunk;
  }

  cancel(reason?: unknown): void {
    this.#done = true;
    this.#chunks = [];
    this.#body.cancel(reason);
    this.#wake();
  }

  async #fill(): Promise<void> {
    try {
      while (!this.#done) {
        while (this.#held > this.#limit && !this.#done) await this.#change();
        const chunk = this.#done ? undefined : await this.#body.read();
        if (!chunk || this.#done) break;
        this.#chunks.push(chunk);
        this.#held += chunk.length;
        this.#wake();
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#done = true;
    this.#wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
