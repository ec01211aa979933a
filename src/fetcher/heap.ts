/** A binary heap: whatever `isBefore` puts before everything else is at its top. */
export class Heap<T> {
  #items: T[] = [];
  readonly #isBefore: (left: T, right: T) => boolean;

  constructor(isBefore: (left: T, right: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let index = items.length;
    items.push(item);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = items[parent] as T;
      if (!this.#isBefore(item, above)) break;
      items[index] = above;
      index = parent;
    }
    items[index] = item;
  }

  pop(): T | undefined {
    const items = this.#items;
    const top = items[0];
    const item = items.pop() as T;
    const { length } = items;
    if (length === 0) return top;
    let index = 0;
    for (let child = 1; child < length; child = 2 * index + 1) {
      if (child + 1 < length && this.#isBefore(items[child + 1] as T, items[child] as T)) child++;
      const below = items[child] as T;
      if (!this.#isBefore(below, item)) break;
      items[index] = below;
      index = child;
    }
    items[index] = item;
    return top;
  }

  /** Keeps what passes the test. */
  filter(test: (item: T) => boolean): void {
    const kept = this.#items.filter(test);
    this.#items = [];
    for (const item of kept) this.push(item);
  }
}
