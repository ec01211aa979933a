import type { StoredResponse } from './response-cache.ts';

/** What a cache has to know of a request. A `Request` has it all. */
export interface CacheRequest {
  /** In upper case. */
  readonly method: string;
  /** Absolute. Its fragment does not count. */
  readonly url: string;
  readonly headers: Headers;
  /** Answers to requests that follow redirects and to others are kept apart. @default 'follow' */
  readonly redirect?: Request['redirect'];
  /** As `fetch` has it: `no-store` passes by, `reload` and `no-cache` ask anew, `force-cache` takes what is there. */
  readonly cache?: Request['cache'];
  /** Whether a browser adds cookies that nobody sees. @default 'same-origin' */
  readonly credentials?: Request['credentials'];
  /** Ends the wait for the answer and the answer's body. It ends no request that others wait for. */
  readonly signal?: AbortSignal | null;
}

/**
 * Sends the request when the cache has no answer. `validators` are header fields to send with it, of an answer that is
 * stored and may still hold: an answer of 304 is then handed back as it is. `signal` ends the request, and the body of
 * its answer, once nobody waits for it any more. A body that is handed back is always read to its end or cancelled.
 */
export type Send = (validators: readonly (readonly [string, string])[], signal: AbortSignal) => Promise<Response>;

/** An answer, and where it is from. */
export interface CacheAnswer {
  /** Made when it is first asked for, where `stored` is there. */
  readonly response: Response;
  /**
   * What was stored, for those who need no `Response`: making one takes many times longer than finding it. Its head is
   * as it was stored, without a current `age`.
   */
  readonly stored?: StoredResponse;
  /**
   * `network`: this call sent for it; `shared`: another call that was in the air already did; `cache`: it was stored;
   * `revalidated`: it was stored, and the server said that it still holds.
   */
  readonly source: 'network' | 'shared' | 'cache' | 'revalidated';
}
