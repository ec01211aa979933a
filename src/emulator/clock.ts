/** The emulator's time. Marks are strictly increasing, so that two events of one millisecond keep their order. */
export class Clock {
  readonly #now: () => number;
  /** The last mark handed out; the next one is above it. */
  #last = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return Math.floor(this.#now());
  }

  /** A time for an event, above that of every event before it. */
  mark(): number {
    this.#last = Math.max(this.now(), this.#last + 1);
    return this.#last;
  }
}
