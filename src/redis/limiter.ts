import { checkDuration, checkInteger } from '../errors/index.ts';
import { type CompiledRule, compileRules, type LimitRule } from '../fetcher/limit-rule.ts';
import type { AcquireOptions, Lease, Limiter } from '../fetcher/limiter.ts';
import { Ear } from './ear.ts';
import { AT_ONCE, Gate, type Shared } from './limiter-gate.ts';
import { Link, type RedisOptions } from './link.ts';
import { checkName } from './names.ts';
import type { RedisClient } from './redis-commands.ts';

/** How long a lease holds that is not renewed, in milliseconds. */
const LEASE_TTL = 30_000;
/** The shortest that can be renewed in time, in milliseconds. */
const SHORTEST_TTL = 500;
/** How many keys are remembered before those that nobody uses are forgotten. */
const FEW_KEYS = 1024;

/** The options of {@link redisLimiter}. */
export interface RedisLimiterOptions extends RedisOptions {
  /** The rules, the same on all machines; of those that match a URL the first one counts. @default none */
  readonly limits?: readonly LimitRule[];
  /** Whoever has the same prefix shares the limits. @default 'default' */
  readonly prefix?: string;
  /**
   * After so many milliseconds what a dead process held is given to others; from 500 up. Those who live renew their
   * leases. A program that stands still for longer loses its leases while it goes on. @default 30_000
   */
  readonly leaseTtl?: number;
}

/**
 * Limits over all machines that share a Redis: concurrency by leases that end by themselves when their holder dies, rates
 * by the server's clock, pauses that hold for all. Whoever waits is told when there is room, in turns.
 *
 * `acquire` rejects with a ConnectionError, a TimeoutError or a RedisError when Redis cannot be asked.
 *
 * @throws ConfigurationError for rules and options that cannot work.
 * @example
 * const fetcher = new Fetcher({ limiter: redisLimiter(client, { limits: [{ key: 'host', concurrency: 2 }] }) });
 */
export function redisLimiter(client: RedisClient, options: RedisLimiterOptions = {}): Limiter {
  const { leaseTtl = LEASE_TTL, limits = [], prefix = 'default' } = options;
  const rules = compileRules(limits);
  checkName('prefix', prefix);
  checkDuration('leaseTtl', leaseTtl);
  checkInteger('leaseTtl', leaseTtl, SHORTEST_TTL);
  return new RedisLimiter(new Link(client, options), rules, prefix, leaseTtl);
}

class RedisLimiter implements Limiter {
  readonly ahead: number = AT_ONCE;
  readonly #rules: readonly CompiledRule[];
  readonly #shared: Shared;
  readonly #gates = new Map<string, Gate>();
  #manyKeys: number = FEW_KEYS;
  /** How many leases are held, of all keys. */
  #held = 0;
  #renewal: ReturnType<typeof setTimeout> | undefined;

  constructor(link: Link, rules: readonly CompiledRule[], prefix: string, leaseTtl: number) {
    this.#rules = rules;
    const channel = `tideway:1:limit:${crypto.randomUUID()}`;
    const ear = new Ear(link, channel, (key) => {
      if (key !== undefined) this.#gates.get(key)?.wake();
      else for (const gate of this.#gates.values()) gate.wake();
    });
    this.#shared = { link, prefix, leaseTtl, channel, ear, count: (change) => this.#count(change) };
  }

  keyOf(url: URL): string {
    return this.#rules.find(({ matches }) => matches(url))?.keyOf(url) ?? url.origin;
  }

  acquire(url: URL, { signal }: AcquireOptions = {}): Promise<Lease> {
    return this.#gateOf(url).acquire(signal);
  }

  pause(url: URL, milliseconds: number): Promise<void> {
    return this.#gateOf(url).pause(milliseconds);
  }

  #gateOf(url: URL): Gate {
    const rule = this.#rules.find(({ matches }) => matches(url));
    const key = rule?.keyOf(url) ?? url.origin;
    const known = this.#gates.get(key);
    if (known) return known;
    if (this.#gates.size >= this.#manyKeys) {
      for (const [name, gate] of this.#gates) if (gate.isIdle) this.#gates.delete(name);
      this.#manyKeys = Math.max(FEW_KEYS, this.#gates.size * 2);
    }
    const gate = new Gate(this.#shared, key, rule);
    this.#gates.set(key, gate);
    return gate;
  }

  /** One lease more, or less. Nothing is timed while nothing is held: a timer would keep the program from its end. */
  #count(change: 1 | -1): void {
    this.#held += change;
    if (this.#held > 0) this.#hold();
    else {
      clearTimeout(this.#renewal);
      this.#renewal = undefined;
    }
  }

  /** Renews what is held three times within its time. */
  #hold(): void {
    this.#renewal ??= setTimeout(() => {
      this.#renewal = undefined;
      for (const gate of this.#gates.values()) gate.renew();
      this.#hold();
    }, this.#shared.leaseTtl / 3);
  }
}
