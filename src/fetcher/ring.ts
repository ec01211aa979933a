/** The fewest places that it has. */
const SMALLEST = 4;

/** A queue in a circle of places: both ends cost the same at any length. */
export class Ring<T> {
  /** A power of two of places; those outside of the queue are undefined, so that nothing is kept alive. */
  #places: (T | undefined)[] = new Array(SMALLEST);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(value: T): void {
    if (this.#size === this.#places.length) this.#resize(this.#size * 2);
    this.#places[(this.#head + this.#size++) & (this.#places.length - 1)] = value;
  }

  peek(): T | undefined {
    return this.#places[this.#head];
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const value = this.#places[this.#head];
    this.#places[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#places.length - 1);
    if (--this.#size * 4 < this.#places.length && this.#places.length > SMALLEST) this.#resize(this.#places.length / 2);
    return value;
  }

  /** Keeps what passes the test, in its order. */
  filter(test: (value: T) => boolean): void {
    for (let left = this.#size; left > 0; left--) {
      const value = this.shift() as T;
      if (test(value)) this.push(value);
    }
  }

  #resize(length: number): void {
    const places = new Array<T | undefined>(length);
    for (let index = 0; index < this.#size; index++) {
      places[index] = this.#places[(this.#head + index) & (this.#places.length - 1)];
    }
    this.#places = places;
    this.#head = 0;
  }
}
