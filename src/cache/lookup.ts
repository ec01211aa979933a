import type { CacheRequest } from './cache-request.ts';
import { sha256 } from './hash.ts';
import type { ResponseCache, StoredHead, StoredResponse } from './response-cache.ts';

/** What is stored under a key for a request, with the key that its variant has. */
export interface Found {
  readonly key: string;
  readonly stored: StoredResponse;
}

/**
 * What is stored for a request. Where an answer depends on request headers, the key itself leads to the names of those
 * headers only, and the variants have keys of their own: a resource that is forgotten takes all its variants along.
 */
export async function lookup(cache: ResponseCache, key: string, request: CacheRequest): Promise<Found | undefined> {
  const first = await read(cache, key);
  const vary = first?.head.vary;
  if (!first || !vary) return first && { key, stored: first };
  const own = await variantKey(key, vary, request);
  const stored = await read(cache, own);
  return stored && { key: own, stored };
}

/** Where a variant is stored. */
export async function variantKey(
  key: string,
  { generation, names }: NonNullable<StoredHead['vary']>,
  { headers }: CacheRequest,
): Promise<string> {
  // Not as they are: a header may be a credential that the rules do not name.
  const values = await sha256(JSON.stringify(names.map((name) => headers.get(name))));
  return `${key} ${generation} ${values}`;
}

/** Reads from a store, which may fail: then there is nothing. */
export async function read(cache: ResponseCache, key: string): Promise<StoredResponse | undefined> {
  try {
    return await cache.get(key);
  } catch (error) {
    cache.rules.onError(error);
    return undefined;
  }
}
