import { checkDuration, expected } from '../errors/index.ts';
import type { Outcome } from '../fetcher/limiter.ts';

/** How a delay follows a site. All durations are milliseconds. */
export interface AutoThrottleOptions {
  /** The delay of a site of which nothing is known. @default 5_000 */
  readonly start?: number;
  /** The longest delay. @default 60_000 */
  readonly maximum?: number;
  /** How many requests the site should have in the air, on average; above 0. @default 1 */
  readonly target?: number;
}

/** The delay after a request, by what it was before. */
export interface AutoThrottle {
  readonly start: number;
  next(delay: number, outcome: Outcome): number;
}

/**
 * Scrapy's rule: the delay goes half the way to the latency divided by the target, and at once where it is shorter than
 * that. What is no success never makes it shorter: errors come fast.
 *
 * @throws ConfigurationError
 */
export function autoThrottle(options: AutoThrottleOptions, minimum: number): AutoThrottle {
  const { maximum = 60_000, start = 5_000, target = 1 } = options;
  checkDuration('autoThrottle.start', start);
  checkDuration('autoThrottle.maximum', maximum);
  if (!(target > 0)) expected('`autoThrottle.target` to be above 0', target);
  return {
    start: Math.max(minimum, Math.min(maximum, start)),
    next(delay, { latency, status }) {
      const wanted = latency / target;
      const next = Math.max(minimum, Math.min(maximum, Math.max(wanted, (delay + wanted) / 2)));
      return status === 200 ? next : Math.max(delay, next);
    },
  };
}
