import type * as Cache from '../../src/cache/index.ts';
import { DIST } from './sdk.ts';

/** Where the answers come from that are cached. */
export interface CacheHitsOrder {
  readonly origin: string;
}

/** Microseconds for one answer, its body read. */
export interface CacheHitsResult {
  /** The platform's `fetch` over the loopback, one after the other. */
  readonly fetch: number;
  /** What is found in the memory cache, as the fetcher takes it. */
  readonly found: number;
  /** The same as a `Response`, by `cachedFetch`. */
  readonly response: number;
  /** The same, by the rules of HTTP. */
  readonly http: number;
  /** A `Response` that is made of bytes, and read: there is no faster one. */
  readonly bare: number;
  /** How many bytes were read of each kind. */
  readonly bytes: readonly number[];
}

const FETCHES = 500;
const HITS = 20_000;

const { origin } = JSON.parse(process.argv[2] ?? '{}') as CacheHitsOrder;
const { answerThrough, cachedFetch, memoryCache }: typeof Cache = await import(new URL('cache.js', DIST).href);
const url = `${origin}/a`;
const store = memoryCache({ ttl: 3_600_000 });
const cached = cachedFetch(store);
const byRules = cachedFetch(memoryCache({ policy: 'http' }));
const request = { method: 'GET', url, headers: new Headers() };
const never = (): Promise<Response> => Promise.reject(new Error('The cache sent a request'));
const kept = new Uint8Array(await (await cached(url)).arrayBuffer());
await (await byRules(url)).arrayBuffer();
const headers = { 'content-type': 'text/plain', 'content-length': String(kept.length), date: new Date().toUTCString() };

async function time(times: number, read: () => Promise<{ readonly byteLength: number }>): Promise<[number, number]> {
  let bytes = 0;
  const started = performance.now();
  for (let n = 0; n < times; n++) bytes += (await read()).byteLength;
  return [((performance.now() - started) / times) * 1000, bytes / times];
}

async function measure(): Promise<CacheHitsResult> {
  const fetched = await time(FETCHES, async () => (await fetch(url)).arrayBuffer());
  const found = await time(HITS, async () => {
    const { stored } = await answerThrough(store, request, never);
    return stored?.open() as Uint8Array;
  });
  const response = await time(HITS, async () => (await cached(url)).arrayBuffer());
  const http = await time(HITS, async () => (await byRules(url)).arrayBuffer());
  const bare = await time(HITS, () => new Response(kept, { status: 200, headers }).arrayBuffer());
  const all = [fetched, found, response, http, bare];
  const [own = 0, ...others] = all.map(([microseconds]) => microseconds);
  return {
    fetch: own,
    found: others[0] ?? 0,
    response: others[1] ?? 0,
    http: others[2] ?? 0,
    bare: others[3] ?? 0,
    bytes: all.map(([, bytes]) => bytes),
  };
}

process.on('message', async () => process.send?.(await measure()));
process.send?.('ready');
