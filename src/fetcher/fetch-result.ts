import { notJson, TidewayError } from '../errors/index.ts';

/** Milliseconds. */
export interface Timings {
  /** From acceptance until it was first sent: the queue, limits and admission. */
  readonly queued: number;
  /** From the last sending until its headers; undefined without an answer. */
  readonly ttfb: number | undefined;
  /** From acceptance to the end; of a stream, until it was handed over. */
  readonly total: number;
}

/** What a {@link FetchResult} is made of. */
export interface FetchResultInit {
  readonly url: string;
  readonly finalUrl: string;
  readonly redirects: readonly string[];
  readonly hopsHidden: boolean;
  readonly response: Response | undefined;
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  readonly error: Error | undefined;
  readonly fromCache: boolean;
  readonly skipped: boolean;
  readonly attempts: number;
  readonly timings: Timings;
}

/**
 * What became of a URL, the same in every runtime. An HTTP status is an answer, also 404, and 503 after the last try;
 * what gave no answer has a typed `error`.
 */
export class FetchResult {
  /** As it was given. */
  readonly url: string;
  /** Where the answer came from, after redirects. */
  readonly finalUrl: string;
  /** Where each redirect led, in order. Empty in browsers, which follow on their own; see `hopsHidden`. */
  readonly redirects: readonly string[];
  /** Whether the platform followed redirects that it does not show. */
  readonly hopsHidden: boolean;
  /** Undefined when no answer came. */
  readonly status: number | undefined;
  /** Whether the status is 200 to 299. */
  readonly ok: boolean;
  /** The body as it comes, with `stream: true`. What waits for it keeps its place until it is read or cancelled. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  /** Why there is no answer, or none that is whole. */
  readonly error: Error | undefined;
  /** Whether a cache had it, and nothing was read from the network. */
  readonly fromCache: boolean;
  /** Whether a hook wanted no body. */
  readonly skipped: boolean;
  /** How many requests were sent, redirects not counted. */
  readonly attempts: number;
  readonly timings: Timings;
  readonly #response: Response | undefined;
  readonly #bytes: Uint8Array<ArrayBuffer> | undefined;
  #headers: Headers | undefined;

  constructor(init: FetchResultInit) {
    this.url = init.url;
    this.finalUrl = init.finalUrl;
    this.redirects = init.redirects;
    this.hopsHidden = init.hopsHidden;
    this.status = init.response?.status;
    this.ok = init.error === undefined && init.response?.ok === true;
    this.body = init.body;
    this.error = init.error;
    this.fromCache = init.fromCache;
    this.skipped = init.skipped;
    this.attempts = init.attempts;
    this.timings = init.timings;
    this.#response = init.response;
    this.#bytes = init.bytes;
  }

  /** The headers of the answer; none without one. */
  get headers(): Headers {
    this.#headers ??= this.#response?.headers ?? new Headers();
    return this.#headers;
  }

  /** The cookies that the answer sets, by name. Browsers show none. */
  get cookies(): Readonly<Record<string, string>> {
    const cookies: Record<string, string> = Object.create(null);
    for (const line of this.headers.getSetCookie?.() ?? []) {
      // A value may have equals signs of its own.
      const [, name, value] = /^\s*([^=;]+?)\s*=\s*([^;]*?)\s*(?:;|$)/.exec(line) ?? [];
      if (name !== undefined) cookies[name] = value ?? '';
    }
    return cookies;
  }

  /**
   * The body. Of a stream it is read to its end, whatever its size, and only once.
   *
   * @throws the result's error.
   */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.error) throw this.error;
    if (this.#bytes) return this.#bytes;
    if (!this.body) return new Uint8Array();
    if (this.body.locked) throw new TidewayError(`The body of ${pathOf(this.finalUrl)} was read already`);
    return new Uint8Array(await new Response(this.body).arrayBuffer());
  }

  /** The body as text, in the encoding that `content-type` names, or else UTF-8. */
  async text(): Promise<string> {
    const bytes = await this.bytes();
    const [, label = 'utf-8'] = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(this.headers.get('content-type') ?? '') ?? [];
    try {
      return new TextDecoder(label).decode(bytes);
    } catch {
      return new TextDecoder().decode(bytes);
    }
  }

  /**
   * The body as JSON.
   *
   * @throws DecodeError, with line and position.
   */
  async json<T = unknown>(): Promise<T> {
    const text = await this.text();
    try {
      return JSON.parse(text) as T;
    } catch {
      throw await notJson(`JSON from ${pathOf(this.finalUrl)}`, text);
    }
  }
}

/** What an error may show of a URL: neither credentials nor a query string. */
export function pathOf(url: string | URL): string {
  const { origin, pathname } =
    typeof url === 'string' && !URL.canParse(url) ? { origin: '', pathname: 'a URL' } : new URL(url);
  return origin + pathname;
}
