export { answerThrough } from './answer-through.ts';
export type { CacheOptions, CacheRules } from './cache-options.ts';
export type { CacheAnswer, CacheRequest, Send } from './cache-request.ts';
export {
  type CacheLike,
  type CacheStorageCacheOptions,
  type CacheStorageLike,
  cacheStorageCache,
} from './cache-storage-cache.ts';
export { type CachedFetchOptions, cachedFetch, type FetchFunction, isFromCache } from './cached-fetch.ts';
export { type IndexedDbCacheOptions, indexedDbCache } from './indexed-db-cache.ts';
export { type MemoryCache, type MemoryCacheOptions, memoryCache } from './memory-cache.ts';
export type { ResponseCache, StoredHead, StoredResponse } from './response-cache.ts';
