import { type CacheOptions, type CacheRules, cacheRules } from '../cache/cache-options.ts';
import { sha256 } from '../cache/hash.ts';
import { piecesOf } from '../cache/pieces.ts';
import type { ResponseCache, StoredHead, StoredResponse } from '../cache/response-cache.ts';
import { ConnectionError, checkDuration, expected } from '../errors/index.ts';
import {
  addPiece,
  dropEntry,
  nextGeneration,
  readEntry,
  readGeneration,
  readPieces,
  writeEntry,
  writeHead,
} from './cache-scripts.ts';
import { decodeValue } from './json-value.ts';
import { Link, type RedisOptions } from './link.ts';
import { checkName, keysOf } from './names.ts';
import { decodePiece, encodePiece } from './piece.ts';
import type { RedisClient } from './redis-commands.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** How many pieces are read at once. */
const PIECES_AT_ONCE = 4;
/** How long a piece waits for the next one, and what was replaced for its readers, in milliseconds. */
const GRACE = 60_000;
/** From so many milliseconds on nothing is timed: some three hundred years. */
const FOR_EVER = 1e13;
/** Clocks that differ by less are taken for the same, in milliseconds. */
const SAME_TIME = 2_000;
/** How often it is looked whether somebody else has fetched what is wanted, in milliseconds. */
const LOOK = 50;

/** The options of {@link redisCache}. */
export interface RedisCacheOptions extends CacheOptions, RedisOptions {
  /** Whoever has the same prefix shares the cache. @default 'default' */
  readonly prefix?: string;
  /** Whether bodies are stored in gzip. @default false */
  readonly compress?: boolean;
  /**
   * How long what is not there is waited for when somebody else has asked for it in vain and may be fetching it, in
   * milliseconds. It helps where answers can be stored; where they cannot, each one is waited for. By default nobody waits
   * for other machines.
   */
  readonly flightTimeout?: number;
}

/** An entry, as Redis has it. */
interface Entry {
  readonly head: StoredHead;
  readonly id: string;
  readonly pieces: number;
  readonly piece: string;
  readonly isCompressed: boolean;
}

/**
 * A {@link ResponseCache} that all machines share. Entries end by themselves when their time is over; Redis makes room by
 * its own rules (`maxmemory-policy`). Addresses and credentials are not stored, only a hash of both is.
 *
 * @throws ConfigurationError for options that cannot work.
 * @example
 * const fetcher = new Fetcher({ cache: redisCache(client, { prefix: 'acme', ttl: 3_600_000 }) });
 */
export function redisCache(client: RedisClient, options: RedisCacheOptions = {}): ResponseCache {
  const rules = cacheRules(options);
  const { compress = false, flightTimeout, prefix = 'default' } = options;
  checkName('prefix', prefix);
  checkDuration('flightTimeout', flightTimeout);
  if (flightTimeout === Number.POSITIVE_INFINITY)
    expected('`flightTimeout` to be a number of milliseconds', flightTimeout);
  if (typeof compress !== 'boolean') expected('`compress` to be a boolean', compress);
  return new RedisCache(rules, new Link(client, options), prefix, compress, Math.ceil(flightTimeout ?? 0));
}

class RedisCache implements ResponseCache {
  readonly rules: CacheRules;
  readonly #link: Link;
  readonly #prefix: string;
  readonly #isCompressing: boolean;
  readonly #flightTimeout: number;
  readonly #state: readonly string[];
  readonly #id: string = crypto.randomUUID();
  /** How far the server's clock is ahead of the rules' one, in milliseconds; measured once. */
  #offset: number | undefined;

  constructor(rules: CacheRules, link: Link, prefix: string, isCompressing: boolean, flightTimeout: number) {
    this.rules = rules;
    this.#link = link;
    this.#prefix = prefix;
    this.#isCompressing = isCompressing;
    this.#flightTimeout = flightTimeout;
    this.#state = [keysOf('cache', prefix)('state')];
  }

