import { fingerprintOf } from '../crawl/fingerprint.ts';
import type { Frontier, FrontierLease, FrontierOptions, LeaseOptions } from '../crawl/frontier.ts';
import { frontierRules, leaseRules, retryTime } from '../crawl/frontier-rules.ts';
import { type FrontierInput, type FrontierTask, frontierTask, inputsOf } from '../crawl/frontier-task.ts';
import { checkDuration, checkInteger, QueueFullError } from '../errors/index.ts';
import {
  addTasks,
  clearFrontier,
  FRONTIER_PARTS,
  leaseTasks,
  readFrontier,
  setHostDelay,
  settleTasks,
} from './frontier-scripts.ts';
import { decodeValue, encodeValue } from './json-value.ts';
import { Link, type RedisOptions } from './link.ts';
import { checkName, keysOf } from './names.ts';
import { Pump } from './pump.ts';
import type { RedisClient } from './redis-commands.ts';
import type { Script } from './script.ts';

/** The longest task, as JSON, in bytes. */
const MAX_TASK_BYTES: number = 1024 * 1024;
/** The most tasks that go to Redis at once, and the most text, in characters. A server does nothing else meanwhile. */
const AT_ONCE = 200;
const TEXT_AT_ONCE: number = 512 * 1024;
/** The longest that anything is timed, in milliseconds: some thirty years. */
const LONGEST = 1e12;

/** The options of {@link redisFrontier}. */
export interface RedisFrontierOptions extends FrontierOptions, RedisOptions {
  /** Whoever has the same key shares the frontier. */
  readonly key: string;
  /**
   * The shortest rest of a host, on all machines together, in milliseconds: from the end of a task (acknowledged, failed,
   * given back, or run out) until the next one is leased, of which there is one at a time. The same on all machines; 0 is
   * none. @default 0
   */
  readonly delay?: number;
  /** How many fingerprints are kept at most, those of tasks that are done included. @default 10_000_000 */
  readonly maxSize?: number;
}

/** A frontier that all machines share. */
export interface RedisFrontier extends Frontier {
  /**
   * Gives a host a delay of its own, in milliseconds, on all machines, such as the `Crawl-delay` of its robots.txt; the
   * frontier's own `delay` is the least. 0 takes it back.
   */
  setDelay(host: string, delay: number): Promise<void>;
  /** How many fingerprints are kept. */
  seen(): Promise<number>;
  /** Forgets everything, on all machines. */
  clear(): Promise<void>;
}

interface Settling {
  readonly what: 'ack' | 'fail' | 'release' | 'renew';
  readonly lease: FrontierLease;
  /** Milliseconds. */
  readonly time: number;
  readonly resolve: (isDone: boolean) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * A {@link Frontier} that crawls on any number of machines share: nothing is fetched twice, hosts rest on all of them
 * together, and what a dead process had leased comes again when its leases are over. Its methods reject with a
 * ConnectionError, a TimeoutError or a RedisError when Redis cannot be asked.
 *
 * @throws ConfigurationError for options that cannot work.
 * @example
 * await crawl({ start, frontier: redisFrontier(client, { key: 'news', delay: 1_000 }), … });
 */
export function redisFrontier(client: RedisClient, options: RedisFrontierOptions): RedisFrontier {
  const { delay = 0, key, maxSize = 10_000_000 } = options ?? {};
  checkName('key', key);
  if (delay !== 0) checkDuration('delay', delay);
  checkInteger('delay', Math.ceil(delay), 0);
  checkInteger('maxSize', maxSize, 1);
  return new SharedFrontier(new Link(client, options), key, Math.ceil(delay), maxSize, frontierRules(options));
}

class SharedFrontier implements RedisFrontier {
  readonly #link: Link;
  readonly #delay: number;
  readonly #maxSize: number;
  readonly #rules: Required<FrontierOptions>;
  readonly #keys: readonly string[];
  /** Where the answers to its last requests are. */
  readonly #name: (part: string) => string;
  readonly #id: string = crypto.randomUUID();
  #requests = 0;
  #settlings: Settling[] = [];
  readonly #pump: Pump = new Pump(() => this.#settle());
  /** When there may be another task, in milliseconds of the process's clock. */
  #nextAt: number | undefined;
  /** Leases that are neither settled nor given back, by their ids. */
  readonly #held = new Map<string, FrontierLease>();

  constructor(link: Link, key: string, delay: number, maxSize: number, rules: Required<FrontierOptions>) {
    this.#link = link;
    this.#delay = delay;
    this.#maxSize = maxSize;
    this.#rules = rules;
    this.#name = keysOf('frontier', key);
    this.#keys = FRONTIER_PARTS.map(this.#name);
  }

