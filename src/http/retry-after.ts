/**
 * Milliseconds that a `Retry-After` header asks for: seconds, or a date (RFC 9110, section 10.2.3). What is neither is
 * undefined.
 */
export function parseRetryAfter(value: string | null, now: number = Date.now()): number | undefined {
  if (value === null) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return Number(value) * 1000;
  const date = /^\s*[a-z]{3,}/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
