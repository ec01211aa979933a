import { TimeoutError } from '../errors/index.ts';
import { Scope } from '../http/scope.ts';

/**
 * Runs the user's own code for a page, no longer than `timeout` milliseconds, nor than `signal` lets. What it is given
 * is aborted then, too.
 *
 * @throws TimeoutError of phase `deadline`; the signal's reason; what the code throws.
 */
export async function bounded<T>(
  signal: AbortSignal,
  timeout: number,
  what: string,
  run: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  const limit = new Scope(signal).expire(timeout, () => new TimeoutError(`${what} did not end`, 'deadline', timeout));
  try {
    return await limit.race((async () => run(limit.signal))());
  } finally {
    limit.end();
  }
}
