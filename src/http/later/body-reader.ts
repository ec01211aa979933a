import type { ApiError, TidewayError } from '../../errors/index.ts';
import type { Exchange } from '../exchange.ts';
import { type HandedNeeds, type Needs, named } from './needs.ts';

/** The largest answer that is read as a whole, in bytes: a summary of jobs has no limit of its own. */
const WHOLE_BODY_BYTES = 128 * 1024 * 1024;
/** The most of an error's body that is kept, in bytes. */
const ERROR_BODY_BYTES = 64 * 1024;
/** How much a browser is asked for at a time, in bytes. Chromium's own chunks have up to 2 MB and fit in no cache. */
const BUFFER_BYTES = 128 * 1024;

/** Memory that can be given back, where the runtime is of 2023 or later. */
type Transferable = Omit<ArrayBuffer, 'transfer'> & { transfer?(length: number): ArrayBuffer };

/** Either reader of a stream: one takes a view to read into, the other has no use for it. */
interface ChunkReader {
  read(view: Uint8Array<ArrayBuffer>): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>>;
  cancel(reason?: unknown): Promise<void>;
  releaseLock(): void;
}

/**
 * Reads a response's body chunk by chunk, with what `fetch` lacks there: a limit on silence, and an abort that ends a
 * pending read at once, whatever the implementation of `fetch` does with its signal.
 */
export class BodyReader {
  readonly response: Response;
  #reader: ChunkReader | undefined;
  /** Where chunks hold until the next read only: what is read into, or the memory of the last chunk. */
  #buffer: ArrayBuffer | undefined;
  /** Whether it is the former. */
  #readsInto = false;
  exchange: Exchange;
  readonly #needs: Needs;

  constructor(response: Response, exchange: Exchange, needs: HandedNeeds) {
    this.response = response;
    this.#reader = response.body?.getReader();
    this.exchange = exchange;
    this.#needs = named(needs);
  }

