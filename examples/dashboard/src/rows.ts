/** Rows a piece: growing one array of a million would copy all of it every now and then. */
const PIECE = 4096;

/** Many rows, of which any is found at once. Rows are only added. */
export class Rows<T> {
  readonly #pieces: T[][] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(rows: readonly T[]): void {
    for (const row of rows) {
      if (this.#length % PIECE === 0) this.#pieces.push([]);
      this.#pieces.at(-1)?.push(row);
      this.#length++;
    }
  }

  at(index: number): T | undefined {
    return this.#pieces[Math.floor(index / PIECE)]?.[index % PIECE];
  }
}
