import ky from 'ky';
import { ConfigurationError, checkEach, type TidewayError, TimeoutError } from '../errors/index.ts';
import { type Attempts, sendOnce } from './attempt.ts';
import { bodyOf, expectBody } from './body.ts';
import { basic, parseCredential } from './credentials.ts';
import { endpoint } from './endpoint.ts';
import type { BodyReader } from './later/body-reader.ts';
import type { CallOptions, ConnectionOptions, RequestOptions, RetryOptions } from './options.ts';
import type { Path } from './path.ts';
import { encodeFields } from './query.ts';
import { retryDelay, retryOptions } from './retry-policy.ts';
import { isBrowser } from './runtime.ts';
import { Scope } from './scope.ts';
import { version } from './version.ts';

/**
 * How everything of tideway asks Scrapy Cloud: turns a path into a response with a status of 2xx, or a typed error.
 *
 * Requests that may be repeated (GET, DELETE and those marked `idempotent`) are, until headers come, on 408, 429, 502,
 * 503, 504 and network failures. Redirects are never followed: they could carry the credential elsewhere.
 *
 * @throws ConfigurationError for options that cannot work, and for a credential of text in a browser's page.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #endpoints: { readonly storage: string; readonly dash: string };
  readonly #authorize: Attempts['authorize'];
  /** Aborted by `close`. */
  readonly #closed: Scope = new Scope();

  constructor(options: ConnectionOptions = {}) {
    checkEach(options, { fetch: 'function', hooks: 'object', logger: 'object', userAgent: 'string' });
    checkCall(options);
    this.#options = options;
    this.#endpoints = {
      storage: endpoint('endpoint', options.endpoint ?? 'https://storage.zyte.com/'),
      dash: endpoint('dashEndpoint', options.dashEndpoint ?? 'https://app.zyte.com/api/'),
    };
    const { auth = () => undefined } = options;
    if (typeof auth === 'function') this.#authorize = auth;
    else {
      const [user, password] = parseCredential(auth);
      if (isBrowser() && !options.dangerouslyAllowBrowser) {
        throw new ConfigurationError(
          'Expected `auth` to be a function in a browser, where others can read a key; or set `dangerouslyAllowBrowser`',
        );
      }
      this.#authorize = () => basic(user, password);
    }
  }

  /** How often requests are tried unless a call says otherwise, as far as the user said. */
  get retry(): RetryOptions | false | undefined {
    return this.#options.retry;
  }

  /**
   * The body of an answer as JSON; undefined when it is empty. `refusedWith` finds the status of a refusal that comes
   * with a status of 200.
   */
  async json<T = unknown>(
    path: Path,
    options: RequestOptions = {},
    refusedWith?: (value: T) => number | undefined,
  ): Promise<T> {
    return (await this.open(path, options)).json(path, refusedWith);
  }

  /** The body of an answer as text, at most 128 MiB. */
  async text(path: Path, options: RequestOptions = {}): Promise<string> {
    return (await this.open(path, options)).whole(path);
  }

  /** The answer. Its body is a stream under the same timeouts, deadline and signal. */
  async request(path: Path, options: RequestOptions = {}): Promise<Response> {
    return (await this.open(path, options)).toResponse();
  }

  /** Opens the body of an answer. Whoever opens it reads it to its end or cancels it. */
  async open(path: Path, options: RequestOptions = {}): Promise<BodyReader> {
    const own = this.#options;
    const { api = 'storage', form, json, method = 'GET' } = options;
    const retry = retryOptions(options.retry ?? own.retry);
    const repeatable = options.idempotent ?? (method === 'GET' || method === 'DELETE');
    const url = new URL(this.#endpoints[api] + path.replace(/^\//, ''));
    url.search = String(encodeFields(options.query));
    const scope = this.scope(`${method} ${url.pathname}`, options);
    const exchange: Attempts = {
      own,
      authorize: this.#authorize,
      secrets: new Set(),
      timeout: options.timeout ?? own.timeout ?? 30_000,
      idleTimeout: options.idleTimeout ?? own.idleTimeout ?? 60_000,
      // Names the tries of one request in logs; nothing secret hangs on it.
      requestId: Math.random().toString(16).slice(2, 10),
      method,
      path: url.pathname,
      scope,
    };
    const started = performance.now();
    let attempt = 0;
    let delay: number | undefined;
    try {
      scope.signal.throwIfAborted();
      const answer = ky(url, {
        method,
        headers: {
          accept: '*/*',
          ...(!isBrowser() && { 'user-agent': own.userAgent ?? `tideway/${version}` }),
          ...options.headers,
        },
        body: form ? encodeFields(form) : options.body,
        json,
        signal: scope.signal,
        timeout: false,
        fetch: (request) => sendOnce(request as Request, ++attempt, exchange),
        retry: {
          limit: repeatable ? retry.attempts - 1 : 0,
          methods: [method.toLowerCase() as 'get'],
          shouldRetry: async ({ error }) => {
            delay = retryDelay(error, attempt, performance.now() - started, retry);
            if (delay === undefined || scope.signal.aborted) return false;
            const { requestId } = exchange;
            await own.hooks?.beforeRetry?.({ requestId, attempt: attempt + 1, delay, error: error as TidewayError });
            return true;
          },
          delay: () => delay ?? 0,
        },
      });
      expectBody();
      return await scope.race(answer.then((response) => bodyOf(response, exchange)));
    } catch (error) {
      scope.end();
      throw error;
    }
  }

  /**
   * The life of an operation of several requests: ends with the call's signal, the connection's, its `close`, and the
   * deadline. Each request is then given the scope's signal, and no deadline of its own.
   */
  scope(what: string, options: CallOptions): Scope {
    checkCall(options);
    const { deadline = this.#options.deadline, signal } = options;
    const reason = (): TimeoutError => new TimeoutError(`${what} was not done`, 'deadline', deadline ?? 0);
    return new Scope(this.#closed.signal, this.#options.signal, signal).expire(deadline, reason);
  }

  /** Ends everything that is under way; later requests are refused. */
  close(): void {
    this.#closed.abort(new ConfigurationError('Expected an open connection, got one that was closed'));
  }
}

/** Checks what a call and a connection have in common. */
export function checkCall(options: CallOptions): void {
  checkEach(options, { signal: 'object', timeout: 'duration', idleTimeout: 'duration', deadline: 'duration' });
  retryOptions(options.retry);
}
