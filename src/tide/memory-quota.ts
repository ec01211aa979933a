import { checkInteger } from '../errors/index.ts';
import type { Quota, QuotaShare } from './quota.ts';
import { tellAll } from './tell-all.ts';

/** A quota for the tides of one process. */
export interface MemoryQuota extends Quota {
  remaining(): number;
  onSpent(listener: () => void): () => void;
}

interface Waiter {
  readonly n: number;
  readonly answer: (share: QuotaShare) => void;
}

/**
 * A {@link Quota} of `limit` records in the memory of this process.
 *
 * @throws ConfigurationError when `limit` is no integer from 1 and up.
 */
export function memoryQuota(limit: number): MemoryQuota {
  checkInteger('limit', limit ?? Number.NaN, 1);
  const listeners = new Set<{ readonly listener: () => void }>();
  /** Those that wait for what others hold. Nobody waits while anything is free. */
  const waiters = new Set<Waiter>();
  /** Neither delivered nor in anybody's hands. */
  let free = limit;
  let delivered = 0;
  const grant = (n: number): QuotaShare => {
    const granted = Math.min(n, free);
    free -= granted;
    let isSettled = false;
    return {
      granted,
      settle(used) {
        if (isSettled) return;
        isSettled = true;
        checkInteger('delivered', used, 0);
        delivered += used;
        free += granted - used;
        for (const waiter of waiters) {
          if (free === 0 && delivered < limit) break;
          waiters.delete(waiter);
          waiter.answer(grant(waiter.n));
        }
        if (used > 0 && delivered >= limit) tellAll(listeners);
      },
    };
  };
  return {
    reserve(n, { signal } = {}) {
      checkInteger('n', n, 1);
      if (free > 0 || delivered >= limit) return grant(n);
      return new Promise((resolve, reject) => {
        const onAbort = (): void => {
          waiters.delete(waiter);
          reject(signal?.reason);
        };
        const answer = (share: QuotaShare): void => {
          signal?.removeEventListener('abort', onAbort);
          resolve(share);
        };
        const waiter: Waiter = { n, answer };
        waiters.add(waiter);
        if (signal?.aborted) onAbort();
        signal?.addEventListener('abort', onAbort);
      });
    },
    remaining: () => limit - delivered,
    onSpent(listener) {
      const one = { listener };
      listeners.add(one);
      return () => void listeners.delete(one);
    },
  };
}
