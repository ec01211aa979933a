import { checkInteger } from '../errors/index.ts';
import { type CacheOptions, cacheRules } from './cache-options.ts';
import type { ResponseCache, StoredHead } from './response-cache.ts';

const DEFAULT_MAX_ENTRIES = 1000;
/** Bytes. */
const DEFAULT_MAX_BYTES: number = 64 * 1024 * 1024;
/** About what an entry takes beside its texts and its body, in bytes. */
const ENTRY_OVERHEAD = 300;

/** The options of {@link memoryCache}. */
export interface MemoryCacheOptions extends CacheOptions {
  /** How many answers are kept; the one that was not used for the longest time makes way. @default 1000 */
  readonly maxEntries?: number;
  /** How many bytes they may take together, headers and keys included. @default 64 MiB */
  readonly maxBytes?: number;
}

/** A {@link ResponseCache} in the memory of this program. */
export interface MemoryCache extends ResponseCache {
  /** How many answers it holds as of now, and the bytes that they take. */
  readonly size: { readonly entries: number; readonly bytes: number };
}

interface Entry {
  readonly head: StoredHead;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly size: number;
}

/**
 * A cache in memory, bounded by entries and bytes; what was not used for the longest time is forgotten first.
 *
 * @throws ConfigurationError
 * @example
 * const fetcher = new Fetcher({ cache: memoryCache({ ttl: 30_000 }) });
 */
export function memoryCache(options: MemoryCacheOptions = {}): MemoryCache {
  const rules = cacheRules(options);
  const { maxBytes = DEFAULT_MAX_BYTES, maxEntries = DEFAULT_MAX_ENTRIES } = options;
  checkInteger('maxEntries', maxEntries, 1);
  checkInteger('maxBytes', maxBytes, 1);
  /** In the order of their last use. */
  const entries = new Map<string, Entry>();
  let bytes = 0;

  const remove = (key: string): void => {
    bytes -= entries.get(key)?.size ?? 0;
    entries.delete(key);
  };
  const add = (key: string, head: StoredHead, body: Uint8Array<ArrayBuffer>): void => {
    remove(key);
    // Text takes two bytes a character at most.
    const size = body.length + 2 * (key.length + JSON.stringify(head).length) + ENTRY_OVERHEAD;
    if (size > maxBytes) return;
    entries.set(key, { head, body, size });
    bytes += size;
    for (const oldest of entries.keys()) {
      if (entries.size <= maxEntries && bytes <= maxBytes) break;
      remove(oldest);
    }
  };

  return {
    rules,
    get size() {
      return { entries: entries.size, bytes };
    },
    get: async (key) => {
      const entry = entries.get(key);
      if (!entry) return undefined;
      if (rules.clock() >= entry.head.keepUntil) {
        remove(key);
        return undefined;
      }
      entries.delete(key);
      entries.set(key, entry);
      const { body, head } = entry;
      return { head, open: () => body };
    },
    put: async (key, head, body) => add(key, head, await join(body)),
    update: async (key, head) => {
      const entry = entries.get(key);
      if (entry) add(key, head, entry.body);
    },
    delete: async (key) => remove(key),
    clear: async () => {
      entries.clear();
      bytes = 0;
    },
  };
}

/** All bytes of a stream, in memory of their own. */
async function join(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    chunks.push(step.value);
    length += step.value.length;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
