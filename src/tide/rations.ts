import type { Awaitable } from './awaitable.ts';
import { Pace } from './pace.ts';
import type { Quota, QuotaShare } from './quota.ts';

/** How many records may be handed out: so many a second, and what a quota that is shared with others has left. */
export class Rations {
  readonly #pace: Pace | undefined;
  readonly #quota: Quota | undefined;
  #share: QuotaShare | undefined;

  constructor(rate: number | undefined, quota: Quota | undefined) {
    this.#pace = rate === undefined ? undefined : new Pace(rate);
    this.#quota = quota;
  }

  /** Calls `onSpent` when the quota is spent, now or later, until the function that it answers with is called. */
  async begin(onSpent: () => void, listen: (listening: Awaitable<() => void>) => Promise<void>): Promise<void> {
    if (!this.#quota) return;
    await listen(this.#quota.onSpent(onSpent));
    if ((await this.#quota.remaining()) <= 0) onSpent();
  }

  /** Waits for a turn, and answers with how many of `n` records belong to it; 0 when the quota is spent. */
  async take(n: number, signal: AbortSignal): Promise<number> {
    const most = this.#pace ? await this.#pace.turn(n, signal) : n;
    const share = await this.#quota?.reserve(most, { signal });
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
}
