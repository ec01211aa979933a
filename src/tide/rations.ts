import type { Awaitable } from './awaitable.ts';
import type { EndReason, RunOptions } from './options.ts';
import { Pace } from './pace.ts';
import type { QuotaShare } from './quota.ts';

/** What a reader may take for the records that it is given at once, in milliseconds, where its time is limited. */
const MOMENT = 5;

/** How many records may be handed out: so many a second, what a quota that is shared has left, and while there is time. */
export class Rations {
  readonly #options: RunOptions;
  readonly #stop: (reason: EndReason) => void;
  readonly #pace: Pace | undefined;
  readonly #until: number;
  /** How many records a reader works off in a moment, as far as is known, and when it was given the last ones. */
  #portion = 1;
  #givenAt = 0;
  #share: QuotaShare | undefined;

  /** `opened` is when the run began. */
  constructor(options: RunOptions, opened: number, stop: (reason: EndReason) => void) {
    const { maxDuration = Number.POSITIVE_INFINITY, maxRate } = options;
    this.#options = options;
    this.#stop = stop;
    this.#until = opened + maxDuration;
    this.#pace = maxRate === undefined ? undefined : new Pace(maxRate);
  }

  /** Ends the run when the quota is spent, now or later, until what is handed to `listen` is called. */
  async begin(listen: (listening: Awaitable<() => void>) => Promise<void>): Promise<void> {
    const { quota } = this.#options;
    if (!quota) return;
    const onSpent = (): void => this.#stop('quota');
    await listen(quota.onSpent(onSpent));
    if ((await quota.remaining()) <= 0) onSpent();
  }

  /** Waits for a turn, and answers with how many of `n` records belong to it; 0 when there are none any more. */
  async take(n: number, signal: AbortSignal): Promise<number> {
    const timely = this.#timely(n);
    const most = this.#pace ? await this.#pace.turn(timely, signal) : timely;
    this.#givenAt = performance.now();
    const share = await this.#options.quota?.reserve(most, { signal });
    if (!share) return most;
    if (!signal.aborted && share.granted > 0) {
      this.#share = share;
      return share.granted;
    }
    await share.settle(0);
    return 0;
  }

  /** So many of them were delivered. */
  settle(delivered: number): Awaitable<void> {
    const share = this.#share;
    this.#share = undefined;
    return share?.settle(delivered);
  }

  /** How many of `n` records a reader will be given in time: one that does not pause leaves none to a timer. */
  #timely(n: number): number {
    const now = performance.now();
    if (this.#until === Number.POSITIVE_INFINITY) return n;
    if (now >= this.#until) this.#stop('duration');
    this.#portion = now - this.#givenAt < MOMENT ? this.#portion * 2 : 1;
    return Math.min(n, this.#portion);
  }
}
