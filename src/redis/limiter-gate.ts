import type { AdaptiveConcurrency, CompiledRule } from '../fetcher/limit-rule.ts';
import type { Lease, Outcome } from '../fetcher/limiter.ts';
import type { Ear } from './ear.ts';
import { limiterScript } from './limiter-script.ts';
import { isOver, type Link } from './link.ts';
import { keysOf } from './names.ts';
import { Pump } from './pump.ts';

/** How long a place in the line is kept for one who does not ask, in polls. */
const PATIENCE = 3;
/** The most leases that are asked for, or given back, at once. */
export const AT_ONCE = 100;
/** When leases are given back again that could not be, in milliseconds. */
const RELEASE_AGAIN = 1_000;

/** What all keys of a limiter share. */
export interface Shared {
  readonly link: Link;
  readonly prefix: string;
  readonly leaseTtl: number;
  /** The channel of this limiter, which names it, too. */
  readonly channel: string;
  readonly ear: Ear;
  /** Told of each lease that is held, and of each that is not any more. */
  readonly count: (change: 1 | -1) => void;
}

/** What the script answers. */
type Reply = [granted: number, wait: number, used: number];

interface Waiter {
  readonly resolve: (lease: Lease) => void;
  readonly reject: (reason: unknown) => void;
}

/** One key: all that this machine wants of it goes to Redis together, one request after the other. */
export class Gate {
  readonly #shared: Shared;
  readonly #key: string;
  readonly #rule: CompiledRule | undefined;
  readonly #keys: readonly string[];
  readonly #adaptive: ReturnType<AdaptiveConcurrency['start']> | undefined;
  readonly #waiters = new Set<Waiter>();
  readonly #held = new Set<string>();
  /** Leases to give back. */
  #released: string[] = [];
  #renews = false;
  /** Pauses that Redis does not know of yet. */
  readonly #pauses = new Set<{
    readonly until: number;
    readonly resolve: () => void;
    readonly reject: (e: unknown) => void;
  }>();
  /** All leases of the key, on all machines, as far as is known. */
  #used = 0;
  /** Nobody new has a chance before the next look. */
  #isBlocked = false;
  #isInLine = false;
  /** When the next lease would have its turn at an even pace, in milliseconds of the platform's clock. */
  #turn = 0;
  /** Requests in a row that failed. */
  #failures = 0;
  readonly #pump: Pump = new Pump(() => this.#step());

  constructor(shared: Shared, key: string, rule: CompiledRule | undefined) {
    this.#shared = shared;
    this.#key = key;
    this.#rule = rule;
    const name = keysOf('limit', `${shared.prefix}:${key}`);
    this.#keys = [name('state'), name('leases'), name('line'), name('alive')];
    this.#adaptive = typeof rule?.concurrency === 'object' ? rule.concurrency.start() : undefined;
  }

  get isIdle(): boolean {
    return this.#pump.isIdle && this.#held.size === 0 && !this.#adaptive;
  }

  acquire(signal: AbortSignal | undefined): Promise<Lease> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter);
        reject(signal?.reason);
        // The place in the line is for somebody else.
        if (this.#waiters.size === 0) this.wake();
      };
      const settle = <V>(how: (value: V) => void): ((value: V) => void) => {
        return (value) => {
          signal?.removeEventListener('abort', leave);
          this.#waiters.delete(waiter);
          how(value);
        };
      };
      const waiter: Waiter = { resolve: settle(resolve), reject: settle(reject) };
      signal?.addEventListener('abort', leave);
      this.#waiters.add(waiter);
      if (!this.#isBlocked) this.#pump.kick();
    });
  }

  pause(milliseconds: number): Promise<void> {
    if (!(milliseconds > 0)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#pauses.add({ until: performance.now() + milliseconds, resolve, reject });
      this.#pump.kick();
    });
  }

  /** Asks for those who wait: there may be room. */
  wake(): void {
    this.#isBlocked = false;
    this.#pump.kick();
  }

  /** Renews what is held, if anything is. */
  renew(): void {
    if (this.#held.size === 0) return;
    this.#renews = true;
    this.#pump.kick();
  }

  async #step(): Promise<void> {
    const { channel, leaseTtl, link } = this.#shared;
    const most =
      this.#adaptive?.concurrency ?? (this.#rule?.concurrency as number | undefined) ?? Number.POSITIVE_INFINITY;
    const limit = most === Number.POSITIVE_INFINITY ? -1 : Math.max(1, Math.floor(most));
    const released = this.#released.splice(0, AT_ONCE);
    const renewed = this.#renews ? [...this.#held] : [];
    const waiting = this.#waiters.size;
    const wanted = Array.from({ length: Math.min(waiting, AT_ONCE) }, () => crypto.randomUUID());
    const pauses = [...this.#pauses];
    this.#renews = false;
    if (released.length + renewed.length + waiting + pauses.length === 0 && !this.#isInLine) return;
    const pause = Math.max(0, ...pauses.map(({ until }) => until - performance.now()));
    try {
      const patience = PATIENCE * link.poll;
      const args = [
        ...[channel, this.#key, limit, this.#rule?.gap ?? 0, this.#rule?.tolerance ?? 0, leaseTtl],
        ...[Math.ceil(pause), patience, waiting, released.length, renewed.length, wanted.length],
        ...[...released, ...renewed, ...wanted],
      ];
      const giveBack = (): void => {
        this.#released.push(...wanted);
        this.#pump.kick();
      };
      const [granted, wait, used] = (await link.run(limiterScript, this.#keys, args, giveBack)) as Reply;
      this.#used = used;
      this.#failures = 0;
      this.#isInLine = waiting > granted;
      for (const one of pauses) {
        this.#pauses.delete(one);
        one.resolve();
      }
      for (const id of wanted.slice(0, granted)) {
        await this.#keepPace();
        this.#give(id, limit >= 0);
      }
      if (this.#released.length > 0 || this.#pauses.size > 0) this.#pump.kick();
      this.#isBlocked = granted < wanted.length;
      if (this.#isBlocked) {
        this.#shared.ear.listen();
        this.#isBlocked = this.#waiters.size > 0;
        if (this.#isBlocked) this.#pump.kickIn(Math.min(wait, link.poll));
        else this.#pump.kick();
      } else if (this.#waiters.size > 0) this.#pump.kick();
    } catch (error) {
      this.#fail(error, released, pauses);
    }
  }

  /** A reply that came late does not bring the next one closer to it. Waits no longer than that one was late. */
  async #keepPace(): Promise<void> {
    const { gap = 0, tolerance = 0 } = this.#rule ?? {};
    if (gap === 0) return;
    const early = this.#turn - tolerance - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    this.#turn = Math.max(this.#turn, performance.now()) + gap;
  }

  #give(id: string, counts: boolean): void {
    const [waiter] = this.#waiters;
    if (!waiter) {
      // Who wanted it has left.
      if (counts) this.#released.push(id);
      return;
    }
    if (counts) {
      this.#held.add(id);
      this.#shared.count(1);
    }
    let isHeld = true;
    const release = (outcome?: Outcome): void => {
      if (!isHeld) return;
      isHeld = false;
      if (outcome) this.#adaptive?.update(outcome, Math.max(this.#used, this.#held.size));
      if (!this.#held.delete(id)) return;
      this.#shared.count(-1);
      this.#released.push(id);
      this.#pump.kick();
    };
    waiter.resolve({ key: this.#key, release });
  }

  /** Redis cannot be asked. What is to be given back is given back later; it ends by itself, too. */
  #fail(
    error: unknown,
    released: readonly string[],
    pauses: Iterable<{ readonly reject: (e: unknown) => void }>,
  ): void {
    this.#released.push(...released);
    this.#isBlocked = false;
    this.#isInLine = false;
    for (const one of pauses) {
      this.#pauses.delete(one as never);
      one.reject(error);
    }
    for (const waiter of [...this.#waiters]) waiter.reject(error);
    // What cannot be given back within the time of a lease need not be any more.
    if (isOver(error) || ++this.#failures * RELEASE_AGAIN > this.#shared.leaseTtl) this.#released = [];
    if (this.#released.length > 0) this.#pump.kickIn(RELEASE_AGAIN);
  }
}