  async add(tasks: FrontierInput | Iterable<FrontierInput>): Promise<number> {
    const all = inputsOf(tasks).map(frontierTask);
    const entries: string[][] = [];
    for (const task of all) {
      const fingerprint = await fingerprintOf(task, this.#rules.fingerprint);
      // The fingerprint is the address, most often.
      const record = encodeValue(fingerprint === task.url ? task : [task, fingerprint], 'A task', MAX_TASK_BYTES);
      entries.push([fingerprint, new URL(task.url).hostname, priorityCode(task.priority ?? 0), record]);
    }
    let added = 0;
    for (const some of partsOf(entries)) {
      const [count, known] = (await this.#run(addTasks, [this.#maxSize, ...some.flat()])) as [number, number];
      if (count < 0) throw new QueueFullError(`The frontier knows ${known} tasks, and \`maxSize\` is ${this.#maxSize}`);
      added += count;
    }
    return added;
  }

  async lease(n: number, options?: LeaseOptions): Promise<FrontierLease[]> {
    const { perHost, ttl } = leaseRules(n, options);
    const leases: FrontierLease[] = [];
    while (leases.length < n) {
      const wanted = Math.min(n - leases.length, AT_ONCE);
      const holder = `${this.#id}:${++this.#requests}`;
      // Calls may come side by side: each has an answer of its own.
      const answer = this.#name(`leased:${holder}`);
      const args = [wanted, Math.min(ttl, LONGEST), Math.min(perHost, LONGEST), holder];
      const giveBack = ([, ...late]: unknown[]): void => void this.release(leasesOf(late, holder)).catch(() => {});
      const [wait, ...some] = await this.#run(leaseTasks, args, [answer], giveBack);
      for (const lease of leasesOf(some, holder)) {
        this.#held.set(lease.id, lease);
        leases.push(lease);
      }
      if (some.length < 3 * wanted) {
        this.#nextAt = (wait as number) < 0 ? undefined : performance.now() + (wait as number);
        break;
      }
    }
    return leases;
  }

  dueIn(): number | undefined {
    return this.#nextAt === undefined ? undefined : this.#nextAt - performance.now();
  }

  async renew(leases: readonly FrontierLease[], options?: Pick<LeaseOptions, 'ttl'>): Promise<void> {
    const { ttl } = leaseRules(1, options);
    await Promise.all(leases.map((lease) => this.#settled('renew', lease, Math.min(ttl, LONGEST))));
  }

  async release(leases: readonly FrontierLease[]): Promise<void> {
    await Promise.all(leases.map((lease) => this.#settled('release', lease)));
  }

  ack(lease: FrontierLease): Promise<boolean> {
    return this.#settled('ack', lease);
  }

  async fail(lease: FrontierLease, options?: { readonly retryAt?: number }): Promise<boolean> {
    // The server has a clock of its own: what counts is how long it is until then.
    const wait = Math.max(0, Math.ceil(retryTime(options) - this.#rules.clock()));
    return this.#settled('fail', lease, Math.min(wait, LONGEST));
  }

  async size(): Promise<number> {
    return (await this.#run(readFrontier))[0] as number;
  }

  async seen(): Promise<number> {
    return (await this.#run(readFrontier))[1] as number;
  }

  async setDelay(host: string, delay: number): Promise<void> {
    checkName('host', host);
    if (delay !== 0) checkDuration('delay', delay);
    await this.#run(setHostDelay, [host, Math.min(Math.ceil(delay), LONGEST)]);
  }

  async clear(): Promise<void> {
    this.#held.clear();
    await this.#run(clearFrontier);
  }

  async close(): Promise<void> {
    await this.release([...this.#held.values()]);
  }

  #run(
    script: Script,
    args: readonly (string | number)[] = [],
    more: readonly string[] = [],
    late?: (reply: unknown[]) => void,
  ): Promise<unknown[]> {
    return this.#link.run(script, [...this.#keys, ...more], [this.#delay, ...args], late);
  }

  #settled(what: Settling['what'], lease: FrontierLease, time = 0): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#settlings.push({ what, lease, time, resolve, reject });
      this.#pump.kick();
    });
  }

  async #settle(): Promise<void> {
    const some = this.#settlings.splice(0, AT_ONCE);
    if (some.length === 0) return;
    const args = some.flatMap(({ lease, time, what }) => {
      const [number = '', holder = ''] = lease.id.split(' ');
      return [what, number, holder, time];
    });
    try {
      const answer = this.#name(`settled:${this.#id}`);
      const [digits] = (await this.#run(settleTasks, [++this.#requests, this.#rules.attempts, ...args], [answer])) as [
        string,
      ];
      for (const [index, { lease, resolve, what }] of some.entries()) {
        if (what !== 'renew') this.#held.delete(lease.id);
        resolve(digits[index] === '1');
      }
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
    if (this.#settlings.length > 0) this.#pump.kick();
  }
}

/** What a reply has of each task: its number, how often it failed, its record. */
function leasesOf(reply: readonly unknown[], holder: string): FrontierLease[] {
  const leases: FrontierLease[] = [];
  for (let at = 0; at < reply.length; at += 3) {
    const [number, failures, json] = reply.slice(at, at + 3) as [string, string, string];
    const stored = decodeValue(json) as FrontierTask | [FrontierTask, string];
    const [task, fingerprint] = Array.isArray(stored) ? stored : [stored, stored.url];
    leases.push({ task, fingerprint, id: `${number} ${holder}`, attempt: Number(failures) + 1 });
  }
  return leases;
}

/** Priorities as text that has their order, higher ones first; the usual one is short. */
function priorityCode(priority: number): string {
  if (priority === 0) return 'm';
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(priority));
  const bits = view.getBigUint64(0);
  const code = (priority > 0 ? (1n << 64n) - 1n - bits : bits).toString(16).padStart(16, '0');
  return (priority > 0 ? 'a' : 'z') + code;
}

/** Entries in parts that a server does not take long for. */
function* partsOf(entries: readonly string[][]): Generator<string[][]> {
  let part: string[][] = [];
  let length = 0;
  for (const entry of entries) {
    const own = entry.reduce((sum, text) => sum + text.length, 0);
    if (part.length > 0 && (part.length === AT_ONCE || length + own > TEXT_AT_ONCE)) {
      yield part;
      part = [];
      length = 0;
    }
    part.push(entry);
    length += own;
  }
  if (part.length > 0) yield part;
}
