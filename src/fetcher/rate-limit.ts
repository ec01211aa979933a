import { parseRetryAfter } from '../http/retry-after.ts';

/** Seconds since 1970 are above it, seconds from now below. */
const SECONDS_SINCE_1970 = 1e9;
/** Milliseconds since 1970 are above it. */
const MILLISECONDS_SINCE_1970 = 1e12;

/**
 * Milliseconds of rest that an answer asks for; undefined when it asks for none. `Retry-After` of an answer that is no
 * success (RFC 9110, section 10.2.3), and rate limits that are used up: `RateLimit` as of 2024, `RateLimit-Remaining`
 * and `-Reset` as of the drafts before, and their `X-` forms.
 */
export function askedRest({ headers, status }: Pick<Response, 'headers' | 'status'>): number | undefined {
  const retryAfter = status >= 300 ? headers.get('retry-after') : null;
  // A date is compared with the server's own clock, where it tells it: ours may be wrong.
  if (retryAfter !== null) return parseRetryAfter(retryAfter, Date.parse(headers.get('date') ?? '') || Date.now());
  const limit = headers.get('ratelimit');
  if (limit !== null) {
    const rests = limit.split(/,(?=\s*"?[^=,]*;)/).map((policy) => {
      const left = /(?:^|[;,\s])(?:r|remaining)\s*=\s*(\d+)/i.exec(policy)?.[1];
      const reset = /(?:^|[;,\s])(?:t|reset)\s*=\s*(\d+)/i.exec(policy)?.[1];
      return left !== undefined && Number(left) === 0 && reset !== undefined ? Number(reset) * 1000 : 0;
    });
    return Math.max(...rests) || undefined;
  }
  for (const prefix of ['ratelimit', 'x-ratelimit']) {
    const left = headers.get(`${prefix}-remaining`);
    // Several limits may be listed; one that is used up is enough.
    if (left === null || !left.split(',').some((one) => one.trim() !== '' && Number(one) === 0)) continue;
    const reset = Number.parseFloat(headers.get(`${prefix}-reset`) ?? '');
    if (!(reset > 0)) continue;
    if (reset > MILLISECONDS_SINCE_1970) return Math.max(0, reset - Date.now());
    return reset > SECONDS_SINCE_1970 ? Math.max(0, reset * 1000 - Date.now()) : reset * 1000;
  }
  return undefined;
}
