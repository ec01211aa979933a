import { ConfigurationError, checkDuration, checkInteger, expected, QueueFullError } from '../errors/index.ts';
import type { Overflow, RecordLease, RecordQueue } from '../tide/record-queue.ts';
import { Ear } from './ear.ts';
import { decodeValue, encodeValue } from './json-value.ts';
import { Link, type RedisOptions } from './link.ts';
import { checkName, keysOf } from './names.ts';
import { Pump } from './pump.ts';
import { clearQueue, closeQueue, leaseRecords, putRecords, readQueue, settleRecords } from './queue-scripts.ts';
import type { RedisClient } from './redis-commands.ts';
import type { Script } from './script.ts';
import { Wishes } from './wishes.ts';

/** How long a record is leased unless a consumer says otherwise, in milliseconds; also one that is being taken. */
const LEASE_TTL = 30_000;
/** The longest record, in bytes. */
const MAX_RECORD_BYTES: number = 8 * 1024 * 1024;
/** The most records that go to Redis or come from there at once, and the most text, in characters. */
const AT_ONCE = 100;
const TEXT_AT_ONCE: number = 1024 * 1024;
/** How long it is remembered that somebody waits, in polls. */
const PATIENCE = 3;
const OVERFLOWS: readonly unknown[] = ['wait', 'dropOldest', 'dropNewest', 'fail'];

/** The options of {@link redisQueue}. */
export interface RedisQueueOptions extends RedisOptions {
  /** Whoever has the same key shares the queue. */
  readonly key: string;
  /** The name of the stream's consumer group, the same on all machines. @default 'tideway' */
  readonly group?: string;
  /** The most records that are neither taken nor leased. @default 10_000 */
  readonly maxSize?: number;
  /** What happens to a record for which there is no room. @default 'wait' */
  readonly overflow?: Overflow;
  /** The longest record, as JSON, in bytes. @default 8 MiB */
  readonly maxRecordBytes?: number;
}

/** A queue that all machines share. */
export interface RedisQueue<T> extends RecordQueue<T> {
  put(record: T, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  take(options?: { readonly signal?: AbortSignal | undefined }): Promise<T | undefined>;
  lease(options?: {
    readonly signal?: AbortSignal | undefined;
    readonly ttl?: number | undefined;
  }): Promise<RecordLease<T> | undefined>;
  size(): Promise<number>;
  /** Drops all records. A queue that was closed is open again. */
  clear(): Promise<void>;
  close(): Promise<void>;
  /** How many records were dropped since there was no room, on all machines. */
  dropped(): Promise<number>;
  /** How many records are leased, by anybody. */
  leased(): Promise<number>;
}

/** One record that is to be put. */
interface Put {
  readonly json: string;
}

/** One record that is wanted, for so long. */
interface Take {
  readonly ttl: number;
}

type QueueSettings = Required<Pick<RedisQueueOptions, 'group' | 'maxRecordBytes' | 'maxSize' | 'overflow'>>;

interface Settling {
  readonly what: 'ack' | 'release';
  readonly id: string;
  readonly token: string;
  readonly resolve: (wasHeld: boolean) => void;
  readonly reject: (reason: unknown) => void;
}

interface Lent {
  readonly id: string;
  readonly token: string;
  readonly json: string;
}

/**
 * A {@link RecordQueue} that any number of machines share: a stream of Redis with a consumer group. Records are JSON.
 * What a consumer had leased when it died is handed out again when its lease is over; `take` hands a record out once, and
 * a consumer that dies while it is taking one has not had it. Closed is closed for all machines, until it is cleared.
 * Its methods reject with a ConnectionError, a TimeoutError or a RedisError when Redis cannot be asked.
 *
 * @throws ConfigurationError for options that cannot work.
 * @example
 * const queue = redisQueue<Quote>(client, { key: 'quotes' });
 * for await (const quote of queue) console.log(quote);
 */
export function redisQueue<T>(client: RedisClient, options: RedisQueueOptions): RedisQueue<T> {
  const {
    group = 'tideway',
    key,
    maxRecordBytes = MAX_RECORD_BYTES,
    maxSize = 10_000,
    overflow = 'wait',
  } = options ?? {};
  checkName('key', key);
  checkName('group', group);
  checkInteger('maxSize', maxSize, 1);
  checkInteger('maxRecordBytes', maxRecordBytes, 1);
  if (!OVERFLOWS.includes(overflow)) expected(`\`overflow\` to be one of ${OVERFLOWS.join(', ')}`, overflow);
  return new SharedQueue<T>(new Link(client, options), key, { group, maxRecordBytes, maxSize, overflow });
}

class SharedQueue<T> implements RedisQueue<T> {
  readonly #link: Link;
  readonly #options: QueueSettings;
  /** Where this queue is told what is new. */
  readonly #channel: string = `tideway:1:queue:${crypto.randomUUID()}`;
  readonly #keys: readonly string[];
  /** Where the answers to its last requests are. */
  readonly #answers: readonly [put: string, settle: string];
  #requests = 0;
  readonly #puts = new Wishes<Put, void>(false);
  readonly #takes = new Wishes<Take, Lent | undefined>(true);
  #settlings: Settling[] = [];
  readonly #putPump: Pump = new Pump(() => this.#put());
  readonly #takePump: Pump = new Pump(() => this.#take());
  readonly #settlePump: Pump = new Pump(() => this.#settle());
  readonly #ear: Ear;

