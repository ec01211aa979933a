import type { FetchFunction } from './fetch-function.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** How a URL is asked for. All durations are milliseconds. What is left out is as the fetcher has it. */
export interface FetchInit {
  /** @default 'GET' */
  readonly method?: string;
  readonly headers?: RequestInit['headers'];
  /** A stream can be sent once only: such a request is not tried again, and follows no redirect that repeats it. */
  readonly body?: RequestInit['body'];
  /** Higher goes first; equals in the order in which they came. @default 0 */
  readonly priority?: number;
  /** Anything of your own that goes with the task. */
  readonly data?: unknown;
  /** Ends it, wherever it is: queued, waiting, connecting or reading. */
  readonly signal?: AbortSignal | null;
  /** Hands over the body as it comes, in `result.body`, in place of reading it. @default false */
  readonly stream?: boolean;
  /** `manual` takes a redirect for the answer. @default 'follow' */
  readonly redirect?: 'follow' | 'manual';
  /** The most redirects. @default 20 */
  readonly maxRedirects?: number;
  /** What sends it in place of the fetcher's own, such as a fetch through a proxy. */
  readonly fetch?: FetchFunction;
  /** As `fetch` has it; `no-store` passes by the fetcher's cache, too. */
  readonly cache?: RequestInit['cache'];
  /** Whether a browser sends its cookies, as `fetch` has it. */
  readonly credentials?: RequestInit['credentials'];
  /** The longest wait for the headers of an answer, for each try. @default 30_000 */
  readonly timeout?: number;
  /** The longest silence between two chunks of a body. @default 60_000 */
  readonly idleTimeout?: number;
  /** The longest time from acceptance to the end, the queue included. No limit by default. */
  readonly deadline?: number;
  /** The largest body, in bytes, after decompression. Bodies handed over as streams have no limit. @default 10 MiB */
  readonly maxBodyBytes?: number;
  readonly retry?: RetryPolicy | false;
}
