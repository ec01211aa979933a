import type { HeaderList } from './cache-key.ts';
import type { CacheAnswer, CacheRequest, Send } from './cache-request.ts';
import { isBrowser } from './needs.ts';
import type { ResponseCache, StoredResponse } from './response-cache.ts';
import { SharedBody } from './shared-body.ts';

/**
 * How long the end of a body is waited for when all its readers left, in milliseconds: whoever counts records leaves
 * behind the last one, and the end comes with it or at once.
 */
const END_GRACE = 10;

/** What a flight ended with: an answer that is stored, or one that comes over the network. */
export type Landing =
  | { readonly stored: StoredResponse; readonly age: number | undefined; readonly source: 'cache' | 'revalidated' }
  | {
      readonly response: Response;
      readonly body: SharedBody | undefined;
      /** Whether others who asked for the same may have it. */
      readonly isShared: boolean;
      /** When it is stored, or is known not to be; undefined when it may not be. */
      readonly saved: Promise<void> | undefined;
    };

/** What a search for an answer is given. */
export interface Search {
  readonly cache: ResponseCache;
  readonly key: string;
  /** The key, and the headers that make the request what it is. */
  readonly id: string;
  readonly request: CacheRequest;
  /** Its headers, without credentials. */
  readonly plain: HeaderList;
  readonly send: Send;
  readonly flight: Flight;
}

/**
 * One search for an answer, in the store and then on the network, for all who want the same at the same time. Each of
 * them may leave; the last one takes the request along.
 */
export class Flight {
  readonly key: string;
  /** Made when it is needed: what is found in the store needs none. */
  #controller: AbortController | undefined;
  /** Those who wait for the answer or read its body. */
  #passengers = 0;
  #body: SharedBody | undefined;
  readonly landing: Promise<Landing>;
  #hasLanded = false;
  /** Whether an unsafe request has made void what is on its way: it is not stored then. */
  isVoid = false;
  #isClosed = false;
  /** Resolves when nobody can find it any more: it is stored, or will never be. */
  readonly #closing: Promise<void>;

  constructor(key: string, search: (flight: Flight) => Promise<Landing>) {
    this.key = key;
    this.landing = search(this);
    const close = (): void => {
      this.#isClosed = true;
    };
    this.#closing = this.landing.then((landing) => ('saved' in landing ? landing.saved : undefined)).then(close, close);
  }

  /** Calls back when it is stored or will never be, before anybody else is told. */
  onClose(close: () => void): void {
    this.#closing.then(close);
  }

  /** Waits until then, or rejects with the reason of the signal. */
  closed(signal: AbortSignal | null | undefined): Promise<void> {
    return signal ? raced(this.#closing, signal) : this.#closing;
  }

  /** Whether all of the answer is there. */
  get isWhole(): boolean {
    return this.#hasLanded && (this.#body?.isWhole ?? true);
  }

  /** Aborted when nobody waits any more. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  get isJoinable(): boolean {
    return !this.#isClosed && !this.#controller?.signal.aborted && (this.#body?.isJoinable ?? true);
  }

  /** The body of what landed, for its readers and the store. */
  share(response: Response): SharedBody | undefined {
    const { body } = response;
    this.#body = body ? new SharedBody(body as ReadableStream<Uint8Array<ArrayBuffer>>, isMarked(response)) : undefined;
    return this.#body;
  }

  /** Keeps the request going without anybody who waits for it. Answers with a release. */
  hold(): (reason?: unknown) => void {
    this.#passengers++;
    let isOn = true;
    return (reason) => {
      if (isOn && --this.#passengers === 0) this.#abandon(reason);
      isOn = false;
    };
  }

  /** Waits for the answer; undefined when it is of no use to others than those who asked first. */
  async board(signal: AbortSignal | null | undefined, isFirst: boolean): Promise<CacheAnswer | undefined> {
    signal?.throwIfAborted();
    const leave = this.hold();
    try {
      const landing = await (signal ? raced(this.landing, signal) : this.landing);
      this.#hasLanded = true;
      if ('stored' in landing) {
        leave();
        const { age, source, stored } = landing;
        return new StoredAnswer(stored, source, age, signal);
      }
      const { body, isShared, response } = landing;
      if (!isFirst && !(isShared && (body?.isJoinable ?? true))) {
        leave();
        return undefined;
      }
      if (!body) leave();
      // A redirect that a browser hides has no status, and nobody can make another one of it.
      if (response.status === 0) return { response, source: 'network' };
      const own = new Response(body?.open(leave, signal) ?? null, response);
      return { response: located(own, response.url, response.redirected), source: isFirst ? 'network' : 'shared' };
    } catch (error) {
      leave(error);
      throw error;
    }
  }

  #abandon(reason: unknown): void {
    const end = (): void => {
      // All of it is there, and may be on its way into the store; or somebody came meanwhile.
      if (this.isWhole || this.#passengers > 0) return;
      this.#body?.cancel(reason);
      // Also what is not sent yet.
      this.#controller ??= new AbortController();
      this.#controller.abort(reason);
    };
    if (this.#body) setTimeout(end, END_GRACE);
    else end();
  }
}

/** What is found, with a `Response` for whoever asks for it. */
class StoredAnswer implements CacheAnswer {
  readonly stored: StoredResponse;
  readonly source: 'cache' | 'revalidated';
  readonly #age: number | undefined;
  readonly #signal: AbortSignal | null | undefined;
  #response: Response | undefined;

  constructor(
    stored: StoredResponse,
    source: 'cache' | 'revalidated',
    age: number | undefined,
    signal: AbortSignal | null | undefined,
  ) {
    this.stored = stored;
    this.source = source;
    this.#age = age;
    this.#signal = signal;
  }

  get response(): Response {
    this.#response ??= responseOf(this.stored, this.#age, this.#signal);
    return this.#response;
  }
}

/** The flights of each store. */
const FLIGHTS: WeakMap<ResponseCache, Map<string, Flight>> = new WeakMap();

export function flightsOf(cache: ResponseCache): Map<string, Flight> {
  const flights = FLIGHTS.get(cache) ?? new Map();
  FLIGHTS.set(cache, flights);
  return flights;
}

function responseOf({ head, open }: StoredResponse, age: number | undefined, signal?: AbortSignal | null): Response {
  const { headers, status, statusText, url } = head;
  const content = status === 204 || status === 205 || status === 304 ? null : open();
  const body =
    signal && content instanceof ReadableStream ? content.pipeThrough(new TransformStream(), { signal }) : content;
  const response = new Response(body, { status, statusText, headers: headers as [string, string][] });
  if (age !== undefined) response.headers.set('age', String(age));
  return url === undefined ? response : located(response, url, true);
}

/** What the constructor of `Response` cannot be told. */
function located(response: Response, url: string, redirected: boolean): Response {
  return Object.defineProperties(response, { url: { value: url }, redirected: { value: redirected } });
}

/**
 * Whether the end of a body can be told from a connection that was cut. Without a length and chunks only the closing
 * marks it (RFC 9112, section 6.3); under TLS, where HTTP/2 has marks of its own, and in browsers nobody can see which.
 */
function isMarked({ headers, url }: Response): boolean {
  return headers.has('content-length') || headers.has('transfer-encoding') || !url.startsWith('http:') || isBrowser();
}

/** Settles as the promise does, or rejects with the reason of the signal. */
function raced<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