  /**
   * A chunk holds until the next read only, from now on, where that pays: browsers then read into the same memory again
   * and again, which is up to 1.5 times as fast in Chromium; elsewhere the memory of a chunk is given back at once, since
   * waiting for the garbage collector makes it run so much more that a read takes up to a tenth longer.
   */
  reuse(): this {
    const { body } = this.response;
    if (!body) return this;
    this.#reader?.releaseLock();
    try {
      // Only a stream of bytes can do this. It shares the memory of its chunks with nobody.
      const reader = body.getReader({ mode: 'byob' });
      this.#readsInto = this.#needs.isBrowser();
      this.#buffer = new ArrayBuffer(this.#readsInto ? BUFFER_BYTES : 0);
      if (this.#readsInto) this.#reader = reader;
      else reader.releaseLock();
    } catch {}
    if (!this.#readsInto) this.#reader = body.getReader();
    return this;
  }

  /**
   * Whether nothing but the closing of the connection marks the end of the body (RFC 9112, section 6.3). Browsers hide
   * the headers that tell, and what comes from no URL came over no connection.
   */
  get endsByClosing(): boolean {
    const { headers, url } = this.response;
    return (
      url !== '' && !this.#needs.isBrowser() && !headers.has('content-length') && !headers.has('transfer-encoding')
    );
  }

  /**
   * The next chunk; undefined at the end.
   *
   * @throws TimeoutError of phase `idle`; ConnectionError when the body breaks; the reason of an abort.
   */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { idleTimeout, method, path, scope } = this.exchange;
    const { broken, isTidewayError, TimeoutError } = this.#needs;
    const what = `The body of ${method} ${path}`;
    // Only silence while somebody waits counts: a slow consumer is no broken connection.
    const idle = scope.timer(idleTimeout, () => new TimeoutError(`${what} went on with no byte`, 'idle', idleTimeout));
    try {
      const view = new Uint8Array((this.#readsInto && this.#buffer) || []);
      if (!this.#readsInto) (this.#buffer as Transferable | undefined)?.transfer?.(0);
      const result = this.#reader && (await scope.race(this.#reader.read(view)));
      if (result && !result.done) {
        const { buffer, length } = result.value;
        // A part of something larger is not given back: others may hold the other parts.
        if (this.#buffer) this.#buffer = this.#readsInto || length === buffer.byteLength ? buffer : new ArrayBuffer(0);
        return result.value;
      }
      scope.end();
      return undefined;
    } catch (error) {
      const { aborted, reason } = scope.signal;
      const failure = aborted
        ? reason
        : isTidewayError(error)
          ? error
          : await broken(`${what} was cut`, error, this.exchange);
      this.cancel(failure);
      throw failure;
    } finally {
      idle();
    }
  }

  /** Stops reading and frees the socket. Never throws; calling it again does nothing. */
  cancel(reason?: unknown): void {
    this.exchange.scope.abort(reason);
    // A body that already failed rejects its cancellation with the same failure.
    this.#reader?.cancel(reason).catch(() => {});
  }

  /** The rest as text: what is beyond the limit, in bytes, is an error about `what`, or without it left out. */
  async text(limit: number, what?: string): Promise<string> {
    const decoder = new TextDecoder();
    let text = '';
    let room = limit;
    for (let chunk = await this.read(); chunk; chunk = await this.read()) {
      text += decoder.decode(chunk.subarray(0, room), { stream: true });
      room -= chunk.length;
      if (room < 0) {
        this.cancel();
        if (what) throw new this.#needs.BodyTooLargeError(what, limit);
        break;
      }
    }
    return text + decoder.decode();
  }

  /** All of it as text, at most 128 MiB; `path` is what was asked for. */
  whole(path: string): Promise<string> {
    return this.text(WHOLE_BODY_BYTES, path);
  }

  /** All of it as JSON; undefined when it is empty. `refusedWith` finds the status of a refusal that looks like a success. */
  async json<T>(path: string, refusedWith?: (value: T) => number | undefined): Promise<T> {
    const text = await this.whole(path);
    let value: T;
    try {
      value = (text.trim() ? JSON.parse(text) : undefined) as T;
    } catch {
      throw await this.#needs.notJson(`JSON from ${this.exchange.method} ${path}`, text);
    }
    const status = refusedWith?.(value);
    if (status) throw await this.explained(status, text);
    return value;
  }

  /** The answer, with a body that is read when it is pulled. */
  toResponse(): Response {
    const { body } = this.response;
    // Nobody reads what is not there: it ends here.
    if (!body) this.cancel();
    return new Response(body && this.#stream(), this.response);
  }

  #stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream(
      {
        pull: async (controller) => {
          const chunk = await this.read();
          if (chunk) controller.enqueue(chunk);
          else controller.close();
        },
        cancel: (reason) => this.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }

  /**
   * The body of a success, read as {@link reuse} says.
   *
   * @param timeout How long the body of another answer is read to explain it, in milliseconds.
   * @throws ApiError or RedirectError for any other answer.
   */
  async accept(timeout: number | undefined): Promise<this> {
    if (this.response.ok) return this.reuse();
    const { scope } = this.exchange;
    // A life of its own: a body that breaks, or takes too long, hides no status.
    this.exchange = { ...this.exchange, scope: scope.fork().expire(timeout, () => undefined) };
    throw await this.#refusal();
  }

  async #refusal(): Promise<TidewayError> {
    const { method, path, scope } = this.exchange;
    const { headers, status, type } = this.response;
    const location = headers.get('location');
    // Browsers hide where a redirect leads, and even its status.
    if (type === 'opaqueredirect' || (status >= 300 && status < 400 && location)) {
      this.cancel();
      // A relative location stays on the host.
      const target = location && URL.canParse(location) ? new URL(location).origin : undefined;
      const where = target ? ` to ${target}` : '';
      const message = `${method} ${path} answered with a redirect${where}, which was not followed`;
      return new this.#needs.RedirectError(message, target);
    }
    const text = await this.text(ERROR_BODY_BYTES).catch(() => '');
    scope.end();
    return this.explained(status, text);
  }

  /** The error of a refusal with this status, as far as its text explains it. */
  async explained(status: number, text: string): Promise<ApiError> {
    const { method, path, requestId, secrets } = this.exchange;
    // A page whose network went away cannot load what explains the answer; the status says what matters.
    const { explain } = await import('../explain.ts').catch(() => ({ explain: undefined }));
    return this.#needs.apiErrorOf({
      status,
      method,
      path,
      requestId,
      ...explain?.(text.slice(0, ERROR_BODY_BYTES), this.response.headers, secrets),
    });
  }
}
