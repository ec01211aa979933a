import type { TidewayError } from '../errors/index.ts';
import type { Auth } from './credentials.ts';

/** How often and how long a request is tried again. All durations are milliseconds. */
export interface RetryOptions {
  /** All tries, the first included. @default 4 */
  readonly attempts?: number;
  /** No further try begins when it would be later than this after the first. @default 60_000 */
  readonly maxTime?: number;
  /** A server that asks for a longer wait gets no further try: the error comes at once. @default 30_000 */
  readonly maxRetryAfter?: number;
  /** The upper bound of the first wait; it doubles with every try, up to 30 000, with full jitter. @default 500 */
  readonly backoff?: number;
}

/** What every call takes as (part of) its last argument. All durations are milliseconds. */
export interface CallOptions {
  /** Ends the operation; it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** The longest wait for the headers of an answer, for each try. @default 30_000 */
  readonly timeout?: number;
  /** The longest silence between two chunks of a body. @default 60_000 */
  readonly idleTimeout?: number;
  /** The longest time for the whole operation, tries, body and resumptions included. No limit by default. */
  readonly deadline?: number;
  /** `false` is a single try. */
  readonly retry?: RetryOptions | false;
}

/** One try of a request, as hooks see it. */
export interface AttemptContext {
  /** tideway's own id of the request, the same over all its tries. */
  readonly requestId: string;
  /** Counted from 1. */
  readonly attempt: number;
  readonly request: Request;
}

/** Functions that look at every try. What they throw ends the operation and reaches the caller unchanged. */
export interface Hooks {
  /** Before a try is sent; the request that it returns is sent instead. */
  readonly beforeRequest?: (context: AttemptContext) => Request | undefined | Promise<Request | undefined>;
  /** After the headers came, whatever the status. The body belongs to tideway: read a clone. */
  readonly afterResponse?: (context: AttemptContext & { readonly response: Response }) => void | Promise<void>;
  /** Before the wait that precedes another try. */
  readonly beforeRetry?: (context: {
    readonly requestId: string;
    /** The try to come, counted from 1. */
    readonly attempt: number;
    /** The wait before it, in milliseconds. */
    readonly delay: number;
    readonly error: TidewayError;
  }) => void | Promise<void>;
}

/** Where log lines go, such as `console`. */
export interface Logger {
  /** A try that was answered. */
  debug(line: string): void;
  /** As `console` has it; nothing is written to it. */
  info(line: string): void;
  /** A try that failed. */
  warn(line: string): void;
  /** As `console` has it; nothing is written to it. */
  error(line: string): void;
}

/** The platform's `fetch`, or anything that answers as it does. It is always given a `Request`. */
export type Fetch = (request: Request) => Promise<Response>;

/** How a {@link Connection} reaches Scrapy Cloud. */
export interface ConnectionOptions extends CallOptions {
  /** The credential. Without one requests go out unsigned, for a `fetch` that signs them itself. */
  readonly auth?: Auth;
  /** The storage API. @default 'https://storage.zyte.com/' */
  readonly endpoint?: string | URL;
  /** The dash API. @default 'https://app.zyte.com/api/' */
  readonly dashEndpoint?: string | URL;
  /** @default globalThis.fetch */
  readonly fetch?: Fetch;
  /** Sent where the runtime allows it (browsers do not). @default 'tideway/<version>' */
  readonly userAgent?: string;
  readonly hooks?: Hooks;
  /** One line for every try. Silent by default. */
  readonly logger?: Logger;
  /** Lets a credential of text into a page of a browser, where whoever opens the page can read it. @default false */
  readonly dangerouslyAllowBrowser?: boolean;
}

/** A value of a query string or form; an array is a repeated field, undefined is left out. */
export type QueryValue = string | number | boolean | undefined | readonly (string | number | boolean)[];

/** One request of a {@link Connection}. */
export interface RequestOptions extends CallOptions {
  /** @default 'GET' */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Which of the two hosts. @default 'storage' */
  readonly api?: 'storage' | 'dash';
  readonly query?: Readonly<Record<string, QueryValue>>;
  /** A body of form fields. */
  readonly form?: Readonly<Record<string, QueryValue>>;
  /** A body of JSON. */
  readonly json?: unknown;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the request may be repeated. By default GET and DELETE may. */
  readonly idempotent?: boolean;
}
