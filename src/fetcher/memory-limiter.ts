import { Alarm } from './alarm.ts';
import { type Clock, platformClock } from './clock.ts';
import { countingLimiter, type MemoryLimiter } from './counting-limiter.ts';
import { compileRules, type LimitRule } from './limit-rule.ts';
import { Ring } from './ring.ts';
import { FREE } from './stand-in.ts';

/**
 * Limits within this process: concurrency and rates by rules of which the first that matches counts. Whoever waits is
 * woken when there is room; nobody asks again and again.
 *
 * @throws ConfigurationError for rules that cannot work.
 */
export function memoryLimiter(limits: readonly LimitRule[] = [], clock: Clock = platformClock): MemoryLimiter {
  return countingLimiter({ Alarm, compileRules, FREE, Ring }, compileRules(limits), clock);
}
