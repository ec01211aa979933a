import { expected } from '../errors/check.ts';
import { version } from '../http/version.ts';
import { loadUndici, type UndiciDispatcher } from './load-undici.ts';
import { exchange, type UndiciRequest } from './undici-exchange.ts';

/** The most redirects that are followed. */
const MAX_REDIRECTS = 20;
/** A body of a `Request` that is longer is sent as it comes, and without its length. Bytes. */
const WHOLE_BODY_BYTES: number = 16 * 1024 * 1024;
/** What is sent where the program says nothing else. */
const DEFAULTS: Readonly<Record<string, string>> = {
  accept: '*/*',
  'accept-encoding': 'gzip, deflate',
  'user-agent': `tideway/${version}`,
};
/** What does not go along to another origin. */
const SECRET = ['authorization', 'cookie', 'proxy-authorization', 'host'];
/** What belongs to a body. */
const OF_BODY = ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length'];

/** A function with the arguments of the platform's `fetch`. */
export type NodeFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** The options of {@link undiciFetch}. */
export interface UndiciFetchOptions {
  /** What sends, such as `new Agent({ connections: 50 })` of undici. @default an `Agent` with undici's defaults */
  readonly dispatcher?: UndiciDispatcher;
}

/**
 * A `fetch` for Node that asks undici directly: it leaves out what only browsers need, and has more than twice the
 * requests a second of the platform's own where the server is near. The package `undici` (7 or later) is loaded with the
 * first request. Answers are real `Response`s; it rejects as `fetch` does: with a `TypeError` whose `cause` tells more,
 * and with the reason of an abort.
 *
 * Differences to `fetch`: no cache, no CORS, no `data:` and `blob:` URLs, no `integrity`.
 *
 * @throws ConfigurationError, also when undici is not installed (with the first request).
 * @example
 * const cloud = new ScrapyCloud({ auth, fetch: undiciFetch() });
 */
export function undiciFetch(options: UndiciFetchOptions = {}): NodeFetch {
  const { dispatcher } = options;
  if (dispatcher !== undefined && typeof dispatcher?.dispatch !== 'function') {
    expected('`dispatcher` to be a dispatcher of undici', dispatcher);
  }
  let own = dispatcher;
  const load = async (): Promise<UndiciDispatcher> => {
    const { Agent } = await loadUndici();
    own ??= new Agent();
    return own;
  };
  return fetchWith(() => own ?? load());
}

/** A `fetch` that sends each request, those of redirects included, with the dispatcher for its URL. */
export function fetchWith(dispatcherFor: (url: URL) => UndiciDispatcher | Promise<UndiciDispatcher>): NodeFetch {
  return async (input, init) => {
    // Nothing is awaited that is there: a microtask more is seen in requests a second.
    const simple = simpleRequest(input, init);
    const redirect = init?.redirect ?? (input instanceof Request ? input.redirect : 'follow');
    let request = simple ?? (await wholeRequest(new Request(input, init)));
    for (let hop = 0; ; hop++) {
      const found = dispatcherFor(request.url);
      const response = await exchange('dispatch' in found ? found : await found, request);
      if (redirect === 'manual' || response.status < 300 || response.status > 399) return response;
      const location = response.headers.get('location');
      if (location === null || !/^30[12378]$/.test(String(response.status))) return response;
      await response.body?.cancel();
      if (redirect === 'error') throw failed('A redirect was not expected');
      if (hop >= MAX_REDIRECTS) throw failed('Too many redirects');
      request = redirected(request, location, response.status);
    }
  };
}

function failed(why: string): TypeError {
  return new TypeError('fetch failed', { cause: new Error(why) });
}

/** A request that needs nothing of the platform's; undefined where only `Request` knows what is meant. */
function simpleRequest(input: string | URL | Request, init: RequestInit = {}): UndiciRequest | undefined {
  const { body = null, method = 'GET', signal } = init;
  const isText = typeof body === 'string';
  const mayHaveBody = method !== 'GET' && method !== 'HEAD';
  if (input instanceof Request || !/^(GET|HEAD|POST|PUT|PATCH|DELETE)$/.test(method)) return undefined;
  if (body !== null && !(mayHaveBody && (isText || body instanceof Uint8Array))) return undefined;
  let url: URL;
  try {
    url = new URL(input);
  } catch {
    return undefined;
  }
  const headers = headersOf(init.headers ? new Headers(init.headers) : []);
  if (isText) headers['content-type'] ??= 'text/plain;charset=UTF-8';
  return { url: fetchable(url), method, headers, body, signal, isRedirected: false };
}

async function wholeRequest({ body, headers, method, signal, url }: Request): Promise<UndiciRequest> {
  const whole = body && (await begun(body));
  return {
    url: fetchable(new URL(url)),
    method,
    headers: headersOf(headers),
    body: whole,
    signal,
    isRedirected: false,
  };
}

/** What `fetch` would fetch, and this can. */
function fetchable(url: URL): URL {
  if (!/^https?:$/.test(url.protocol)) throw new TypeError(`fetch failed: the scheme ${url.protocol} is not supported`);
  if (url.username || url.password) throw new TypeError('fetch failed: a URL cannot include credentials');
  return url;
}

function headersOf(headers: Iterable<readonly [string, string]>): Record<string, string> {
  const result: Record<string, string> = { ...DEFAULTS };
  for (const [name, value] of headers) result[name] = value;
  return result;
}

/** The whole body where it is not too long: then its length can be told. */
async function begun(body: ReadableStream<Uint8Array>): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size <= WHOLE_BODY_BYTES) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    chunks.push(value);
    size += value.length;
  }
  return (async function* () {
    yield* chunks;
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
  })();
}

/** The request that a redirect asks for (the Fetch standard, HTTP-redirect fetch). */
function redirected(request: UndiciRequest, location: string, status: number): UndiciRequest {
  const { body, headers, method, url: from } = request;
  if (!URL.canParse(location, from)) throw failed('A redirect leads nowhere');
  const url = new URL(location, from);
  url.hash ||= from.hash;
  const turnsToGet =
    (status === 303 && method !== 'GET' && method !== 'HEAD') ||
    ((status === 301 || status === 302) && method === 'POST');
  if (!turnsToGet && body !== null && !(typeof body === 'string' || body instanceof Uint8Array)) {
    throw failed('A body that was sent cannot be sent again');
  }
  const dropped = [...(turnsToGet ? OF_BODY : []), ...(url.origin === from.origin ? [] : SECRET)];
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.includes(name)));
  return {
    ...request,
    url: fetchable(url),
    method: turnsToGet ? 'GET' : method,
    headers: kept,
    body: turnsToGet ? null : body,
    isRedirected: true,
  };
}
