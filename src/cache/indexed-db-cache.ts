import { clear, createStore, delMany, entries, get, getMany, keys, type UseStore } from 'idb-keyval';
import { ConnectionError, checkInteger, checkType, expected } from '../errors/index.ts';
import { type CacheOptions, cacheRules } from './cache-options.ts';
import { sha256 } from './hash.ts';
import { piecesOf } from './pieces.ts';
import type { ResponseCache, StoredHead } from './response-cache.ts';
import { WriteBatch } from './write-batch.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const DEFAULT_MAX_ENTRIES = 1000;
/** Bytes. */
const DEFAULT_MAX_BYTES: number = 256 * 1024 * 1024;
/** How many pieces are read ahead of their reader. */
const PIECES_AT_ONCE = 4;
/** How many pieces of a body are written before the next ones are read. */
const PIECES_IN_THE_AIR = 8;
/** How often the last use of an entry is written down, in milliseconds. */
const USE_INTERVAL = 60_000;
/** Pieces without a head are no answer that another page is storing at this moment when they are so old, in ms. */
const ORPHAN_AGE = 3_600_000;

/** The options of {@link indexedDbCache}. */
export interface IndexedDbCacheOptions extends CacheOptions {
  /** The name of the database; bodies are in a second one, `<name>-bodies`. @default 'tideway-cache' */
  readonly name?: string;
  /** How many answers are kept; those that were not used for the longest time make way. @default 1000 */
  readonly maxEntries?: number;
  /** How many bytes their bodies may take together. @default 256 MiB */
  readonly maxBytes?: number;
}

/** What is stored under the hash of a key. */
interface Entry {
  readonly head: StoredHead;
  /** Its pieces are stored under `<id>/<number>`. It begins with the time. */
  readonly id: string;
  readonly pieces: number;
  readonly size: number;
  /** When it was last used. */
  readonly used: number;
}

/**
 * A cache in IndexedDB, for browsers: it survives a reload, and all pages of an origin share it. Answers are written in
 * batches and in pieces, bounded by entries and bytes; what does not fit into the browser's quota is not stored.
 * Addresses and credentials are not stored, only a hash of both is.
 *
 * @throws ConfigurationError, also where there is no IndexedDB.
 */
export function indexedDbCache(options: IndexedDbCacheOptions = {}): ResponseCache {
  const rules = cacheRules(options);
  const { maxBytes = DEFAULT_MAX_BYTES, maxEntries = DEFAULT_MAX_ENTRIES, name = 'tideway-cache' } = options;
  checkType('name', name, 'string');
  checkInteger('maxEntries', maxEntries, 1);
  checkInteger('maxBytes', maxBytes, 1);
  if (typeof indexedDB !== 'object') expected('a runtime that has IndexedDB', typeof indexedDB);
  return new IndexedDbCache(rules, name, maxEntries, maxBytes);
}

class IndexedDbCache implements ResponseCache {
  readonly rules: ResponseCache['rules'];
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  readonly #heads: UseStore;
  readonly #bodies: UseStore;
  readonly #batch: WriteBatch;
  /** What there may be; other pages write, too. Undefined until it is counted. */
  #count: { entries: number; bytes: number } | undefined;
  /** Runs one at a time. */
  #trimming: Promise<void> | undefined;
  /** How many read an entry as of now, by its id. Its pieces are not deleted meanwhile. */
  readonly #readers = new Map<string, number>();

  constructor(rules: ResponseCache['rules'], name: string, maxEntries: number, maxBytes: number) {
    this.rules = rules;
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
    this.#heads = createStore(name, 'heads');
    this.#bodies = createStore(`${name}-bodies`, 'bodies');
    this.#batch = new WriteBatch(this.#heads, this.#bodies);
  }

