import { checkType, expected } from '../errors/index.ts';
import { answerThrough } from './answer-through.ts';
import type { CacheRequest } from './cache-request.ts';
import type { ResponseCache } from './response-cache.ts';

/** A function with the arguments of the platform's `fetch`. */
export type FetchFunction = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** The options of {@link cachedFetch}. */
export interface CachedFetchOptions {
  /** What sends requests; it is always given a `Request`. @default globalThis.fetch */
  readonly fetch?: (request: Request) => Promise<Response>;
}

const FROM_CACHE: WeakSet<Response> = new WeakSet();
const NO_HEADERS: Headers = new Headers();

/**
 * A `fetch` that answers from a cache where it may, and stores what comes while it is read. Identical requests in the
 * air become one. It rejects as the `fetch` below it does, and with the reason of an abort.
 *
 * @throws ConfigurationError when it is given something else than a cache.
 * @example
 * const cloud = new ScrapyCloud({ auth, fetch: cachedFetch(memoryCache({ storeCredentialed: true })) });
 */
export function cachedFetch(cache: ResponseCache, options: CachedFetchOptions = {}): FetchFunction {
  if (typeof cache?.get !== 'function' || !cache.rules) expected('a cache, such as `memoryCache()`', cache);
  checkType('fetch', options.fetch, 'function');
  // The platform's own is looked up late: programs and tests replace it.
  const below = options.fetch ?? ((request: Request) => globalThis.fetch(request));
  return async (input, init) => {
    const request = asked(input, init);
    const answer = await answerThrough(cache, request, async (validators, signal) => {
      const sent = new Request(request instanceof Request ? request : input, { signal });
      for (const [name, value] of validators) sent.headers.set(name, value);
      return below(sent);
    });
    const { response } = answer;
    if (answer.stored) FROM_CACHE.add(response);
    return response;
  };
}

/** Whether an answer of a {@link cachedFetch} was stored before, or confirmed by the server to be what was stored. */
export function isFromCache(response: Response): boolean {
  return FROM_CACHE.has(response);
}

/** The request; of a mere URL only what is needed to find its answer, as that is many times faster. */
function asked(input: string | URL | Request, init: RequestInit | undefined): CacheRequest {
  if (!init && !(input instanceof Request)) {
    try {
      const { href, password, username } = new URL(input);
      if (!username && !password) return { method: 'GET', url: href, headers: NO_HEADERS };
    } catch {
      // Relative to a page, or nothing that can be fetched: the platform knows.
    }
  }
  return new Request(input, init);
}
