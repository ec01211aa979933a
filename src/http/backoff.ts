/** The longest wait between two tries, in milliseconds, when the server names none. */
const LONGEST_BACKOFF = 30_000;

/**
 * Milliseconds to wait before the n-th repetition (from 1): exponential with full jitter, so that clients which failed
 * together do not come back together.
 */
export function backoff(repetition: number, first: number): number {
  return Math.random() * Math.min(LONGEST_BACKOFF, first * 2 ** (repetition - 1));
}

/** The longest that a timer can wait, in milliseconds: it fires at once where it is told more. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Resolves after so many milliseconds, some 24 days at most, or rejects with the signal's reason. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      },
      Math.min(milliseconds, LONGEST_TIMER),
    );
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
