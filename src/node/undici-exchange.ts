import { Duplex } from 'node:stream';
import { createBrotliDecompress } from 'node:zlib';
import type { UndiciDispatcher } from './load-undici.ts';

/** How many chunks of a body wait for their reader before the socket is read no further. */
const CHUNKS_AHEAD = 8;

/** What is sent. */
export interface UndiciRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array> | null;
  readonly signal: AbortSignal | null | undefined;
  readonly isRedirected: boolean;
}

/** What undici hands over with every event: the way to slow it down, or to end it. */
interface Controller {
  pause(): void;
  resume(): void;
  abort(reason: unknown): void;
}

/** A `Response` that tells where it is from. */
class LocatedResponse extends Response {
  readonly #url: string;
  readonly #isRedirected: boolean;

  constructor(body: ReadableStream | null, init: ResponseInit, { isRedirected, url }: UndiciRequest) {
    super(body, init);
    this.#url = url.href.replace(/#.*/, '');
    this.#isRedirected = isRedirected;
  }

  override get url(): string {
    return this.#url;
  }

  override get redirected(): boolean {
    return this.#isRedirected;
  }
}

/** Sends a request once. Redirects are answers like others. */
export function exchange(dispatcher: UndiciDispatcher, request: UndiciRequest): Promise<Response> {
  return new Promise((resolve, reject) => new UndiciExchange(request, resolve, reject).start(dispatcher));
}

/** One request and its answer, told by undici in events (its dispatch handler, of version 7 and later). */
class UndiciExchange {
  readonly #request: UndiciRequest;
  readonly #resolve: (response: Response) => void;
  readonly #reject: (reason: unknown) => void;
  #controller: Controller | undefined;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  #hasEnded = false;

  constructor(request: UndiciRequest, resolve: (response: Response) => void, reject: (reason: unknown) => void) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(dispatcher: UndiciDispatcher): void {
    const { body, headers, method, signal, url } = this.#request;
    if (signal?.aborted) {
      this.#reject(signal.reason);
      return;
    }
    signal?.addEventListener('abort', this.#abort);
    try {
      dispatcher.dispatch({ origin: url.origin, path: url.pathname + url.search, method, headers, body }, this);
    } catch (error) {
      this.#fail(new TypeError('fetch failed', { cause: error }));
    }
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#hasEnded) controller.abort(this.#request.signal?.reason);
  }

  onResponseStart(
    controller: Controller,
    status: number,
    fields: Readonly<Record<string, string | string[] | undefined>>,
    statusText?: string,
  ): void {
    // What comes before the answer, such as 103.
    if (status < 200) return;
    this.#controller = controller;
    const headers: [string, string][] = [];
    for (const [name, value] of Object.entries(fields)) {
      if (typeof value === 'string') headers.push([name, value]);
      else for (const one of value ?? []) headers.push([name, one]);
    }
    const isEmpty = this.#request.method === 'HEAD' || status === 204 || status === 205 || status === 304;
    try {
      const body = isEmpty ? null : decoded(this.#open(), fields['content-encoding']);
      this.#resolve(new LocatedResponse(body, { status, statusText: statusText ?? '', headers }, this.#request));
    } catch (error) {
      // A status that no `Response` can have.
      this.#fail(new TypeError('fetch failed', { cause: error }));
      controller.abort(error);
    }
  }

  onResponseData(controller: Controller, chunk: Uint8Array): void {
    if (this.#hasEnded || !this.#body) return;
    // A copy: the memory is a part of what the socket reads into.
    this.#body.enqueue(new Uint8Array(chunk));
    if ((this.#body.desiredSize ?? 1) <= 0) controller.pause();
  }

  onResponseEnd(): void {
    if (this.#hasEnded) return;
    this.#end();
    this.#body?.close();
  }

  onResponseError(_controller: Controller, cause: unknown): void {
    this.#fail(new TypeError(this.#body ? 'terminated' : 'fetch failed', { cause }));
  }

  #open(): ReadableStream<Uint8Array> {
    return new ReadableStream(
      {
        start: (body) => {
          this.#body = body;
        },
        pull: () => this.#controller?.resume(),
        cancel: (reason) => {
          this.#end();
          this.#controller?.abort(reason instanceof Error ? reason : new Error('The body was cancelled'));
        },
      },
      { highWaterMark: CHUNKS_AHEAD },
    );
  }

  #abort = (): void => {
    const reason: unknown = this.#request.signal?.reason;
    this.#fail(reason);
    this.#controller?.abort(reason);
  };

  #fail(reason: unknown): void {
    if (this.#hasEnded) return;
    this.#end();
    if (this.#body) this.#body.error(reason);
    this.#reject(reason);
  }

  #end(): void {
    this.#hasEnded = true;
    this.#request.signal?.removeEventListener('abort', this.#abort);
  }
}

/** The body as the program is to see it, where it was encoded on the wire. */
function decoded(
  body: ReadableStream<Uint8Array>,
  encoding: string | string[] | undefined,
): ReadableStream<Uint8Array> {
  if (!encoding) return body;
  // The last one was applied last (RFC 9110, section 8.4).
  return String(encoding)
    .toLowerCase()
    .split(',')
    .reverse()
    .reduce((stream: ReadableStream, name) => {
      const coding = name.trim().replace(/^x-/, '');
      if (coding === 'gzip' || coding === 'deflate') return stream.pipeThrough(new DecompressionStream(coding));
      if (coding === 'br') return stream.pipeThrough(Duplex.toWeb(createBrotliDecompress()) as TransformStream);
      return stream;
    }, body);
}