  constructor(link: Link, key: string, options: QueueSettings) {
    const name = keysOf('queue', key);
    this.#link = link;
    this.#options = options;
    this.#ear = new Ear(link, this.#channel, () => this.#wake());
    this.#keys = ['state', 'stream', 'leases', 'takers', 'putters'].map(name);
    const id = crypto.randomUUID();
    this.#answers = [name(`put:${id}`), name(`settled:${id}`)];
  }

  async put(record: T, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (record === undefined) expected('a record to be any value but undefined', record);
    const json = encodeValue(record, 'A record', this.#options.maxRecordBytes);
    const putting = this.#puts.wish({ json }, signal);
    if (!this.#puts.isBlocked) this.#putPump.kick();
    await putting;
  }

  async take({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<T | undefined> {
    for (;;) {
      const lent = await this.#next(LEASE_TTL, signal);
      if (!lent) return undefined;
      const record = decodeValue(lent.json) as T;
      if (await this.#settled('ack', lent)) return record;
    }
  }

  async lease({
    signal,
    ttl = LEASE_TTL,
  }: {
    readonly signal?: AbortSignal | undefined;
    readonly ttl?: number | undefined;
  } = {}): Promise<RecordLease<T> | undefined> {
    checkDuration('ttl', ttl);
    const lent = await this.#next(ttl, signal);
    return (
      lent && {
        record: decodeValue(lent.json) as T,
        ack: () => this.#settled('ack', lent),
        release: async () => void (await this.#settled('release', lent)),
      }
    );
  }

  async size(): Promise<number> {
    return (await this.#run(readQueue))[0] as number;
  }

  async dropped(): Promise<number> {
    return (await this.#run(readQueue))[1] as number;
  }

  async leased(): Promise<number> {
    return (await this.#run(readQueue))[2] as number;
  }

  async clear(): Promise<void> {
    await this.#run(clearQueue);
    this.#wake();
  }

  async close(): Promise<void> {
    await this.#run(closeQueue);
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    for (let record = await this.take(); record !== undefined; record = await this.take()) yield record;
  }

  #next(ttl: number, signal: AbortSignal | undefined): Promise<Lent | undefined> {
    const next = this.#takes.wish({ ttl }, signal);
    if (!this.#takes.isBlocked) this.#takePump.kick();
    return next;
  }

  #settled(what: 'ack' | 'release', { id, token }: Omit<Lent, 'json'>): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#settlings.push({ what, id, token, resolve, reject });
      this.#settlePump.kick();
    });
  }

  #run(
    script: Script,
    args: readonly (string | number)[] = [],
    more: readonly string[] = [],
    late?: (reply: unknown[]) => void,
  ): Promise<unknown[]> {
    return this.#link.run(script, [...this.#keys, ...more], [this.#options.group, ...args], late);
  }

  async #put(): Promise<void> {
    let length = 0;
    const some = this.#puts.begin(({ json }, index) => {
      length += json.length;
      return index < AT_ONCE && (index === 0 || length <= TEXT_AT_ONCE);
    });
    if (some.length === 0) return;
    const { maxSize, overflow } = this.#options;
    const patience = PATIENCE * this.#link.poll;
    try {
      const args = [this.#channel, patience, ++this.#requests, maxSize, overflow, ...some.map(({ item }) => item.json)];
      const [taken, isClosed] = (await this.#run(putRecords, args, [this.#answers[0]])) as [number, number];
      for (const [index, wish] of some.entries()) {
        if (index < taken) wish.fulfil(undefined);
        else if (isClosed) wish.refuse(new ConfigurationError('Expected an open queue, got one that was closed'));
        else if (overflow === 'fail') wish.refuse(new QueueFullError(`The queue is full: it holds ${maxSize} records`));
      }
      this.#goOn(this.#puts, this.#putPump, taken < some.length, this.#link.poll);
    } catch (error) {
      this.#puts.dismiss(error);
    }
  }

  async #take(): Promise<void> {
    const some = this.#takes.begin((_, index) => index < AT_ONCE);
    if (some.length === 0) return;
    const tokens = some.map(() => crypto.randomUUID());
    const wanted = some.flatMap(({ item }, index) => [tokens[index] as string, Math.min(item.ttl, 2 ** 40)]);
    try {
      const giveBack = ([, , ...texts]: unknown[]): void => {
        for (const [index, token] of tokens.entries()) {
          const id = texts[2 * index] as string | undefined;
          if (id !== undefined) void this.#settled('release', { id, token }).catch(() => {});
        }
      };
      const args = [this.#channel, PATIENCE * this.#link.poll, ...wanted];
      const reply = await this.#run(leaseRecords, args, [], giveBack);
      const [isOver, wait, ...lent] = reply as [number, number, ...string[]];
      for (const [index, wish] of some.entries()) {
        const [id, json] = [lent[2 * index], lent[2 * index + 1]];
        if (id !== undefined && json !== undefined) {
          const one = { id, json, token: tokens[index] as string };
          // Whoever wanted it has left: it is the next one again.
          if (!wish.fulfil(one)) void this.#settled('release', one).catch(() => {});
        } else if (isOver) wish.fulfil(undefined);
      }
      this.#goOn(this.#takes, this.#takePump, lent.length / 2 < some.length && !isOver, wait);
    } catch (error) {
      this.#takes.dismiss(error);
    }
  }

  async #settle(): Promise<void> {
    const some = this.#settlings.splice(0, AT_ONCE);
    if (some.length === 0) return;
    try {
      const args = some.flatMap(({ id, token, what }) => [what, id, token]);
      const [digits] = (await this.#run(settleRecords, [++this.#requests, ...args], [this.#answers[1]])) as [string];
      for (const [index, { resolve }] of some.entries()) resolve(digits[index] === '1');
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
    if (this.#settlings.length > 0) this.#settlePump.kick();
  }

  /** What is left is asked for at once, or when it makes sense again. */
  #goOn(
    wishes: Wishes<Put, void> | Wishes<Take, Lent | undefined>,
    pump: Pump,
    isBlocked: boolean,
    wait: number,
  ): void {
    wishes.end();
    wishes.isBlocked = isBlocked && wishes.size > 0;
    if (wishes.isBlocked) {
      this.#ear.listen();
      pump.kickIn(Math.max(1, Math.min(wait, this.#link.poll)));
    } else if (wishes.size > 0) pump.kick();
  }

  #wake(): void {
    this.#puts.isBlocked = this.#takes.isBlocked = false;
    if (this.#puts.size > 0) this.#putPump.kick();
    if (this.#takes.size > 0) this.#takePump.kick();
  }
}
