import { checkDuration, checkInteger, expected } from '../errors/index.ts';
import type { Quota, QuotaShare } from '../tide/quota.ts';
import { Ear } from './ear.ts';
import { isOver, Link, type RedisOptions } from './link.ts';
import { checkName, keysOf } from './names.ts';
import { Pump } from './pump.ts';
import { quotaScript } from './quota-script.ts';
import type { RedisClient } from './redis-commands.ts';

/** How long what is reserved is kept for one who gives no sign of life, in milliseconds. */
const LEASE_TTL = 30_000;
/** The shortest that can be renewed in time, in milliseconds. */
const SHORTEST_TTL = 500;
/** How many records are reserved beyond those that came, where records come fast. */
const BLOCK = 64;
/** What counts as fast: asked again within so many milliseconds. What is not needed for as long is given back. */
const SOON = 50;
/** When Redis is told again what it could not be told, in milliseconds. */
const AGAIN = 1_000;

/** The options of {@link redisQuota}. */
export interface RedisQuotaOptions extends RedisOptions {
  /** Whoever has the same key shares the quota. */
  readonly key: string;
  /** How many records all of them may deliver together, from 1 up; the same on all machines. */
  readonly limit: number;
  /** After so many milliseconds what a dead process had reserved comes back; from 500 up. @default 30_000 */
  readonly leaseTtl?: number;
}

/** A quota that all machines share. */
export interface RedisQuota extends Quota {
  reserve(n: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<QuotaShare>;
  remaining(): Promise<number>;
  onSpent(listener: () => void): Promise<() => void>;
}

interface Waiter {
  /** How many records are wanted; 0 where only the state is. */
  readonly n: number;
  readonly answer: (granted: number, remaining: number) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * A {@link Quota} that tides on any number of machines share: so many records in all, exactly. What a process had
 * reserved and not settled when it died comes back when its time is over; records that it delivered in its last batch
 * come again then, since nobody knows of them. Its methods reject with a ConnectionError, a TimeoutError or a RedisError
 * when Redis cannot be asked, with a ConfigurationError when the quota has another limit there.
 *
 * @throws ConfigurationError for options that cannot work.
 * @example
 * const quota = redisQuota(client, { key: 'quotes', limit: 100_000 });
 * await tide.on({ quota });
 */
export function redisQuota(client: RedisClient, options: RedisQuotaOptions): RedisQuota {
  const { key, leaseTtl = LEASE_TTL, limit } = options ?? {};
  checkName('key', key);
  checkInteger('limit', limit ?? Number.NaN, 1);
  checkDuration('leaseTtl', leaseTtl);
  checkInteger('leaseTtl', leaseTtl, SHORTEST_TTL);
  return new SharedQuota(new Link(client, options), key, limit, leaseTtl);
}

class SharedQuota implements RedisQuota {
  readonly #link: Link;
  readonly #limit: number;
  readonly #leaseTtl: number;
  readonly #channel: string;
  readonly #keys: readonly string[];
  readonly #id: string = crypto.randomUUID();
  #requests = 0;
  readonly #pump: Pump = new Pump(() => this.#step());
  readonly #waiters = new Set<Waiter>();
  /** Those who settled a share. */
  #settlers: Waiter[] = [];
  /** Reserved, and in nobody's hands. */
  #free = 0;
  /** Reserved, and in the hands of tides. */
  #open = 0;
  /** What Redis is to be told. */
  #delivered = 0;
  #returned = 0;
  /** The request under way, or one that failed and may have been counted. */
  #unsure: readonly number[] | undefined;
  /** When records were asked for last, in milliseconds of the platform's clock. */
  #askedAt = Number.NEGATIVE_INFINITY;
  #return: ReturnType<typeof setTimeout> | undefined;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  readonly #ear: Ear;
  readonly #listeners = new Set<{ readonly listener: () => void }>();
  #isSpent = false;

  constructor(link: Link, key: string, limit: number, leaseTtl: number) {
    const name = keysOf('quota', key);
    this.#link = link;
    this.#limit = limit;
    this.#leaseTtl = leaseTtl;
    this.#channel = name('news');
    this.#ear = new Ear(link, this.#channel, () => this.#pump.kick());
    this.#keys = [name('state'), name('holders'), name('held'), name(`answer:${this.#id}`)];
  }

