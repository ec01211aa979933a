import { ConnectionError } from './needs.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** How far one reader may be ahead of another, in bytes. Until so much has come, others may still join. */
const AHEAD_BYTES: number = 256 * 1024;
/** How long a reader that is ahead waits for one that takes nothing, in milliseconds. */
const PATIENCE = 30_000;

/** One of those who read the body. */
interface Reader {
  /** The number of its next chunk. */
  at: number;
  /** Undefined, or why it may not go on. */
  cut?: unknown;
  /** Ends the wait for something to change. */
  wake: () => void;
}

/**
 * A body that comes once and is read by several, each at its own pace, from its beginning to its end; a store is one of
 * them. What one has read and another has not is held, up to a bound: then the faster one waits, and after a while the
 * slower one is cut off, so that nobody is kept waiting for somebody who has forgotten to read.
 */
export class SharedBody {
  readonly #source: ReadableStreamDefaultReader<Bytes>;
  /** Whether the end of the body is known to be its end. */
  readonly #isMarked: boolean;
  readonly #readers = new Set<Reader>();
  /** What has come and not all have read, from the chunk number `#first` on. */
  readonly #chunks: Bytes[] = [];
  #first = 0;
  #held = 0;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #pulling = false;

  constructor(source: ReadableStream<Bytes>, isMarked: boolean) {
    this.#source = source.getReader();
    this.#isMarked = isMarked;
  }

  /** Whether one more reader would still get all of it. */
  get isJoinable(): boolean {
    return this.#first === 0 && !this.#failure;
  }

  /** Whether all of it has come. */
  get isWhole(): boolean {
    return this.#ended && !this.#failure;
  }

  /** Ends everything, unless all of it has come. */
  cancel(reason?: unknown): void {
    if (this.#ended) return;
    this.#fail(reason);
    this.#source.cancel(reason).catch(() => {});
  }

  /** A reader's own stream of copies; `done` is called once, when it needs the body no more. */
  open(done: (reason?: unknown) => void, signal?: AbortSignal | null): ReadableStream<Bytes> {
    const reader = this.#join();
    let controller: ReadableStreamDefaultController<Bytes>;
    const leave = (reason?: unknown): void => {
      signal?.removeEventListener('abort', abort);
      this.#leave(reader);
      done(reason);
    };
    const abort = (): void => {
      controller.error(signal?.reason);
      leave(signal?.reason);
    };
    return new ReadableStream<Bytes>(
      {
        start: (own) => {
          controller = own;
          signal?.addEventListener('abort', abort);
        },
        pull: async () => {
          try {
            const chunk = await this.#next(reader, true);
            if (signal?.aborted) return;
            // A copy: whoever gets it may do with it what he likes, give its memory away included.
            if (chunk) return controller.enqueue(chunk.slice());
            controller.close();
            leave();
          } catch (error) {
            if (signal?.aborted) return;
            controller.error(error);
            leave(error);
          }
        },
        cancel: leave,
      },
      { highWaterMark: 0 },
    );
  }

  /**
   * The store's stream. It fails when the body breaks, has no certain end, is larger than so many bytes or is not wanted
   * any more; `failed` is told, and nothing else that goes wrong is the body's fault. `leave` lets the others go on when
   * the store reads no further.
   */
  store(
    limit: number,
    isWanted: () => boolean,
    failed: () => void,
  ): { readonly stream: ReadableStream<Bytes>; readonly leave: () => void } {
    const reader = this.#join();
    const leave = (): void => this.#leave(reader);
    let size = 0;
    const stream = new ReadableStream<Bytes>(
      {
        pull: async (controller) => {
          try {
            const chunk = await this.#next(reader, false);
            size += chunk?.length ?? 0;
            if (size > limit) throw new ConnectionError('The body is larger than `maxEntryBytes`');
            if (!isWanted()) throw new ConnectionError('The answer is out of date before it is stored');
            if (chunk) return controller.enqueue(chunk);
            if (!this.#isMarked) throw new ConnectionError('Nothing but the end of the connection ended the body');
            controller.close();
          } catch (error) {
            failed();
            controller.error(error);
          }
          leave();
        },
        cancel: leave,
      },
      { highWaterMark: 0 },
    );
    return { stream, leave };
  }

  #join(): Reader {
    const reader: Reader = { at: 0, wake: () => {} };
    this.#readers.add(reader);
    return reader;
  }

  #leave(reader: Reader): void {
    this.#readers.delete(reader);
    this.#trim();
  }

  async #next(reader: Reader, isUser: boolean): Promise<Bytes | undefined> {
    for (;;) {
      const chunk = this.#chunks[reader.at - this.#first];
      if (reader.cut) throw reader.cut;
      if (chunk) {
        reader.at++;
        this.#trim();
        return chunk;
      }
      if (this.#failure) throw this.#failure.error;
      if (this.#ended) return undefined;
      const changed = new Promise<void>((resolve) => {
        reader.wake = resolve;
      });
      if (this.#held < AHEAD_BYTES) this.#pull();
      // A store waits as long as its user does; a user does not wait for ever.
      const timer = this.#held >= AHEAD_BYTES && isUser ? setTimeout(() => this.#cut(reader), PATIENCE) : undefined;
      await changed;
      clearTimeout(timer);
    }
  }

  async #pull(): Promise<void> {
    if (this.#pulling) return;
    this.#pulling = true;
    try {
      const { done, value } = await this.#source.read();
      if (done) this.#ended = true;
      else {
        this.#chunks.push(value);
        this.#held += value.length;
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#pulling = false;
    this.#wake();
  }

  /** Forgets what all have read, once it is too late to join. */
  #trim(): void {
    if (this.#first === 0 && this.#held < AHEAD_BYTES) return;
    let slowest = Number.POSITIVE_INFINITY;
    for (const { at } of this.#readers) slowest = Math.min(slowest, at);
    while (this.#first < slowest && this.#chunks.length > 0) {
      this.#held -= this.#chunks.shift()?.length ?? 0;
      this.#first++;
    }
    this.#wake();
  }

  /** Whoever is as far behind as may be makes way for the one that waits. */
  #cut(waiting: Reader): void {
    for (const reader of this.#readers) {
      if (reader === waiting || reader.at > this.#first) continue;
      reader.cut = new ConnectionError(`The body was not read for ${PATIENCE} ms while others waited for it`);
      this.#readers.delete(reader);
    }
    this.#trim();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    for (const { wake } of this.#readers) wake();
  }
}
