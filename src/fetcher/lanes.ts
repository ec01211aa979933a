import { Ring } from './ring.ts';

/** Below so many dead ones nobody tidies up. */
const FEW_DEAD = 32;

/** Those of one priority, on top of lanes of lower ones. */
interface Lane<T> {
  readonly priority: number;
  readonly ring: Ring<T>;
  left: Lane<T> | undefined;
  right: Lane<T> | undefined;
}

/**
 * A queue with priorities: the higher first, equals in the order in which they came. What dies while it waits is passed
 * over, and cleared away once it is half of all.
 */
export class Lanes<T> {
  readonly #isAlive: (item: T) => boolean;
  /** The lane of the highest priority. */
  #top: Lane<T> | undefined;
  /** By priority, as soon as there are two: there may be a queue for each of very many hosts. */
  #lanes: Map<number, Lane<T>> | undefined;
  /** The lane of the last push: mostly there is one. */
  #last: Lane<T> | undefined;
  #size = 0;
  #dead = 0;

  constructor(isAlive: (item: T) => boolean) {
    this.#isAlive = isAlive;
  }

  /** How many are alive. */
  get size(): number {
    return this.#size;
  }

  push(item: T, priority: number): void {
    let lane = this.#last?.priority === priority ? this.#last : this.#lanes?.get(priority);
    if (!lane) {
      lane = { priority, ring: new Ring(), left: undefined, right: undefined };
      if (this.#last) this.#lanes ??= new Map([[this.#last.priority, this.#last]]);
      this.#lanes?.set(priority, lane);
      this.#top = merged(this.#top, lane);
    }
    this.#last = lane;
    lane.ring.push(item);
    this.#size++;
  }

  peek(): T | undefined {
    for (let lane = this.#top; lane; lane = this.#top) {
      for (let item = lane.ring.peek(); item !== undefined; item = lane.ring.peek()) {
        if (this.#isAlive(item)) return item;
        lane.ring.shift();
        this.#dead--;
      }
      this.#top = merged(lane.left, lane.right);
      this.#lanes?.delete(lane.priority);
      if (this.#last === lane) this.#last = undefined;
    }
    return undefined;
  }

  shift(): T | undefined {
    const item = this.peek();
    if (item !== undefined) {
      this.#top?.ring.shift();
      this.#size--;
    }
    return item;
  }

  /** One of those that wait has died. */
  died(): void {
    this.#size--;
    if (++this.#dead <= FEW_DEAD || this.#dead <= this.#size) return;
    this.#dead = 0;
    if (this.#lanes) for (const { ring } of this.#lanes.values()) ring.filter(this.#isAlive);
    else this.#last?.ring.filter(this.#isAlive);
  }
}

/** One heap of two. Which side grows is left to chance, so that no order of priorities makes it deep. */
function merged<T>(one: Lane<T> | undefined, other: Lane<T> | undefined): Lane<T> | undefined {
  if (!one || !other) return one ?? other;
  const [top, under] = one.priority > other.priority ? [one, other] : [other, one];
  const side = Math.random() < 0.5 ? 'left' : 'right';
  top[side] = merged(top[side], under);
  return top;
}
