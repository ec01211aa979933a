import type { Line } from '../line.ts';
import type { Answer } from '../shared.ts';
import type { Trip } from '../trip.ts';
import { typed, whatOf } from './failure.ts';
import { BodyTooLargeError } from './needs.ts';
import type { Parts } from './parts.ts';
import type { Watched } from './watch.ts';

/** The longest silence between two chunks, in milliseconds. */
const IDLE_TIMEOUT = 60_000;

/** What reads chunks. */
export type ChunkReader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

/** The body of an answer, with a limit on silence. It is read here, handed over, or read for nobody. */
export class Body implements Watched {
  readonly parts: Parts;
  readonly trip: Trip;
  /** Its end ends the reading. */
  readonly line: Line;
  readonly reader: ChunkReader | undefined;
  readonly idleTimeout: number;
  /** What was asked for: the trip may have gone on by then. */
  readonly #target: Trip['target'];
  /** Told once, when it is read, has failed, or is not wanted. */
  #answer: Pick<Answer, 'release'> | undefined;
  due = 0;
  /** Told after it, where somebody else reads. */
  closed: (() => void) | undefined = undefined;

  constructor(parts: Parts, trip: Trip, line: Line, answer: Pick<Answer, 'release' | 'response'>) {
    this.parts = parts;
    this.trip = trip;
    this.line = line;
    this.#target = trip.target;
    this.#answer = answer;
    this.idleTimeout = trip.init.idleTimeout ?? trip.shared.settings.idleTimeout ?? IDLE_TIMEOUT;
    this.reader = answer.response.body?.getReader() as ChunkReader | undefined;
    if (!this.reader) this.end();
  }

  /** What it is, for messages. */
  get what(): string {
    return `The body of ${whatOf(this.#target)}`;
  }

  /**
   * The whole body.
   *
   * @throws BodyTooLargeError, TimeoutError of phase `idle`, ConnectionError, or the reason of an abort.
   */
  async read(limit: number): Promise<Uint8Array<ArrayBuffer>> {
    const { idleTimeout, line, reader, trip } = this;
    if (!reader) return new Uint8Array();
    const { clock, counters } = trip.shared;
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    this.listen();
    // A stream that is cancelled ends at once for whoever reads it, whatever its source makes of that.
    line.onEnd((reason) => this.#stop(reason));
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (line.isEnded) throw line.reason;
        if (done) break;
        this.due = clock.now() + idleTimeout;
        counters.bytes += value.length;
        size += value.length;
        if (size > limit) throw new BodyTooLargeError(this.what, limit);
        chunks.push(value);
      }
      this.end();
      return chunks.length === 1 ? (chunks[0] as Uint8Array<ArrayBuffer>) : joined(chunks, size);
    } catch (error) {
      throw await this.fail(error);
    }
  }

  /** Ends the reading and frees the connection, whoever reads. */
  cancel(reason?: unknown): void {
    this.#stop(reason);
    this.end();
  }

  /** Begins to watch for silence. */
  listen(): void {
    this.parts.watch.add(this, this.idleTimeout);
  }

  /** Silence is nobody's fault until somebody waits again. */
  rest(): void {
    this.parts.watch.delete(this);
  }

  /** Everything that it holds is given back. The first call counts. */
  end(error?: Error): void {
    this.rest();
    const answer = this.#answer;
    this.#answer = undefined;
    answer?.release(error);
    if (answer) this.closed?.();
  }

  /** Lets go of the body; answers with the error that says why. */
  async fail(error: unknown): Promise<unknown> {
    const { line, trip } = this;
    this.rest();
    this.#stop(error);
    const what = `${this.what} was cut`;
    const { secretHeaders } = trip.shared.settings;
    const failure = line.isEnded ? line.reason : await typed(error, what, secretHeaders, this.#target);
    this.end(failure instanceof Error ? failure : undefined);
    return failure;
  }

  #stop(reason: unknown): void {
    this.reader?.cancel(reason).catch(() => {});
  }
}

function joined(chunks: readonly Uint8Array<ArrayBuffer>[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
