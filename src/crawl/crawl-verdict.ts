import {
  isCircuitOpenError,
  isConnectionError,
  isPrivateNetworkError,
  isRobotsDisallowedError,
  isTidewayError,
  isTimeoutError,
} from '../errors/index.ts';
import type { FetchResult } from '../fetcher/fetch-result.ts';
import { parseRetryAfter } from '../http/retry-after.ts';

/** What is to be done with a page, by its result. */
export type CrawlVerdict =
  /** It is for the handler. */
  | { readonly kind: 'handle' }
  /** It is done, and nobody's. */
  | { readonly kind: 'done'; readonly as: 'disallowed' | 'outside' | 'skipped' }
  /** It is tried again; `delay` is what the server asks for, in milliseconds. */
  | { readonly kind: 'again'; readonly error: unknown; readonly delay?: number | undefined }
  /** More tries are of no use. */
  | { readonly kind: 'giveUp'; readonly error: unknown };

/** Judges a result; `isOutside` says that a redirect led out of the scope. */
export function verdictOf({ error, headers, skipped, status = 0 }: FetchResult, isOutside: boolean): CrawlVerdict {
  if (isRobotsDisallowedError(error)) {
    // The robots.txt of a private address is not asked for next time either.
    if (isPrivateNetworkError(error.cause)) return { kind: 'giveUp', error };
    const { retryAfter: delay } = error;
    return delay === undefined ? { kind: 'done', as: 'disallowed' } : { kind: 'again', error, delay };
  }
  if (isOutside) return { kind: 'done', as: 'outside' };
  if (error) return { kind: isWorthAnotherTry(error) ? 'again' : 'giveUp', error };
  if (status === 429 || status >= 500) {
    return { kind: 'again', error: undefined, delay: parseRetryAfter(headers.get('retry-after')) };
  }
  return skipped ? { kind: 'done', as: 'skipped' } : { kind: 'handle' };
}

/** Whether a page that gave no answer may give one later. What the user's own code threw may not throw again. */
function isWorthAnotherTry(error: Error): boolean {
  return !isTidewayError(error) || isConnectionError(error) || isTimeoutError(error) || isCircuitOpenError(error);
}
