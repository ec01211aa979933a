import { checkDuration, TimeoutError } from '../errors/index.ts';
import type { Alarm } from './alarm.ts';
import type { Clock } from './clock.ts';

/** Those who wait for everything to be done. */
export class Idlers {
  readonly #alarm: Alarm;
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  constructor(alarm: Alarm, clock: Clock) {
    this.#alarm = alarm;
    this.#clock = clock;
  }

  /**
   * Resolves with the next {@link tell}.
   *
   * @throws TimeoutError of phase `wait` after `timeout` milliseconds; the reason of `signal`.
   */
  wait(timeout: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    checkDuration('timeout', timeout);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const end = (settle: () => void): void => {
        this.#waiting.delete(done);
        this.#alarm.cancel(timer);
        signal?.removeEventListener('abort', leave);
        settle();
      };
      const done = (): void => end(resolve);
      const leave = (): void => end(() => reject(signal?.reason));
      const late = (): void =>
        end(() => reject(new TimeoutError('The fetcher was not idle', 'wait', timeout as number)));
      const isTimed = timeout !== undefined && timeout < Number.POSITIVE_INFINITY;
      const timer = isTimed ? this.#alarm.set(this.#clock.now() + timeout, late) : undefined;
      signal?.addEventListener('abort', leave);
      this.#waiting.add(done);
    });
  }

  /** Everything is done. */
  tell(): void {
    for (const done of this.#waiting) done();
  }
}