  async get(key: string): Promise<StoredResponse | undefined> {
    const name = await this.#nameOf(key);
    const until = performance.now() + this.#flightTimeout;
    for (;;) {
      const [generation, found] = await Promise.all([this.#generation(), this.#read(name)]);
      const { entry, isAwaited } = found;
      if (entry && found.generation === generation && this.rules.clock() < entry.head.keepUntil) {
        return { head: entry.head, open: () => this.#open(name, entry) };
      }
      if (!isAwaited || performance.now() > until) return undefined;
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  }

  async put(key: string, head: StoredHead, body: ReadableStream<Bytes>): Promise<void> {
    const name = await this.#nameOf(key);
    const id = crypto.randomUUID();
    const generation = this.#generation();
    // What fails before it is waited for is told below.
    generation.catch(() => {});
    let pieces = 0;
    let last: string | undefined;
    const write = async (): Promise<void> => {
      if (last === undefined) return;
      await this.#link.run(addPiece, [name('entry'), name(id)], [pieces, GRACE, last]);
      pieces++;
    };
    try {
      const bounded = body.pipeThrough(bound(this.rules.maxEntryBytes));
      const stream = this.#isCompressing
        ? bounded.pipeThrough(new CompressionStream('gzip') as TransformStream<Bytes, Bytes>)
        : bounded;
      for await (const piece of piecesOf(stream)) {
        await write();
        last = encodePiece(piece);
      }
      if (pieces > 0) await write();
      const number = await generation;
      const old = await this.#read(name, true);
      const keys = [name('entry'), name('flight'), name(id), name(old.entry?.id ?? id)];
      const text = this.#textOf(head);
      // A body of a single piece is stored with its head.
      const inline = pieces > 0 ? '' : (last ?? 't');
      await this.#link.run(writeEntry, keys, [this.#keep(head), GRACE, number, text, id, pieces, inline]);
    } catch (error) {
      this.#link.run(dropEntry, [name('none'), name('flight'), name(id)], [1, this.#id]).catch(() => {});
      throw error;
    }
  }

  async update(key: string, head: StoredHead): Promise<void> {
    const name = await this.#nameOf(key);
    const { entry } = await this.#read(name, true);
    if (!entry) return;
    const keys = [name('entry'), name(entry.id)];
    // Another entry than that one has a head of its own.
    await this.#link.run(writeHead, keys, [this.#keep(head), this.#textOf(head, entry.isCompressed), entry.id]);
  }

  async delete(key: string): Promise<void> {
    const name = await this.#nameOf(key);
    const { entry } = await this.#read(name, true);
    const keys = [name('entry'), name('flight'), name(entry?.id ?? 'none')];
    await this.#link.run(dropEntry, keys, [GRACE, this.#id]);
  }

  async clear(): Promise<void> {
    await this.#link.run(nextGeneration, this.#state);
  }

  async #nameOf(key: string): Promise<(part: string) => string> {
    return keysOf('cache', `${this.#prefix}:${await sha256(key)}`);
  }

  async #generation(): Promise<number> {
    const [generation, now] = (await this.#link.run(readGeneration, this.#state)) as [number, number];
    this.#offset ??= now - this.rules.clock();
    return generation;
  }

  async #read(
    name: (part: string) => string,
    isForWriting = false,
  ): Promise<{ readonly generation: number; readonly entry?: Entry; readonly isAwaited: boolean }> {
    const reply = await this.#link.run(
      readEntry,
      [name('entry'), name('flight')],
      [this.#id, isForWriting ? 0 : this.#flightTimeout],
    );
    const [generation, text, id, pieces, piece, isAwaited] = reply as [number, string, string, number, string, number];
    if (generation < 0) return { generation, isAwaited: isAwaited === 1 };
    const stored = decodeValue(text) as { head: StoredHead; gzip?: true; offset: number };
    if (this.#offset === undefined) await this.#generation();
    const head = shifted(stored.head, stored.offset - (this.#offset as number));
    const entry = { head, id, pieces, piece, isCompressed: stored.gzip === true };
    return { generation, entry, isAwaited: false };
  }

  #textOf(head: StoredHead, isCompressed: boolean = this.#isCompressing): string {
    return JSON.stringify({ head, offset: this.#offset, ...(isCompressed && { gzip: true }) });
  }

  /** How long Redis keeps an entry, in milliseconds; 0 for ever. */
  #keep({ keepUntil }: StoredHead): number {
    const time = Math.ceil(keepUntil - this.rules.clock());
    return time > FOR_EVER ? 0 : Math.max(1, time);
  }

  #open(name: (part: string) => string, { id, isCompressed, piece, pieces }: Entry): Bytes | ReadableStream<Bytes> {
    if (pieces === 0 && !isCompressed) return decodePiece(piece);
    let next = 0;
    const ahead: string[] = pieces === 0 ? [piece] : [];
    const stream = new ReadableStream<Bytes>(
      {
        pull: async (controller) => {
          if (ahead.length === 0 && next < pieces) {
            const to = Math.min(pieces, next + PIECES_AT_ONCE);
            const some = (await this.#link.run(readPieces, [name('entry'), name(id)], [next, to - 1])) as string[];
            if (some.length < to - next) throw new ConnectionError('A stored answer was forgotten before it was read');
            next = to;
            ahead.push(...some);
          }
          const first = ahead.shift();
          if (first === undefined) controller.close();
          else controller.enqueue(decodePiece(first));
        },
      },
      { highWaterMark: 0 },
    );
    return isCompressed ? stream.pipeThrough(new DecompressionStream('gzip') as TransformStream<Bytes, Bytes>) : stream;
  }
}

/** The times of another machine's clock, in those of this one's. The policy `http` keeps its own in `t`. */
function shifted(head: StoredHead, by: number): StoredHead {
  if (Math.abs(by) < SAME_TIME) return head;
  const { keepUntil, policy, storedAt } = head;
  const time = (policy as { readonly t?: unknown } | undefined)?.t;
  return {
    ...head,
    storedAt: storedAt + by,
    keepUntil: keepUntil + by,
    ...(typeof time === 'number' && { policy: { ...policy, t: time + by } }),
  };
}

/** Fails when more than so many bytes pass. */
function bound(maxBytes: number): TransformStream<Bytes, Bytes> {
  let size = 0;
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.length;
      if (size > maxBytes) controller.error(new ConnectionError('The body is larger than `maxEntryBytes`'));
      else controller.enqueue(chunk);
    },
  });
}