  reserve(n: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<QuotaShare> {
    checkInteger('n', n ?? Number.NaN, 1);
    if (this.#free > 0 && this.#waiters.size === 0) return Promise.resolve(this.#share(Math.min(n, this.#free)));
    return this.#wait(n, signal, (granted) => this.#share(granted));
  }

  remaining(): Promise<number> {
    return this.#wait(0, undefined, (_granted, remaining) => remaining);
  }

  async onSpent(listener: () => void): Promise<() => void> {
    const one = { listener };
    const release = await this.#link.subscribe(this.#channel, () => this.#pump.kick());
    this.#listeners.add(one);
    // Also what happened before is looked at, and from then on again and again.
    if (!this.#isSpent) this.#pump.kick();
    return () => {
      if (this.#listeners.delete(one)) release();
    };
  }

  #wait<T>(n: number, signal: AbortSignal | undefined, make: (granted: number, remaining: number) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const leave = (): void => {
        this.#waiters.delete(waiter);
        reject(signal?.reason);
      };
      const end = (): void => {
        signal?.removeEventListener('abort', leave);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        n,
        answer: (granted, remaining) => {
          end();
          resolve(make(granted, remaining));
        },
        reject: (reason) => {
          end();
          reject(reason);
        },
      };
      signal?.addEventListener('abort', leave);
      this.#waiters.add(waiter);
      this.#pump.kick();
    });
  }

  /** Hands out what is reserved. */
  #share(granted: number): QuotaShare {
    this.#free -= granted;
    this.#open += granted;
    if (granted > 0) this.#renew();
    let isSettled = granted === 0;
    return {
      granted,
      settle: (delivered) => {
        checkInteger('delivered', delivered, 0);
        if (isSettled) return;
        if (delivered > granted) expected(`\`delivered\` to be at most ${granted}, which was granted`, delivered);
        isSettled = true;
        this.#open -= granted;
        if (this.#open === 0) this.#rest();
        this.#delivered += delivered;
        this.#returned += granted - delivered;
        return new Promise<void>((resolve, reject) => {
          this.#settlers.push({ n: 0, answer: () => resolve(), reject });
          this.#pump.kick();
        });
      },
    };
  }

  async #step(): Promise<void> {
    const settlers = this.#settlers.splice(0);
    try {
      // What may have been counted is asked with the same number again: then it counts once.
      if (this.#unsure) this.#free += (await this.#ask())[0];
      let needed = 0;
      for (const { n } of this.#waiters) needed += n;
      const now = performance.now();
      const welcome = needed > 0 && now - this.#askedAt < SOON ? BLOCK : 0;
      if (needed > 0) this.#askedAt = now;
      this.#unsure = [++this.#requests, this.#limit, this.#leaseTtl, this.#delivered, this.#returned, needed, welcome];
      this.#delivered = this.#returned = 0;
      const [granted, remaining, wait] = await this.#ask();
      for (const { answer } of settlers) answer(0, remaining);
      this.#free += granted;
      for (const waiter of [...this.#waiters]) {
        const share = Math.min(waiter.n, this.#free);
        if (share > 0 || waiter.n === 0 || remaining === 0) waiter.answer(share, remaining);
      }
      if (this.#waiters.size > 0) {
        this.#ear.listen();
        this.#pump.kickIn(Math.max(1, Math.min(wait, this.#link.poll)));
      } else if (this.#listeners.size > 0 && remaining > 0) this.#pump.kickIn(this.#link.poll);
      this.#keep();
      if (this.#open > 0) this.#renew();
      if (remaining === 0 && !this.#isSpent) {
        this.#isSpent = true;
        for (const { listener } of [...this.#listeners]) listener();
      }
    } catch (error) {
      for (const { reject } of [...settlers, ...this.#waiters]) reject(error);
      if (!isOver(error) && this.#unsure) this.#pump.kickIn(AGAIN);
    }
  }

  async #ask(): Promise<[number, number, number]> {
    const args = [this.#id, ...(this.#unsure as readonly number[]), this.#channel];
    const reply = (await this.#link.run(quotaScript, this.#keys, args)) as [number | string, number, number];
    this.#unsure = undefined;
    if (reply[0] === '!limit') expected(`a quota of ${String(reply[1])} records, as it was begun`, this.#limit);
    return reply as [number, number, number];
  }

  /** Gives back what is not needed for a while. */
  #keep(): void {
    if (this.#free > 0) {
      this.#return ??= setTimeout(() => {
        this.#return = undefined;
        if (performance.now() - this.#askedAt < SOON) return this.#keep();
        this.#returned += this.#free;
        this.#free = 0;
        this.#pump.kick();
      }, SOON);
    }
  }

  /** Gives a sign of life while something is in the hands of tides. */
  #renew(): void {
    this.#renewal ??= setTimeout(() => {
      this.#renewal = undefined;
      this.#pump.kick();
    }, this.#leaseTtl / 3);
  }

  /** Nothing is in the hands of tides: a timer would keep the program from its end. */
  #rest(): void {
    clearTimeout(this.#renewal);
    this.#renewal = undefined;
  }
}
