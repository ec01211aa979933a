import { type Clock, platformClock } from './clock.ts';
import type { Counting } from './later/counting.ts';
import { later } from './later.ts';
import { type CompiledRule, compileRules, type LimitRule } from './limit-rule.ts';
import type { Lease, Limiter } from './limiter.ts';

/** A {@link Limiter} of this process. */
export interface MemoryLimiter extends Limiter {
  /**
   * Replaces the rules. Leases that were given stay, and count under rules for the same URLs.
   *
   * @throws ConfigurationError for rules that cannot work; then nothing is changed.
   */
  setLimits(limits: readonly LimitRule[]): void;
}

/** The lease of what has no limit. */
const FREE: Lease = { release: () => {} };

/**
 * Limits within this process: concurrency and rates by rules of which the first that matches counts. Whoever waits is
 * woken when there is room; nobody asks again and again. What counts is loaded with the first lease or pause: until then
 * leases wait for it.
 *
 * @throws ConfigurationError for rules that cannot work. `acquire` and `pause` reject with a ConnectionError where what
 * counts cannot be loaded; the next call tries again.
 */
export function memoryLimiter(limits: readonly LimitRule[] = [], clock: Clock = platformClock): MemoryLimiter {
  let rules = compileRules(limits);
  let counting: Counting | undefined;
  /** Whether somebody waits for what counts: others come behind. */
  let isComing = false;
  const ruleOf = (url: URL): CompiledRule | undefined => rules.find(({ matches }) => matches(url));

  async function loaded<T>(call: (counting: Counting) => T | Promise<T>): Promise<T> {
    isComing = true;
    try {
      const { counting: make } = await later();
      counting ??= make(rules, clock);
    } catch (error) {
      isComing = false;
      throw error;
    }
    return call(counting);
  }

  return {
    keyOf: (url) => ruleOf(url)?.keyOf(url) ?? url.origin,
    acquire(url, options) {
      if (counting) return counting.acquire(url, options);
      if (!isComing && !ruleOf(url)) return FREE;
      return loaded((counts) => {
        options?.signal?.throwIfAborted();
        return counts.acquire(url, options);
      });
    },
    pause(url, milliseconds) {
      if (counting) return counting.pause(url, milliseconds);
      const until = clock.now() + milliseconds;
      return loaded((counts) => counts.pause(url, until - clock.now()));
    },
    setLimits(next) {
      rules = compileRules(next);
      counting?.setRules(rules);
    },
  };
}
