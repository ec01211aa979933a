import { BodyTooLargeError, TimeoutError } from '../errors/index.ts';
import type { Alarm, Appointment } from './alarm.ts';
import type { Clock } from './clock.ts';
import type { Line } from './line.ts';
import { type ChunkReader, readBody } from './read-body.ts';

/** What a {@link Body} works with. */
export interface BodyOptions {
  readonly response: Response;
  /** Its end ends the reading. */
  readonly line: Line;
  readonly alarm: Alarm;
  readonly clock: Clock;
  readonly idleTimeout: number;
  /** What it is, for messages. */
  readonly what: string;
  /** Makes a typed error of the platform's. */
  readonly broken: (error: unknown) => Promise<Error>;
  /** Told of every chunk. */
  readonly onBytes: (length: number) => void;
  /** Told once, when it is read, has failed, or is not wanted. */
  readonly onEnd: (error?: Error) => void;
}

/** The body of an answer, with a limit on silence. It is read here; `later` hands it over, or reads it for nobody. */
export class Body {
  readonly options: BodyOptions;
  readonly reader: ChunkReader | undefined;
  #isEnded = false;
  /** Since when nothing came, while somebody waits. */
  #silentSince = 0;
  #watch: Appointment | undefined;

  constructor(options: BodyOptions) {
    this.options = options;
    this.reader = options.response.body?.getReader() as ChunkReader | undefined;
    if (!this.reader) this.end();
  }

  /**
   * The whole body.
   *
   * @throws BodyTooLargeError, TimeoutError of phase `idle`, ConnectionError, or the reason of an abort.
   */
  async read(limit: number): Promise<Uint8Array<ArrayBuffer>> {
    if (!this.reader) return new Uint8Array();
    const { clock, line, onBytes, what } = this.options;
    let size = 0;
    this.listen();
    try {
      const bytes = await line.race(
        readBody(this.reader, (length) => {
          this.#silentSince = clock.now();
          onBytes(length);
          size += length;
          if (size > limit) throw new BodyTooLargeError(what, limit);
        }),
      );
      this.end();
      return bytes;
    } catch (error) {
      throw await this.fail(error);
    }
  }

  /** Ends the reading and frees the connection, whoever reads. */
  cancel(reason?: unknown): void {
    this.reader?.cancel(reason).catch(() => {});
    this.end();
  }

  /** Begins to watch for silence. */
  listen(): void {
    const { alarm, clock, idleTimeout, line, what } = this.options;
    this.#silentSince = clock.now();
    if (idleTimeout === Number.POSITIVE_INFINITY) return;
    // One appointment for all chunks: it looks how long the silence is by then.
    const look = (): void => {
      const end = this.#silentSince + idleTimeout;
      if (end > clock.now()) this.#watch = alarm.set(end, look);
      else line.end(new TimeoutError(`${what} went on with no byte`, 'idle', idleTimeout));
    };
    this.#watch = alarm.set(this.#silentSince + idleTimeout, look);
  }

  /** Silence is nobody's fault until somebody waits again. */
  rest(): void {
    this.options.alarm.cancel(this.#watch);
  }

  /** Everything that it holds is given back. The first call counts. */
  end(error?: Error): void {
    this.rest();
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.options.onEnd(error);
  }

  /** Lets go of the body; answers with the error that says why. */
  async fail(error: unknown): Promise<unknown> {
    const { broken, line } = this.options;
    this.rest();
    this.reader?.cancel(error).catch(() => {});
    const typed = line.isEnded() ? line.reason : await broken(error);
    this.end(typed instanceof Error ? typed : undefined);
    return typed;
  }
}
