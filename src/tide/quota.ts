import type { Awaitable } from './awaitable.ts';

/** Records that one tide may deliver, and nobody else. */
export interface QuotaShare {
  /** How many; 0 when the quota is spent. */
  readonly granted: number;
  /** So many of them were delivered. The rest goes back to the others. Called once. */
  settle(delivered: number): Awaitable<void>;
}

/**
 * One limit that several tides share, exact over all of them: never more, and less only when the streams end before.
 * Its methods answer at once or with a promise.
 */
export interface Quota {
  /**
   * Asks for up to `n` records, which have come already. While all that is left is in the hands of others it waits,
   * since they may give it back; once `signal` is aborted it rejects with the reason.
   */
  reserve(n: number, options?: { readonly signal?: AbortSignal | undefined }): Awaitable<QuotaShare>;
  /** How many records are left: not delivered yet, by anybody. */
  remaining(): Awaitable<number>;
  /** Calls the listener when the last record was delivered, until the function that it answers with is called. */
  onSpent(listener: () => void): Awaitable<() => void>;
}
