import {
  ConnectionError,
  type DecodeError,
  expected,
  isTidewayError,
  StreamInterruptedError,
  TimeoutError,
} from '../errors/index.ts';
import type { BodyReader } from '../http/later/body-reader.ts';
import type { Scope } from '../http/scope.ts';
import { connect } from './connect.ts';
import type { Framer } from './framing.ts';
import { later } from './later.ts';
import type { TideOptions, TideState } from './options.ts';
import type { Reconnection } from './reconnection.ts';

/** How much of a chunk is decoded at a time, in bytes: records that are alive together cost memory. */
const PIECE_BYTES = 32 * 1024;
/** Short records are many: from so many in a piece on, pieces are half as large. */
const MANY_RECORDS = 64;

/** Reads the records of a stream over as many connections as it takes. */
export class Wire<T> {
  readonly #options: TideOptions<T>;
  readonly #request: () => Request;
  readonly #tell: (state: TideState) => void;
  /** The life of the run. */
  readonly #scope: Scope;
  #reconnection: Reconnection<T> | undefined;
  /** The bytes that may be read yet. */
  #room: number;
  #body: BodyReader | undefined;
  #framer: Framer<T> | undefined;
  /** What of the last chunk is not decoded yet; never empty. */
  #rest: Uint8Array | undefined;
  #pieceBytes = PIECE_BYTES;
  /** Since when no record came while one was waited for. */
  #quietSince = 0;
  /** The end of the body, for messages: its last records were handed out. */
  #ended: string | undefined;
  /** The last answer of 2xx. */
  response: Response | undefined;
  bytes = 0;

  constructor(
    options: TideOptions<T>,
    request: () => Request,
    scope: Scope,
    tell: (state: TideState) => void,
    maxBytes: number = Number.POSITIVE_INFINITY,
  ) {
    this.#options = options;
    this.#request = request;
    this.#scope = scope;
    this.#tell = tell;
    this.#room = maxBytes;
  }

  get resumes(): number {
    return this.#reconnection?.resumes ?? 0;
  }

  /** The next records, at least one; the reason when there are no more. Asked when those before were delivered. */
  async read(): Promise<T[] | 'bytes' | 'end'> {
    this.#quietSince = performance.now();
    for (;;) {
      try {
        // Set while the records before it were handed out.
        const failure = await this.#framer?.failure?.();
        if (failure) throw failure;
        if (this.#room === 0) return 'bytes';
        if (this.#ended) {
          if (!this.#reconnection?.goesOn(this.response?.status)) return 'end';
          throw new ConnectionError(this.#ended);
        }
        const records = await this.#step();
        const fresh = this.#reconnection?.fresh(records) ?? records;
        if (fresh.length > 0) return fresh;
      } catch (error) {
        this.close(error);
        // Whoever ended the run knows why.
        this.#scope.signal.throwIfAborted();
        if (!this.#reconnection) throw error;
        await this.#reconnection.wait(error, this.#framer, this.#tell, this.#scope.signal);
        this.#framer = this.#ended = undefined;
      }
    }
  }

  /** Frees the socket. */
  close(reason?: unknown): void {
    this.#body?.cancel(reason);
    this.#body = this.#rest = undefined;
  }

  async #step(): Promise<T[]> {
    this.#body ??= await this.#open();
    const framer = this.#framer as Framer<T>;
    const chunk = this.#rest ?? (await this.#chunk(this.#body));
    if (!chunk) return this.#finish(this.#body, framer);
    // To the end of a line where there is one: what is cut is put together again, at a cost.
    const size = this.#pieceBytes;
    const piece = chunk.length > size ? chunk.lastIndexOf(10, size - 1) + 1 || size : chunk.length;
    const end = Math.min(piece, this.#room);
    this.#rest = end < chunk.length ? chunk.subarray(end) : undefined;
    this.#room -= end;
    this.bytes += end;
    const { records } = framer.push(chunk.subarray(0, end));
    this.#pieceBytes = records.length > MANY_RECORDS ? PIECE_BYTES / 2 : PIECE_BYTES;
    if (this.#room === 0) this.close();
    return records;
  }

  async #open(): Promise<BodyReader> {
    const { framing, maxRecordBytes = 8 * 1024 * 1024, reconnect } = this.#options;
    this.#tell('connecting');
    if (reconnect) {
      const errors = { expected, isTidewayError, StreamInterruptedError };
      this.#reconnection ??= new (await later()).Reconnection(this.#options, this.#request, errors);
    }
    const again = this.#reconnection;
    const request = await this.#scope.race(again ? again.request() : this.#request());
    const { headers } = request;
    if (framing.accept && !headers.has('accept')) headers.set('accept', framing.accept);
    const open = async (): Promise<Framer<T>> => framing.open({ maxRecordBytes, lastEventId: again?.lastEventId });
    // Its code may be loaded: beside the request, and again where only that failed.
    const framer = open();
    framer.catch(() => {});
    const body = await connect(request, this.#options, this.#scope.fork());
    this.#body = body;
    this.response = body.response;
    this.#framer = await this.#scope.race(framer.catch(open));
    again?.opened();
    this.#quietSince = performance.now();
    this.#tell('open');
    return body;
  }

  async #chunk(body: BodyReader): Promise<Uint8Array | undefined> {
    const { stallTimeout } = this.#options;
    if (stallTimeout === undefined) return body.read();
    return (await later()).readUnlessStalled(body, this.#quietSince, stallTimeout, TimeoutError);
  }

  /** The record at the end of a body, which may be a cut: a proxy that is cut closes its side politely. */
  async #finish({ exchange: { method, path } }: BodyReader, framer: Framer<T>): Promise<T[]> {
    const { records } = framer.end();
    const cause = await framer.failure?.();
    this.#body = undefined;
    this.#ended = `The body of ${method} ${path} ended`;
    // What is wrong from its start on, such as HTML, is no half of a record; nor is what is too large for one.
    if (cause && !(cause as Partial<DecodeError>).position && !cause.message.includes('UTF-8')) throw cause;
    if (cause) throw new ConnectionError(`${this.#ended} inside a record`, { cause });
    return records;
  }
}
