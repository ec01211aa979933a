import { ConnectionError } from '../errors/index.ts';
import { isBrowser } from '../http/runtime.ts';
import type { CacheAnswer, CacheRequest, Send } from './cache-request.ts';
import type { ResponseCache } from './response-cache.ts';
import { receive, through } from './through.ts';

/**
 * Answers a request from a cache where that may be, and else by sending it: at most once at a time for identical
 * requests, whose callers all get the answer, each with a body of its own. What may be stored is stored while it is
 * read; a body that breaks, or that is cancelled by all, is not.
 *
 * The answer is always asynchronous. An abort of the request's signal rejects with its reason, and ends the request
 * itself when nobody else waits for it.
 *
 * @throws what `send` throws. A cache that fails harms nobody: `onError` of its rules is told.
 */
export function answerThrough(cache: ResponseCache, request: CacheRequest, send: Send): Promise<CacheAnswer> {
  receive({ ConnectionError, isBrowser });
  return through(cache, request, send);
}
