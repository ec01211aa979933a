import { ConfigurationError } from '../errors/index.ts';
import { Records } from '../records/records.ts';
import { checkRun, checkTide, checkUrl } from './check-options.ts';
import { later } from './later.ts';
import { memoryCounter } from './memory-counter.ts';
import { type MemoryQueue, memoryQueue } from './memory-queue.ts';
import type { RunOptions, TideOptions, TideRun, TideState } from './options.ts';
import type { RecordQueue } from './record-queue.ts';
import { Run } from './run.ts';
import type { StateCounter } from './state-counter.ts';

/** How many records the tide's own queue holds in a run without a limit. */
const QUEUE_SIZE = 10_000;

/**
 * One HTTP stream, finite or endless, read in runs with exact bounds.
 *
 * @example
 * const tide = new Tide('https://httpbin.org/stream/20', { framing: jsonLines() });
 * for await (const record of tide.records({ limit: 5 })) console.log(record);
 */
export class Tide<T> {
  readonly #url: URL;
  readonly #options: TideOptions<T>;
  /** The queue that it uses when it was given none. */
  readonly #own: MemoryQueue<T> = memoryQueue<T>();
  readonly #counter: StateCounter;
  #state: TideState = 'idle';
  #run: Run<T> | undefined;
  /** The run under way, or the last one. */
  #last: Run<T> | undefined;

  /**
   * @throws ConfigurationError for an address or options that cannot work.
   */
  constructor(url: string | URL, options: TideOptions<T>) {
    checkTide(options ?? {});
    this.#url = checkUrl(url);
    this.#options = options;
    this.#counter = options.counter ?? memoryCounter();
  }

  /** What it does now. */
  get state(): TideState {
    return this.#state;
  }

  /** Where `on` puts records. */
  get queue(): RecordQueue<T> {
    return this.#options.queue ?? this.#own;
  }

  /** Counts what is delivered. */
  get counter(): StateCounter {
    return this.#counter;
  }

  /** The run under way as of now, or the last one; undefined before the first. */
  get run(): TideRun | undefined {
    return this.#last?.summary;
  }

  /**
   * Reads the stream into the queue, and resolves at the end of the run. A record is delivered when the queue has taken
   * it; while a full queue waits, the stream waits too.
   *
   * @throws ConfigurationError for bounds that cannot work, and while another run is under way.
   * @throws ApiError when the answer is no success, before any record; ConnectionError, TimeoutError of phase `headers`,
   * `idle` or `stall`, DecodeError, RecordTooLargeError; StreamInterruptedError when reconnecting was given up; what the
   * queue, the counter and the quota throw, and the reason of an abort.
   */
  async on(options: RunOptions = {}): Promise<TideRun> {
    const { records, run } = this.#prepare(options);
    const { limit } = options;
    // At once: what follows takes its time.
    run.open();
    try {
      const { fill } = await later();
      // What others put meanwhile keeps its place.
      this.#own.maxSize = limit ? this.#own.size() + limit : QUEUE_SIZE;
      await fill(run, records, this.queue);
    } catch (error) {
      run.fail(error);
    }
    await run.finished();
    return run.summary;
  }

  /**
   * The records of a run, which begins when the first one is wanted; a record is delivered when the reader is given it.
   * Rejects as {@link on} does.
   *
   * @throws ConfigurationError for bounds that cannot work.
   */
  records(options: RunOptions = {}): Records<T> {
    return this.#prepare(options).records;
  }

  /** Ends the run under way at once, also on a silent stream; without one it does nothing. */
  off(): void {
    this.#run?.stop('off');
  }

  #prepare(options: RunOptions): { readonly run: Run<T>; readonly records: Records<T> } {
    checkRun(options);
    const run: Run<T> = new Run<T>(
      {
        options: this.#options,
        counter: this.#counter,
        request: () => this.#request(),
        change: (state) => this.#change(state),
        onOpen: () => {
          if (this.#run)
            throw new ConfigurationError('Expected an idle tide, got one with a run under way: end it by off()');
          const before = this.#last?.finished().catch(() => {});
          this.#run = this.#last = run;
          return before;
        },
        onEnd: () => {
          this.#run = undefined;
          this.#change('idle');
        },
      },
      options,
    );
    const records = new Records<T>(() => run.open());
    run.given = () => records.progress.delivered;
    return { records, run };
  }

  #request(): Request {
    const { body, headers, method = body === undefined ? 'GET' : 'POST' } = this.#options;
    return new Request(this.#url, { method, headers, body });
  }

  #change(state: TideState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState?.(state);
  }
}
