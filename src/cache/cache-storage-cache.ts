import { ConnectionError, checkInteger, checkType, expected } from '../errors/index.ts';
import { type CacheOptions, cacheRules } from './cache-options.ts';
import { sha256 } from './hash.ts';
import type { ResponseCache, StoredHead } from './response-cache.ts';

const DEFAULT_MAX_ENTRIES = 1000;
/** Entries have addresses, of a name that nobody can own (RFC 6761). */
const ORIGIN = 'https://cache.tideway.invalid/';
/** Where the head of an entry is. */
const HEAD = 'x-tideway-head';
/** Seconds: ten years. Cloudflare forgets what has no time. */
const LONGEST_AGE = 315_360_000;

/** What a `Cache` has to do, of all that the platform's can: its type is not the same everywhere. */
export interface CacheLike {
  /** The response that is stored for an address. */
  match(url: string): Promise<Response | undefined>;
  /** Stores a response for an address, in place of another one. */
  put(url: string, response: Response): Promise<void>;
  /** Forgets an entry; answers whether there was one. */
  delete(entry: Request | string): Promise<boolean>;
  /** What is stored, the oldest first. */
  keys(): Promise<readonly Request[]>;
}

/** The same of a `CacheStorage`, such as `globalThis.caches`. */
export interface CacheStorageLike {
  /** The cache of a name, made if there is none. */
  open(name: string): Promise<CacheLike>;
  /** Deletes the cache of a name; answers whether there was one. */
  delete(name: string): Promise<boolean>;
}

/** The options of {@link cacheStorageCache}. */
export interface CacheStorageCacheOptions extends CacheOptions {
  /** The name of the platform's cache. @default 'tideway' */
  readonly name?: string;
  /**
   * How many answers are kept; the oldest makes way. Cloudflare cannot list entries and decides by itself. How many bytes
   * they take is up to the platform: what does not fit is not stored. @default 1000
   */
  readonly maxEntries?: number;
  /** @default globalThis.caches */
  readonly caches?: CacheStorageLike;
}

/**
 * A cache on the platform's Cache API: browsers (secure pages and workers), Deno, Cloudflare Workers. It outlives the
 * program. Addresses and credentials are not stored, only a hash of both is.
 *
 * @throws ConfigurationError, also where there is no Cache API.
 */
export function cacheStorageCache(options: CacheStorageCacheOptions = {}): ResponseCache {
  const rules = cacheRules(options);
  const { caches = platformCaches(), maxEntries = DEFAULT_MAX_ENTRIES, name = 'tideway' } = options;
  checkType('name', name, 'string');
  checkInteger('maxEntries', maxEntries, 1);
  if (typeof caches?.open !== 'function') expected('a runtime that has the Cache API (`caches`)', caches);
  let opened: Promise<{ readonly store: CacheLike; readonly epoch: string }> | undefined;
  /** How many entries there may be, so that they are not listed for every answer. */
  let count: number | undefined;

  const open = (): NonNullable<typeof opened> => {
    opened ??= (async () => {
      const store = await caches.open(name);
      return { store, epoch: (await (await store.match(`${ORIGIN}epoch`))?.text()) ?? '' };
    })();
    // What failed once may work later.
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };
  const addressed = async (key: string): Promise<{ store: CacheLike; url: string }> => {
    const { epoch, store } = await open();
    return { store, url: ORIGIN + (await sha256(epoch + key)) };
  };
  const write = (store: CacheLike, url: string, head: StoredHead, body: BodyInit): Promise<void> => {
    const age = Math.ceil((head.keepUntil - rules.clock()) / 1000);
    const headers = {
      'cache-control': `max-age=${Math.max(1, Math.min(age, LONGEST_AGE))}`,
      [HEAD]: encodeURIComponent(JSON.stringify(head)),
    };
    return store.put(url, new Response(body, { headers }));
  };
  const trim = async (store: CacheLike): Promise<void> => {
    if (count !== undefined && ++count <= maxEntries) return;
    const entries = await listed(store);
    // Some more than must be: listing them takes its time.
    const surplus = entries.length > maxEntries ? entries.length - Math.floor(maxEntries * 0.9) : 0;
    await Promise.all(entries.slice(0, surplus).map((entry) => store.delete(entry)));
    count = entries.length - surplus;
  };

  return {
    rules,
    get: async (key) => {
      const { store, url } = await addressed(key);
      let match = await store.match(url);
      if (!match) return undefined;
      const head = JSON.parse(decodeURIComponent(match.headers.get(HEAD) ?? '')) as StoredHead;
      if (rules.clock() >= head.keepUntil) {
        await match.body?.cancel();
        await store.delete(url);
        return undefined;
      }
      return {
        head,
        open: () => {
          const { body } = match ?? {};
          match = undefined;
          return (body as ReadableStream<Uint8Array<ArrayBuffer>>) ?? again(store, url);
        },
      };
    },
    put: async (key, head, body) => {
      const { store, url } = await addressed(key);
      const broken: unknown[] = [];
      try {
        await write(store, url, head, tellingErrors(body, broken));
      } catch (error) {
        // Not every platform takes back what it has of a body that breaks.
        await store.delete(url);
        // Nor does every one hand over what broke it: Firefox throws something of its own.
        throw broken[0] ?? error;
      }
      await trim(store);
    },
    update: async (key, head) => {
      const { store, url } = await addressed(key);
      const match = await store.match(url);
      if (match) await write(store, url, head, await match.arrayBuffer());
    },
    delete: async (key) => {
      const { store, url } = await addressed(key);
      await store.delete(url);
    },
    clear: async () => {
      const { store } = await open();
      opened = undefined;
      count = undefined;
      try {
        await caches.delete(name);
      } catch {
        // Cloudflare deletes no cache. From now on the entries have other addresses.
        const headers = { 'cache-control': `max-age=${LONGEST_AGE}` };
        await store.put(`${ORIGIN}epoch`, new Response(crypto.randomUUID(), { headers }));
      }
    },
  };
}

/** Where a page has no storage, as in a sandboxed frame, the platform's own throws as soon as it is looked at. */
function platformCaches(): CacheStorageLike | undefined {
  try {
    return globalThis.caches;
  } catch {
    return undefined;
  }
}

/** The entries, the oldest first; none where they cannot be listed. */
async function listed(store: CacheLike): Promise<readonly Request[]> {
  try {
    return await store.keys();
  } catch {
    return [];
  }
}

/** The same body, which writes down what it breaks with. */
function tellingErrors(body: ReadableStream<Uint8Array<ArrayBuffer>>, errors: unknown[]): typeof body {
  const reader = body.getReader();
  return new ReadableStream(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          errors.push(error);
          throw error;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** The body of an entry, for whoever comes second. */
function again(store: CacheLike, url: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  let reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  return new ReadableStream(
    {
      pull: async (controller) => {
        if (!reader) {
          const match = await store.match(url);
          if (!match) throw new ConnectionError('A stored answer was forgotten before it was read');
          reader = (match.body as ReadableStream<Uint8Array<ArrayBuffer>> | null)?.getReader();
        }
        const step = await reader?.read();
        if (step?.value) controller.enqueue(step.value);
        else controller.close();
      },
      cancel: (reason) => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
