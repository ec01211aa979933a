import { sleep } from '../http/backoff.ts';
import type { Framer } from './framing.ts';
import { type ErrorKinds, Ladders } from './ladders.ts';
import type { ReconnectOptions, TideOptions, TideState } from './options.ts';
import { Recent } from './recent.ts';

/** What only a tide needs that replaces broken connections. */
export class Reconnection<T> {
  readonly #options: ReconnectOptions<T>;
  readonly #onReconnect: TideOptions<T>['onReconnect'];
  readonly #request: () => Request;
  readonly #errors: ErrorKinds;
  readonly #ladders: Ladders;
  readonly #recent: Recent;
  /** Attempts since the last record. */
  #attempts = 0;
  #connections = 0;
  #openedAt = 0;
  #last: { readonly record: T } | undefined;
  #delivered = 0;
  /** How long the server wants to be left alone by a client that lost it, in milliseconds. */
  #retry: number | undefined;
  lastEventId: string | undefined;
  resumes = 0;

  constructor({ onReconnect, reconnect }: TideOptions<T>, request: () => Request, errors: ErrorKinds) {
    this.#options = typeof reconnect === 'object' ? reconnect : {};
    this.#onReconnect = onReconnect;
    this.#request = request;
    this.#errors = errors;
    this.#ladders = new Ladders(this.#options, errors);
    this.#recent = new Recent(this.#options.window ?? 10_000);
  }

  /** The request of the next connection. */
  async request(): Promise<Request> {
    const { resume } = this.#options;
    const request = resume && this.#last ? await resume(this.#last.record) : this.#request();
    // Not shown: its address may hold a credential.
    if (!request?.headers) this.#errors.expected('`resume` to answer with a request', typeof request);
    // Headers hold bytes, here those of UTF-8.
    const bytes = new TextEncoder().encode(this.lastEventId);
    if (bytes.length > 0)
      request.headers.set('last-event-id', Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
    return request;
  }

  /** There is another connection. */
  opened(): void {
    this.#connections++;
    this.#openedAt = performance.now();
  }

  /** Whether a stream that ended by itself, with this status, is opened again. */
  goesOn(status: number | undefined): boolean {
    return this.#options.atEnd === true && status !== 204;
  }

  /** Without the records that came before, on an earlier connection. */
  fresh(records: T[]): T[] {
    const { id } = this.#options;
    const isFirst = this.#connections === 1;
    const fresh = id ? records.filter((record) => !this.#recent.see(id(record)) || isFirst) : records;
    if (fresh.length > 0) {
      this.#attempts = 0;
      this.#last = { record: fresh[fresh.length - 1] as T };
      this.#delivered += fresh.length;
    }
    return fresh;
  }

  /** Waits until a connection that broke is to be replaced; throws where it is not. */
  async wait(
    error: unknown,
    framer: Framer<T> | undefined,
    tell: (state: TideState) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { maxAttempts = 10, resetAfter = 10_000 } = this.#options;
    this.lastEventId = framer?.lastEventId ?? this.lastEventId;
    this.#retry = framer?.retry ?? this.#retry;
    if (this.#connections > 0 && performance.now() - this.#openedAt >= resetAfter) this.#ladders.reset();
    const delay = this.#ladders.delay(error, this.#retry);
    if (delay === undefined) throw error;
    if (++this.#attempts > maxAttempts) {
      if (this.#connections === 0) throw error;
      const progress = { delivered: this.#delivered, lastKey: this.lastEventId };
      const { pathname } = new URL(this.#request().url);
      throw new this.#errors.StreamInterruptedError(`The stream ${pathname}`, progress, error);
    }
    this.resumes++;
    this.#onReconnect?.({ attempt: this.#attempts, delay, error });
    tell('waiting');
    await sleep(delay, signal);
  }
}
