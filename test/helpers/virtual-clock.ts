import type { Clock } from 'tideway/fetcher';

/** How long nothing may happen, in milliseconds of the platform. */
const QUIET = 10_000;

/** A clock that stands still until it is told to go on. */
export class VirtualClock implements Clock {
  #now = 1_000;
  #count = 0;
  readonly #timers = new Map<number, { readonly at: number; readonly callback: () => void }>();

  now(): number {
    return this.#now;
  }

  set(callback: () => void, milliseconds: number): number {
    this.#timers.set(++this.#count, { at: this.#now + milliseconds, callback });
    return this.#count;
  }

  clear(timer: unknown): void {
    this.#timers.delete(timer as number);
  }

  /** How many timers there are. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Resolves after so many milliseconds of this clock. */
  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.set(resolve, milliseconds));
  }

  /** Goes on to the next timer, and lets it ring; whether there was one. */
  step(): boolean {
    const next = [...this.#timers].sort(([, left], [, right]) => left.at - right.at)[0];
    if (!next) return false;
    const [id, { at, callback }] = next;
    this.#timers.delete(id);
    this.#now = Math.max(this.#now, at);
    callback();
    return true;
  }

  /** Goes on, letting everything else happen in between, until the promise settles. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = promise.finally(() => {
      isSettled = true;
    });
    settled.catch(() => {});
    for (let active = performance.now(); !isSettled; ) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isSettled || this.step()) active = performance.now();
      // Code that is loaded when it is needed comes from the disk, whose time is another.
      else if (performance.now() - active > QUIET) throw new Error('Nothing is left that could happen');
    }
    return settled;
  }
}
