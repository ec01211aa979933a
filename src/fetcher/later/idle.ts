import type { Shared } from '../shared.ts';
import type { Parts } from './parts.ts';

/** Resolves when everything is done; rejects at a time of the clock, and when the signal is aborted. */
export function idle(
  { alarm, needs }: Parts,
  shared: Shared,
  at: number,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const { idlers } = shared;
    const end = (settle: () => void): void => {
      idlers.delete(done);
      alarm.cancel(timer);
      signal?.removeEventListener('abort', leave);
      settle();
    };
    const done = (): void => end(resolve);
    const leave = (): void => end(() => reject(signal?.reason));
    const late = (): void => end(() => reject(new needs.TimeoutError('The fetcher was not idle', 'wait', timeout)));
    const timer = at < Number.POSITIVE_INFINITY ? alarm.set(at, late) : undefined;
    signal?.addEventListener('abort', leave);
    idlers.add(done);
    shared.rest();
  });
}
