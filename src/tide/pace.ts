import { sleep } from '../http/backoff.ts';

/** How often in a second records are handed out at least, where there are so many: timers are not finer. */
const STEPS = 100;

/** Hands out so many records a second at most, evenly: what was not used is not saved up. */
export class Pace {
  readonly #rate: number;
  /** When the next records may be handed out. */
  #next = 0;

  constructor(rate: number) {
    this.#rate = rate;
  }

  /** Waits for a turn, and answers with how many of `n` records belong to it. */
  async turn(n: number, signal: AbortSignal): Promise<number> {
    // Timers may fire too early.
    for (let now = performance.now(); now < this.#next; now = performance.now()) await sleep(this.#next - now, signal);
    const taken = Math.min(n, Math.max(1, Math.floor(this.#rate / STEPS)));
    this.#next = performance.now() + (taken * 1000) / this.#rate;
    return taken;
  }
}
