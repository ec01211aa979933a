/** How many places there are from the first: there may be a queue for each of very many hosts. */
const SMALLEST = 4;
/** Below so many empty places nobody tidies up. */
const FEW_EMPTY = 32;

/** A queue, both ends of which cost the same at any length. */
export class Ring<T> {
  /** Those before the head are empty, so that nothing is kept alive. */
  #places: (T | undefined)[] = new Array(SMALLEST);
  #head = 0;
  #end = 0;

  get size(): number {
    return this.#end - this.#head;
  }

  push(value: T): void {
    this.#places[this.#end++] = value;
  }

  peek(): T | undefined {
    return this.#places[this.#head];
  }

  shift(): T | undefined {
    const value = this.peek();
    if (this.#head < this.#end) this.#places[this.#head++] = undefined;
    if (this.#head === this.#end) this.#head = this.#end = 0;
    // Each place is moved once for as many that were left.
    else if (this.#head > FEW_EMPTY && this.#head > this.size) this.filter(() => true);
    return value;
  }

  /** Keeps what passes the test, in its order. */
  filter(test: (value: T) => boolean): void {
    this.#places = (this.#places.slice(this.#head, this.#end) as T[]).filter(test);
    this.#head = 0;
    this.#end = this.#places.length;
  }
}
