/** Remembers what was seen last: so many values, then the oldest is forgotten. */
export class Recent {
  readonly #size: number;
  readonly #seen = new Set<unknown>();

  constructor(size: number) {
    this.#size = size;
  }

  /** Whether a value was seen; it is now. */
  see(value: unknown): boolean {
    const known = this.#seen.delete(value);
    this.#seen.add(value);
    if (this.#seen.size > this.#size) for (const oldest of this.#seen) return this.#seen.delete(oldest) && known;
    return known;
  }
}
