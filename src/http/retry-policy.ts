import { checkEach, checkType, isApiError, isConnectionError, isTimeoutError } from '../errors/index.ts';
import { backoff } from './backoff.ts';
import type { RetryOptions } from './options.ts';

/** Answers that another try may change (RFC 9110, sections 15.5.9 and 15.6; RFC 6585, section 4). */
const RETRIED_STATUSES: readonly number[] = [408, 429, 502, 503, 504];

/** Checked options with their defaults; `false` is a single try. */
export function retryOptions(options: RetryOptions | false = {}): Required<RetryOptions> {
  if (options) checkType('retry', options, 'object');
  const { attempts = 4, maxTime = 60_000, maxRetryAfter = 30_000, backoff = 500 } = options || { attempts: 1 };
  const policy = { attempts, maxTime, maxRetryAfter, backoff };
  checkEach(policy, { attempts: 1, maxTime: 'duration', maxRetryAfter: 'duration', backoff: 'duration' }, 'retry.');
  return policy;
}

/** Whether another try may help. */
export function isTransient(error: unknown): boolean {
  if (isApiError(error)) return RETRIED_STATUSES.includes(error.status);
  return isConnectionError(error) || (isTimeoutError(error) && error.phase === 'headers');
}

/**
 * Milliseconds to wait before the n-th repetition (from 1), or undefined for none: the error is final, the server asks
 * for more than it is given, or the time is used up.
 */
export function retryDelay(
  error: unknown,
  repetition: number,
  elapsed: number,
  options: Required<RetryOptions>,
  mayHelp: (error: unknown) => boolean = isTransient,
): number | undefined {
  if (!mayHelp(error)) return undefined;
  const asked = isApiError(error) ? error.retryAfter : undefined;
  if (asked !== undefined && asked > options.maxRetryAfter) return undefined;
  const delay = asked ?? backoff(repetition, options.backoff);
  return elapsed + delay > options.maxTime ? undefined : delay;
}