  async get(key: string): ReturnType<ResponseCache['get']> {
    const hash = await sha256(key);
    const entry = await get<Entry>(hash, this.#heads);
    if (!entry) return undefined;
    const now = this.rules.clock();
    if (now >= entry.head.keepUntil) {
      await this.#remove([[hash, entry]]);
      return undefined;
    }
    if (Math.abs(now - entry.used) > USE_INTERVAL) {
      this.#revise(hash, entry.id, (old) => ({ ...old, used: now })).catch(this.rules.onError);
    }
    return { head: entry.head, open: () => this.#open(entry) };
  }

  async put(key: string, head: StoredHead, body: ReadableStream<Bytes>): Promise<void> {
    const hash = await sha256(key);
    const used = this.rules.clock();
    const id = `${Math.floor(used)}-${crypto.randomUUID()}`;
    let pieces = 0;
    let size = 0;
    try {
      const inTheAir: Promise<void>[] = [];
      let last: [string, Bytes][] = [];
      for await (const piece of piecesOf(body)) {
        // The last piece goes with the head, into one batch.
        if (last.length > 0) inTheAir.push(this.#batch.add(last));
        for (const one of inTheAir) one.catch(() => {});
        if (inTheAir.length >= PIECES_IN_THE_AIR) await inTheAir.shift();
        last = [[`${id}/${pieces++}`, piece]];
        size += piece.length;
      }
      await Promise.all(inTheAir);
      const old = await get<Entry>(hash, this.#heads);
      const entry: Entry = { head, id, pieces, size, used };
      await this.#batch.add(last, [hash, entry]);
      if (old) await this.#forget([old]);
      await this.#trim(1, size);
    } catch (error) {
      await this.#batch.flush();
      await delMany(numbered(id, 0, pieces), this.#bodies).catch(() => {});
      // The browser's quota: the next answers may find room.
      if ((error as Error | undefined)?.name === 'QuotaExceededError') await this.#shrink(0.5);
      throw error;
    }
  }

  async update(key: string, head: StoredHead): Promise<void> {
    await this.#batch.flush();
    await this.#revise(await sha256(key), undefined, (old) => ({ ...old, head }));
  }

  async delete(key: string): Promise<void> {
    const hash = await sha256(key);
    await this.#batch.flush();
    const entry = await get<Entry>(hash, this.#heads);
    if (entry) await this.#remove([[hash, entry]]);
  }

  async clear(): Promise<void> {
    await this.#batch.flush();
    await clear(this.#heads);
    await clear(this.#bodies);
    this.#count = { entries: 0, bytes: 0 };
  }

  #open({ id, pieces }: Entry): ReadableStream<Bytes> {
    let next = 0;
    const ahead: Bytes[] = [];
    let isReading = true;
    this.#readers.set(id, (this.#readers.get(id) ?? 0) + 1);
    const end = (): void => {
      const others = (this.#readers.get(id) ?? 1) - 1;
      if (isReading && others > 0) this.#readers.set(id, others);
      else if (isReading) this.#readers.delete(id);
      isReading = false;
    };
    return new ReadableStream<Bytes>(
      {
        pull: async (controller) => {
          try {
            if (ahead.length === 0 && next < pieces) {
              const names = numbered(id, next, Math.min(pieces, next + PIECES_AT_ONCE));
              for (const piece of await getMany<Bytes>(names, this.#bodies)) {
                if (!piece) throw new ConnectionError('A stored answer was forgotten before it was read');
                ahead.push(piece);
              }
              next += names.length;
            }
            const piece = ahead.shift();
            if (piece) return controller.enqueue(piece);
            controller.close();
          } catch (error) {
            controller.error(error);
          }
          end();
        },
        cancel: end,
      },
      { highWaterMark: 0 },
    );
  }

  /** Changes an entry that is there, and is the one that is meant, in one transaction. */
  #revise(hash: string, id: string | undefined, change: (old: Entry) => Entry): Promise<void> {
    return this.#heads(
      'readwrite',
      (store) =>
        new Promise((resolve, reject) => {
          const request: IDBRequest<Entry | undefined> = store.get(hash);
          request.onsuccess = () => {
            const { result } = request;
            if (result && (id === undefined || id === result.id)) store.put(change(result), hash);
          };
          store.transaction.oncomplete = () => resolve();
          store.transaction.onabort = () => reject(store.transaction.error);
        }),
    );
  }

  async #remove(some: readonly (readonly [string, Entry])[]): Promise<void> {
    await delMany(
      some.map(([hash]) => hash),
      this.#heads,
    );
    await this.#forget(some.map(([, entry]) => entry));
  }

  /** Deletes bodies, but for those that are being read: they are found when the cache is next trimmed. */
  async #forget(some: readonly Pick<Entry, 'id' | 'pieces' | 'size'>[]): Promise<void> {
    const unread = some.filter(({ id }) => !this.#readers.has(id));
    const names = unread.flatMap(({ id, pieces }) => numbered(id, 0, pieces));
    if (names.length > 0) await delMany(names, this.#bodies);
    if (!this.#count) return;
    this.#count.entries -= some.length;
    for (const { size } of some) this.#count.bytes -= size;
  }

  /** Counts what was stored, and makes room when there is too much. */
  async #trim(added: number, bytes: number): Promise<void> {
    if (this.#count) {
      this.#count.entries += added;
      this.#count.bytes += bytes;
      if (this.#count.entries <= this.#maxEntries && this.#count.bytes <= this.#maxBytes) return;
    }
    await this.#shrink(1);
  }

  /** Deletes what is too old, and what was not used for the longest time, down to a part of what is allowed. */
  #shrink(part: number): Promise<void> {
    this.#trimming ??= this.#sweep(part).finally(() => {
      this.#trimming = undefined;
    });
    return this.#trimming;
  }

  async #sweep(part: number): Promise<void> {
    const now = this.rules.clock();
    const all = await entries<string, Entry>(this.#heads);
    const byUse = all.sort(([, one], [, other]) => other.used - one.used);
    let count = 0;
    let bytes = 0;
    for (const [, { size }] of all) bytes += size;
    const isOver = all.length > this.#maxEntries || bytes > this.#maxBytes;
    // Some more than must be: counting takes its time.
    const share = part < 1 ? part : isOver ? 0.9 : 1;
    const mostEntries = Math.max(1, Math.floor((part < 1 ? all.length : this.#maxEntries) * share));
    const mostBytes = (part < 1 ? bytes : this.#maxBytes) * share;
    bytes = 0;
    const surplus = byUse.filter(([, { head, size }]) => {
      if (now >= head.keepUntil || count + 1 > mostEntries || bytes + size > mostBytes) return true;
      count++;
      bytes += size;
      return false;
    });
    // Counted first: what is deleted is taken off.
    this.#count = { entries: all.length, bytes: all.reduce((sum, [, { size }]) => sum + size, 0) };
    if (surplus.length > 0) await this.#remove(surplus);
    const known = new Set(all.map(([, { id }]) => id));
    const orphans = (await keys<string>(this.#bodies)).filter((piece) => {
      const id = piece.slice(0, piece.lastIndexOf('/'));
      return !known.has(id) && !this.#readers.has(id) && Math.abs(now - Number.parseInt(id, 10)) > ORPHAN_AGE;
    });
    if (orphans.length > 0) await delMany(orphans, this.#bodies);
  }
}

function numbered(id: string, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `${id}/${from + index}`);
}
