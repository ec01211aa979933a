import type { CacheRules } from './cache-options.ts';
import type { CacheRequest } from './cache-request.ts';
import { sha256 } from './hash.ts';
import { isBrowser } from './needs.ts';

/** Headers as `Headers` lists them: names in lower case and in order. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** Of requests that the cache has nothing to do with. */
const UNCACHED = /^(range|if-(match|none-match|modified-since|unmodified-since|range))$/;

/**
 * The key under which an answer is stored: method, URL without its fragment, how redirects are handled, and a hash of
 * the credentials. Undefined when the request passes by the cache: only whole answers to GET and HEAD are stored, and
 * those to requests with credentials when the rules say so.
 */
export function cacheKey(
  request: CacheRequest,
  headers: HeaderList,
  rules: CacheRules,
): string | Promise<string> | undefined {
  const { cache, method, url } = request;
  if (!(method === 'GET' || method === 'HEAD') || cache === 'no-store' || !/^https?:/.test(url)) return undefined;
  const credentials: string[] = [];
  for (const [name, value] of headers) {
    if (UNCACHED.test(name) || (name === 'cache-control' && /\bno-store\b/i.test(value))) return undefined;
    if (rules.credentialHeaders.includes(name)) credentials.push(name, value);
  }
  if (sendsCookies(request)) credentials.push('cookies');
  const key = resourceKey(method, url, request.redirect);
  if (credentials.length === 0) return key;
  return rules.storeCredentialed ? partition(key, credentials) : undefined;
}

/** The keys of what an unsafe request to a URL makes invalid, for whoever sent it and for everybody. */
export async function keysOf(url: string, { headers, ...request }: CacheRequest, rules: CacheRules): Promise<string[]> {
  const credentials = [...headers].filter(([name]) => rules.credentialHeaders.includes(name)).flat();
  if (sendsCookies({ headers, ...request })) credentials.push('cookies');
  const keys = (['GET', 'HEAD'] as const).flatMap((method) =>
    (['follow', 'manual', 'error'] as const).map((redirect) => resourceKey(method, url, redirect)),
  );
  if (credentials.length === 0 || !rules.storeCredentialed) return keys;
  return [...keys, ...(await Promise.all(keys.map((key) => partition(key, credentials))))];
}

/** The request headers that are no credentials, which are in the key already. */
export function plainHeaders(headers: HeaderList, rules: CacheRules): HeaderList {
  return headers.filter(([name]) => !rules.credentialHeaders.includes(name));
}

function resourceKey(method: string, url: string, redirect: Request['redirect'] = 'follow'): string {
  const end = url.indexOf('#');
  return `${redirect === 'follow' ? '' : `${redirect} `}${method} ${end < 0 ? url : url.slice(0, end)}`;
}

async function partition(key: string, credentials: readonly string[]): Promise<string> {
  return `${key} ${await sha256(JSON.stringify(credentials))}`;
}

/** A browser adds cookies that no program sees: to requests to its page's own origin, or where it is told to. */
function sendsCookies({ credentials = 'same-origin', url }: CacheRequest): boolean {
  if (!isBrowser() || credentials === 'omit') return false;
  return credentials === 'include' || new URL(url).origin === globalThis.location?.origin;
}
