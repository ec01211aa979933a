import { checkDuration, checkInteger } from '../errors/index.ts';
import type { CounterReading, StateCounter } from '../tide/state-counter.ts';
import {
  clearCounter,
  endTide,
  incrementCounter,
  keepTides,
  readCounter,
  startTide,
  stopTides,
} from './counter-scripts.ts';
import { Link, type RedisOptions } from './link.ts';
import { checkName, keysOf } from './names.ts';
import { Pump } from './pump.ts';
import type { RedisClient } from './redis-commands.ts';
import type { Script } from './script.ts';

/** How long a tide runs without a sign of life, in milliseconds. */
const LEASE_TTL = 30_000;
/** The shortest that can be renewed in time, in milliseconds. */
const SHORTEST_TTL = 500;
/** How often whoever listens looks by itself whether there was a stop, in milliseconds. */
const LOOK = 500;
/** How long the answer to the last increment is remembered, in milliseconds. */
const MEMORY = 600_000;

/** The options of {@link redisCounter}. */
export interface RedisCounterOptions extends RedisOptions {
  /** Whoever has the same key shares the counter. */
  readonly key: string;
  /** After so many milliseconds the tide of a dead process counts as ended; from 500 up. @default 30_000 */
  readonly leaseTtl?: number;
}

/** A counter that all machines share. */
export interface RedisCounter extends StateCounter {
  read(): Promise<CounterReading>;
  start(pending?: () => number): Promise<() => Promise<void>>;
  stop(): Promise<void>;
  increment(n?: number): Promise<number>;
  clear(): Promise<void>;
  onStop(listener: () => void): Promise<() => void>;
}

/** What the scripts answer. */
type Stand = [running: number, count: number, total: number, stops: number];

interface Increment {
  readonly n: number;
  readonly resolve: (count: number) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * A {@link StateCounter} that tides on any number of machines share: `stop()` on one ends all of them within a second.
 * Its methods reject with a ConnectionError, a TimeoutError or a RedisError when Redis cannot be asked.
 *
 * @throws ConfigurationError for options that cannot work.
 * @example
 * const tide = new Tide(url, { framing: jsonLines(), counter: redisCounter(client, { key: 'quotes' }) });
 */
export function redisCounter(client: RedisClient, options: RedisCounterOptions): RedisCounter {
  const { key, leaseTtl = LEASE_TTL } = options ?? {};
  checkName('key', key);
  checkDuration('leaseTtl', leaseTtl);
  checkInteger('leaseTtl', leaseTtl, SHORTEST_TTL);
  return new Counter(new Link(client, options), key, leaseTtl);
}

class Counter implements RedisCounter {
  readonly #link: Link;
  readonly #leaseTtl: number;
  readonly #channel: string;
  readonly #keys: readonly string[];
  /** Where the answer to this counter's last increment is. */
  readonly #answer: string;
  #increments: Increment[] = [];
  #requests = 0;
  readonly #pump: Pump = new Pump(() => this.#add());
  /** The tides of this process that run, with the number of stops when they began. */
  readonly #tides = new Map<string, number>();
  #renewal: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<{ readonly listener: () => void; seen: number }>();
  #look: ReturnType<typeof setTimeout> | undefined;

  constructor(link: Link, key: string, leaseTtl: number) {
    const name = keysOf('counter', key);
    this.#link = link;
    this.#leaseTtl = leaseTtl;
    this.#channel = name('stop');
    this.#keys = [name('state'), name('tides')];
    this.#answer = name(`answer:${crypto.randomUUID()}`);
  }

  async read(): Promise<CounterReading> {
    const [running, count, total] = await this.#run(readCounter);
    return { state: running > 0 ? 'started' : 'stopped', count, total };
  }

  async start(_pending?: () => number): Promise<() => Promise<void>> {
    const id = crypto.randomUUID();
    const end = (): void => void this.#run(endTide, id).catch(() => {});
    const [, , , stops] = (await this.#link.run(startTide, this.#keys, [id, this.#leaseTtl], end)) as Stand;
    this.#tides.set(id, stops);
    this.#keep();
    return async () => {
      if (this.#tides.delete(id)) await this.#run(endTide, id);
      if (this.#tides.size > 0) return;
      clearTimeout(this.#renewal);
      this.#renewal = undefined;
    };
  }

  async stop(): Promise<void> {
    const [, , , stops] = await this.#run(stopTides, this.#channel);
    // Those of this process need not wait for the message.
    this.#tell(stops);
  }

  increment(n = 1): Promise<number> {
    checkInteger('n', n, 0);
    return new Promise((resolve, reject) => {
      this.#increments.push({ n, resolve, reject });
      this.#pump.kick();
    });
  }

  async clear(): Promise<void> {
    await this.#run(clearCounter);
  }

  async onStop(listener: () => void): Promise<() => void> {
    // Messages may come before it is known what has been.
    const one = { listener, seen: Number.POSITIVE_INFINITY };
    const release = await this.#link.subscribe(this.#channel, () => void this.#check());
    try {
      const [, , , stops] = await this.#run(readCounter);
      one.seen = stops;
    } catch (error) {
      release();
      throw error;
    }
    this.#listeners.add(one);
    this.#watch();
    return () => {
      if (!this.#listeners.delete(one)) return;
      release();
      if (this.#listeners.size > 0) return;
      clearTimeout(this.#look);
      this.#look = undefined;
    };
  }

  /** One request for all that was counted meanwhile. */
  async #add(): Promise<void> {
    const all = this.#increments.splice(0);
    let sum = 0;
    for (const { n } of all) sum += n;
    try {
      const keys = [...this.#keys, this.#answer];
      const [count] = (await this.#link.run(incrementCounter, keys, [++this.#requests, sum, MEMORY])) as [number];
      let before = count - sum;
      for (const { n, resolve } of all) {
        before += n;
        resolve(before);
      }
    } catch (error) {
      for (const { reject } of all) reject(error);
    }
  }

  async #run(script: Script, ...args: readonly (string | number)[]): Promise<Stand> {
    return (await this.#link.run(script, this.#keys, args)) as Stand;
  }

  /** Signs of life of the tides. Nothing is timed while none runs. */
  #keep(): void {
    this.#renewal ??= setTimeout(async () => {
      const byStops = new Map<number, string[]>();
      for (const [id, stops] of this.#tides) byStops.set(stops, [...(byStops.get(stops) ?? []), id]);
      // What fails is tried again with the next sign.
      for (const [stops, ids] of byStops) await this.#run(keepTides, this.#leaseTtl, stops, ...ids).catch(() => {});
      this.#renewal = undefined;
      if (this.#tides.size > 0) this.#keep();
    }, this.#leaseTtl / 3);
  }

  /** Looks for stops of which no message came. */
  #watch(): void {
    this.#look ??= setTimeout(async () => {
      await this.#check();
      this.#look = undefined;
      if (this.#listeners.size > 0) this.#watch();
    }, LOOK);
  }

  async #check(): Promise<void> {
    try {
      const [, , , stops] = await this.#run(readCounter);
      this.#tell(stops);
    } catch {
      // It is looked again soon.
    }
  }

  #tell(stops: number): void {
    for (const one of [...this.#listeners]) {
      // Redis may have lost all that it knew.
      if (stops < one.seen) one.seen = stops;
      if (stops === one.seen || !this.#listeners.has(one)) continue;
      one.seen = stops;
      one.listener();
    }
  }
}
