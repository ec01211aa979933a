import { ConfigurationError, checkDuration, expected, QueueFullError } from '../errors/index.ts';
import { Ear } from './ear.ts';
import { decodeValue, encodeValue } from './json-value.ts';
import type { Link } from './link.ts';
import { checkName, keysOf } from './names.ts';
import { Pump } from './pump.ts';
import { QUEUE_PARTS } from './queue-base-script.ts';
import type { RedisQueue, RedisQueueOptions, RedisRecordLease } from './queue-options.ts';
import { clearQueue, closeQueue, leaseRecords, putRecords, readQueue, settleRecords } from './queue-scripts.ts';
import type { Script } from './script.ts';
import { Wishes } from './wishes.ts';

/** How long a record is leased unless a consumer says otherwise, in milliseconds; also one that is being taken. */
const LEASE_TTL = 30_000;
/** The most records that go to Redis or come from there at once, and the most text, in characters. */
const AT_ONCE = 100;
const TEXT_AT_ONCE: number = 1024 * 1024;
/** How long it is remembered that somebody waits, in polls. */
const PATIENCE = 3;

/** One record that is to be put. */
interface Put {
  readonly json: string;
  /** Where it comes in line, lower ones first; of a queue that is not plain. */
  readonly place: number;
  /** What tells it apart; nothing where nothing does. */
  readonly text: string;
}

/** One record that is wanted, for so long. */
interface Take {
  readonly ttl: number;
}

/** What the scripts call a queue by. All machines must agree on it. */
export type QueueKind = 'plain' | 'unique' | 'by priority' | 'unique by priority' | 'unique by count';

/** The options of a queue, checked. */
export interface QueueSettings<T>
  extends Required<Pick<RedisQueueOptions, 'group' | 'maxRecordBytes' | 'maxSize' | 'overflow'>>,
    Pick<RedisQueueOptions<T>, 'priority' | 'unique'> {
  readonly kind: QueueKind;
}

interface Settling {
  readonly what: 'ack' | 'release';
  readonly id: string;
  readonly token: string;
  readonly resolve: (wasHeld: boolean) => void;
  readonly reject: (reason: unknown) => void;
}

interface LeaseRequest {
  readonly args: readonly (string | number)[];
  readonly tokens: readonly string[];
}

interface Lent {
  readonly id: string;
  readonly token: string;
  readonly json: string;
  readonly count: number;
}

/** See `redisQueue`. */
export class SharedQueue<T> implements RedisQueue<T> {
  readonly #link: Link;
  readonly #options: QueueSettings<T>;
  /** Where this queue is told what is new. */
  readonly #channel: string = `tideway:1:queue:${crypto.randomUUID()}`;
  readonly #keys: readonly string[];
  /** Where the answers to its last requests are. */
  readonly #answers: readonly [put: string, lease: string, settle: string];
  #requests = 0;
  readonly #puts = new Wishes<Put, void>(false);
  readonly #takes = new Wishes<Take, Lent | undefined>(true);
  /** A request for records that failed, and may have come to Redis all the same. */
  #unsure: LeaseRequest | undefined;
  #settlings: Settling[] = [];
  readonly #putPump: Pump = new Pump(() => this.#put());
  readonly #takePump: Pump = new Pump(() => this.#take());
  readonly #settlePump: Pump = new Pump(() => this.#settle());
  readonly #ear: Ear;

  constructor(link: Link, key: string, options: QueueSettings<T>) {
    const name = keysOf('queue', key);
    this.#link = link;
    this.#options = options;
    this.#ear = new Ear(link, this.#channel, () => this.#wake());
    this.#keys = QUEUE_PARTS.map(name);
    const id = crypto.randomUUID();
    this.#answers = [name(`put:${id}`), name(`leased:${id}`), name(`settled:${id}`)];
  }

