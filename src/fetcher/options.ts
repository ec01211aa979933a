import type { ResponseCache } from '../cache/response-cache.ts';
import type { Clock } from './clock.ts';
import type { FetchFunction } from './fetch-function.ts';
import type { FetchPolicy, Gate } from './fetch-policy.ts';
import type { LimitRule } from './limit-rule.ts';
import type { Limiter } from './limiter.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** How a `Fetcher` works. All durations are milliseconds. */
export interface FetcherOptions {
  /** The most requests at once, from 1 up. @default 10 */
  readonly concurrency?: number;
  /** Limits of sites; the first rule that matches a URL counts. It holds for redirects, too. */
  readonly limits?: readonly LimitRule[];
  /** A limiter of another kind, in place of `limits`. */
  readonly limiter?: Limiter;
  /** What goes next. @default fifo() */
  readonly policy?: FetchPolicy;
  /** Keeps answers; what it has takes no place and counts for no limit. */
  readonly cache?: ResponseCache;
  /** Refuses origins that fail too often: `circuitBreaker()`. */
  readonly breaker?: Gate;
  /** `false` is a single try. */
  readonly retry?: RetryPolicy | false;
  /** The longest wait for the headers of an answer, for each try. @default 30_000 */
  readonly timeout?: number;
  /** The longest silence between two chunks of a body. @default 60_000 */
  readonly idleTimeout?: number;
  /** The longest time for a task from acceptance to the end, the queue included. No limit by default. */
  readonly deadline?: number;
  /** The largest body, in bytes, after decompression. @default 10_485_760, 10 MiB */
  readonly maxBodyBytes?: number;
  /** The most redirects of a task. @default 20 */
  readonly maxRedirects?: number;
  /** Follows redirects from https to http, too. @default false */
  readonly allowDowngrade?: boolean;
  /** Headers that go to the first origin only, beside `authorization`, `cookie` and `proxy-authorization`. */
  readonly secretHeaders?: readonly string[];
  /** Headers of every request; a request's own win. */
  readonly headers?: RequestInit['headers'];
  /** @default globalThis.fetch */
  readonly fetch?: FetchFunction;
  /** Ends everything: as `stop({ mode: 'abort' })`, with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * Refuses requests into private networks, redirects included, with a `PrivateNetworkError`: for URLs that come from
   * strangers. It sees addresses and names in URLs, in every spelling, not what a name leads to: `publicFetch` of
   * `tideway/node` does. @default false
   */
  readonly blockPrivateNetworks?: boolean;
  /** Whether it works from the first task on, or waits for `start()`. @default true */
  readonly autoStart?: boolean;
  /** The most tasks that wait; a further one is refused with a `QueueFullError`. @default 1_000_000 */
  readonly maxQueueSize?: number;
  /** Where time comes from; for tests. @default the platform's */
  readonly clock?: Clock;
}

/** What a fetcher has done so far, and is doing. */
export interface FetcherStats {
  /** Tasks that were accepted. */
  readonly accepted: number;
  /** Tasks with an answer, whatever its status. */
  readonly succeeded: number;
  /** Tasks with none. */
  readonly failed: number;
  /** Answers from the cache. */
  readonly fromCache: number;
  /** Requests that were sent: tries and redirects. */
  readonly requests: number;
  /** Tries after the first. */
  readonly retries: number;
  /** Bytes of bodies, after decompression. */
  readonly bytes: number;
  /** Tasks in the queue. */
  readonly queued: number;
  /** Tasks that wait for a limit, an admission or another try. */
  readonly waiting: number;
  /** Requests in the air. */
  readonly running: number;
}
