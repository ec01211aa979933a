import { Alarm, type Appointment } from '../alarm.ts';
import type { Clock } from '../clock.ts';
import type { AdaptiveConcurrency, CompiledRule } from '../limit-rule.ts';
import type { AcquireOptions, Lease, Limiter, Outcome } from '../limiter.ts';
import { Ring } from './needs.ts';

/** How many keys are remembered before those that nobody uses are forgotten. */
const FEW_KEYS = 1024;

interface Waiter {
  readonly url: URL;
  readonly resolve: (lease: Lease) => void;
  isWaiting: boolean;
}

/** What is known of a key. */
interface Count {
  readonly key: string;
  /** Undefined where no rule matches: then there are only pauses. */
  rule: CompiledRule | undefined;
  adaptive: ReturnType<AdaptiveConcurrency['start']> | undefined;
  running: number;
  /** When the next request would have its turn at an even pace, in milliseconds of the clock. */
  turn: number;
  pausedUntil: number;
  readonly waiters: Ring<Waiter>;
  appointment: Appointment | undefined;
}

/** The lease of what has no limit. */
const FREE: Lease = { release: () => {} };

/** Counts what is sent under rules, and pauses; whoever waits is woken when there is room. */
export interface Counting extends Limiter {
  /** Replaces the rules. Leases that were given stay, and count under rules for the same URLs. */
  setRules(rules: readonly CompiledRule[]): void;
}

/** Makes a {@link Counting} of this process. */
export function counting(first: readonly CompiledRule[], clock: Clock): Counting {
  let rules = first;
  let counts = new Map<string, Count>();
  let manyKeys = FEW_KEYS;
  const alarm = new Alarm(clock);

  const ruleOf = (url: URL): CompiledRule | undefined => rules.find(({ matches }) => matches(url));
  const keyOf = (url: URL): string => ruleOf(url)?.keyOf(url) ?? url.origin;

  function countOf(url: URL): Count | undefined {
    const rule = ruleOf(url);
    const key = rule?.keyOf(url) ?? url.origin;
    return counts.get(key) ?? (rule && add(key, rule));
  }

  function add(key: string, rule: CompiledRule | undefined): Count {
    if (counts.size >= manyKeys) {
      const now = clock.now();
      for (const [name, count] of counts) {
        const { pausedUntil, running, turn, waiters } = count;
        if (running === 0 && waiters.size === 0 && pausedUntil <= now && turn <= now) counts.delete(name);
      }
      manyKeys = Math.max(FEW_KEYS, counts.size * 2);
    }
    const adaptive = typeof rule?.concurrency === 'object' ? rule.concurrency.start() : undefined;
    const count: Count = {
      key,
      rule,
      adaptive,
      running: 0,
      turn: 0,
      pausedUntil: 0,
      waiters: new Ring(),
      appointment: undefined,
    };
    counts.set(key, count);
    return count;
  }

  /** Milliseconds until the key has room; infinite when that takes a release. */
  function wait({ adaptive, pausedUntil, rule, running, turn }: Count): number {
    const most = adaptive?.concurrency ?? (rule?.concurrency as number | undefined) ?? Number.POSITIVE_INFINITY;
    if (running >= Math.floor(most)) return Number.POSITIVE_INFINITY;
    return Math.max(pausedUntil, turn - (rule?.tolerance ?? 0)) - clock.now();
  }

  function lease(count: Count): Lease {
    count.running++;
    if (count.rule?.gap) count.turn = Math.max(count.turn, clock.now()) + count.rule.gap;
    let held = true;
    return {
      key: count.key,
      release: (outcome?: Outcome) => {
        if (!held) return;
        held = false;
        if (outcome) count.adaptive?.update(outcome, count.running);
        count.running--;
        serve(count);
      },
    };
  }

  /** Gives leases to those who wait, as far as there is room, and comes back when time alone makes more. */
  function serve(count: Count): void {
    alarm.cancel(count.appointment);
    const { waiters } = count;
    for (let waiter = waiters.peek(); waiter; waiter = waiters.peek()) {
      if (waiter.isWaiting) {
        const delay = wait(count);
        if (delay > 0) {
          if (delay < Number.POSITIVE_INFINITY) count.appointment = alarm.set(clock.now() + delay, () => serve(count));
          return;
        }
        waiter.isWaiting = false;
        waiter.resolve(lease(count));
      }
      waiters.shift();
    }
  }

  return {
    keyOf,
    acquire(url: URL, options?: AcquireOptions): Lease | Promise<Lease> {
      const count = countOf(url);
      if (!count) return FREE;
      if (count.waiters.size === 0 && wait(count) <= 0) return lease(count);
      const signal = options?.signal;
      if (signal?.aborted) return Promise.reject(signal.reason);
      return new Promise((resolve, reject) => {
        const give = (given: Lease): void => {
          signal?.removeEventListener('abort', leave);
          resolve(given);
        };
        const waiter: Waiter = { url, resolve: give, isWaiting: true };
        const leave = (): void => {
          waiter.isWaiting = false;
          // Whoever is behind it may have waited for it alone, and no timer stays for one who left.
          serve(counts.get(keyOf(url)) ?? count);
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', leave, { once: true });
        count.waiters.push(waiter);
        if (count.waiters.size === 1) serve(count);
      });
    },
    pause(url: URL, milliseconds: number) {
      const count = countOf(url) ?? add(keyOf(url), undefined);
      count.pausedUntil = Math.max(count.pausedUntil, clock.now() + milliseconds);
      serve(count);
    },
    setRules(next: readonly CompiledRule[]) {
      rules = next;
      const before = counts;
      counts = new Map();
      const waiting: Waiter[] = [];
      for (const count of before.values()) {
        for (let waiter = count.waiters.shift(); waiter; waiter = count.waiters.shift()) waiting.push(waiter);
        alarm.cancel(count.appointment);
        const rule = count.rule && rules.find(({ name }) => name === count.rule?.name);
        if (!rule && count.rule) continue;
        if (rule?.concurrency !== count.rule?.concurrency) {
          count.adaptive = typeof rule?.concurrency === 'object' ? rule.concurrency.start() : undefined;
        }
        count.rule = rule;
        counts.set(count.key, count);
      }
      for (const waiter of waiting) {
        if (!waiter.isWaiting) continue;
        const count = countOf(waiter.url);
        if (count) count.waiters.push(waiter);
        else {
          waiter.isWaiting = false;
          waiter.resolve(FREE);
        }
      }
      for (const count of counts.values()) serve(count);
    },
  };
}