  async put(record: T, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (record === undefined) expected('a record to be any value but undefined', record);
    const { maxRecordBytes, priority, unique } = this.#options;
    const json = encodeValue(record, 'A record', maxRecordBytes);
    const place = typeof priority === 'function' ? -priority(record) : 0;
    if (!Number.isFinite(place)) expected('`priority` to answer with a finite number', place);
    const text = unique?.(record) ?? '';
    if (unique) checkName('unique(record)', text);
    const putting = this.#puts.wish({ json, place, text }, signal);
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
  } = {}): Promise<RedisRecordLease<T> | undefined> {
    checkDuration('ttl', ttl);
    const lent = await this.#next(ttl, signal);
    return (
      lent && {
        record: decodeValue(lent.json) as T,
        count: lent.count,
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

  async total(): Promise<number> {
    return (await this.#run(readQueue))[3] as number;
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

  #settled(what: 'ack' | 'release', { id, token }: Pick<Lent, 'id' | 'token'>): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#settlings.push({ what, id, token, resolve, reject });
      this.#settlePump.kick();
    });
  }

  async #run(
    script: Script,
    args: readonly (string | number)[] = [],
    more: readonly string[] = [],
    late?: (reply: unknown[]) => void,
  ): Promise<unknown[]> {
    const { group, kind } = this.#options;
    const reply = await this.#link.run(script, [...this.#keys, ...more], [group, kind, ...args], late);
    if (reply[0] === '!kind') expected(`a queue that is ${reply[1]}, as it was begun`, kind);
    return reply;
  }

  async #put(): Promise<void> {
    let length = 0;
    const some = this.#puts.begin(({ json, text }, index) => {
      length += json.length + text.length;
      return index < AT_ONCE && (index === 0 || length <= TEXT_AT_ONCE);
    });
    if (some.length === 0) return;
    const { kind, maxSize, overflow } = this.#options;
    const patience = PATIENCE * this.#link.poll;
    const records = some.flatMap(({ item: { json, place, text } }) =>
      kind === 'plain' ? [json] : [json, place, text],
    );
    try {
      const args = [this.#channel, patience, ++this.#requests, maxSize, overflow, ...records];
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
    const patience = PATIENCE * this.#link.poll;
    try {
      // What was lent and not told of would wait for the end of its lease.
      if (this.#unsure) await this.#giveBack(await this.#lease(this.#unsure), this.#unsure.tokens);
      this.#unsure = { args: [this.#channel, patience, ++this.#requests, ...wanted], tokens };
      const reply = await this.#lease(this.#unsure);
      this.#unsure = undefined;
      const [isOver, wait, ...lent] = reply as [number, number, ...unknown[]];
      for (const [index, wish] of some.entries()) {
        const [id, json, count] = lent.slice(3 * index, 3 * index + 3) as [string?, string?, number?];
        if (id !== undefined && json !== undefined && count !== undefined) {
          const one = { id, json, count, token: tokens[index] as string };
          // Whoever wanted it has left: it is the next one again.
          if (!wish.fulfil(one)) void this.#settled('release', one).catch(() => {});
        } else if (isOver) wish.fulfil(undefined);
      }
      this.#goOn(this.#takes, this.#takePump, lent.length / 3 < some.length && !isOver, wait);
    } catch (error) {
      this.#takes.dismiss(error);
    }
  }

  /** The same request again answers with what it answered with before. */
  async #lease({ args, tokens }: LeaseRequest): Promise<unknown[]> {
    const late = (reply: unknown[]): void => void this.#giveBack(reply, tokens).catch(() => {});
    return this.#run(leaseRecords, args, [this.#answers[1]], late);
  }

  async #giveBack([, , ...lent]: readonly unknown[], tokens: readonly string[]): Promise<void> {
    const ids = tokens.map((_, index) => lent[3 * index] as string | undefined);
    await Promise.all(
      ids.map((id, index) => id !== undefined && this.#settled('release', { id, token: tokens[index] as string })),
    );
  }

  async #settle(): Promise<void> {
    const some = this.#settlings.splice(0, AT_ONCE);
    if (some.length === 0) return;
    try {
      const args = some.flatMap(({ id, token, what }) => [what, id, token]);
      const [digits] = (await this.#run(settleRecords, [++this.#requests, ...args], [this.#answers[2]])) as [string];
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
