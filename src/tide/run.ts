import { Scope } from '../http/scope.ts';
import type { Batch, RecordSource } from '../records/source.ts';
import type { Awaitable } from './awaitable.ts';
import { inOrder } from './in-order.ts';
import { later } from './later.ts';
import type { EndReason, RunOptions, TideOptions, TideRun, TideState } from './options.ts';
import type { Rations } from './rations.ts';
import type { StateCounter } from './state-counter.ts';
import { Wire } from './wire.ts';

/** What aborts the signals of a run that was ended in good order. */
const STOPPED = 'stopped';

/** What a run needs of its tide. */
export interface RunContext<T> {
  readonly options: TideOptions<T>;
  readonly counter: StateCounter;
  readonly request: () => Request;
  /** Tells of a state; what a listener throws comes out. */
  readonly change: (state: TideState) => void;
  /** The run is under way, unless it is refused. Settles when all that the run before delivered is counted. */
  readonly onOpen: () => Awaitable<unknown>;
  /** The run is over, but for what is counted yet. */
  readonly onEnd: () => void;
}

/** One run of a tide: what `Records` reads from. It keeps to the bounds, counts, and can be ended at any time. */
export class Run<T> implements RecordSource<T> {
  readonly #context: RunContext<T>;
  readonly #options: RunOptions;
  readonly #scope: Scope;
  readonly #wire: Wire<T>;
  /** Undoes what the run asked others to tell it. */
  readonly #releases: (() => void)[] = [];
  /** Tells the counter of the end. */
  #leave: (() => Awaitable<void>) | undefined;
  /** When it came under way. */
  #opened: number | undefined;
  #begun = false;
  /** Settles when all that the run before delivered is counted. */
  #earlier: Awaitable<unknown>;
  /** The records handed out last, which are delivered one by one, and how many these were. */
  #batch: T[] = [];
  #size = 0;
  /** Records handed out before them: all of these are delivered. */
  #before = 0;
  /** Records that came and are not handed out yet. */
  #ready: T[] = [];
  /** Why nothing comes behind the records that are handed out. */
  #last: EndReason | undefined;
  /** Delivered records that the counter knows of. */
  #counted = 0;
  #rations: Rations | undefined;
  #failure: { readonly error: unknown } | undefined;
  #reason: EndReason | undefined;
  #ended = false;
  /** What is told to the counter and the quota now. */
  #tally: Awaitable<void> = undefined;
  /** The same at the end. */
  #settled: Awaitable<void> = undefined;
  /** How many records the reader was given. */
  given: () => number = () => 0;
  /** How many of these are delivered, and count. */
  delivered: () => number = () => this.given();
  /** Settles when the queue has taken the record that it was given, or has not. */
  putting: Awaitable<unknown>;

  constructor(context: RunContext<T>, options: RunOptions) {
    const { options: own, request } = context;
    this.#context = context;
    this.#options = options;
    this.#scope = new Scope(options.signal);
    this.#wire = new Wire(own, request, this.#scope, (state) => this.tell(state), options.maxBytes);
  }

  /** What is known of it, as of now. */
  get summary(): TideRun {
    const { bytes, response } = this.#wire;
    return {
      status: response?.status,
      headers: response?.headers ?? new Headers(),
      url: response?.url || this.#context.request().url,
      delivered: this.delivered(),
      bytes,
      reason: this.#reason,
    };
  }

  get bytes(): number {
    return this.#wire.bytes;
  }

  get resumes(): number {
    return this.#wire.resumes;
  }

  /** Ends with the run. */
  get signal(): AbortSignal {
    return this.#scope.signal;
  }

  /**
   * From now on it is under way, and can be ended.
   *
   * @throws ConfigurationError while another run is.
   */
  open(): this {
    if (this.#opened) return this;
    this.#earlier = this.#context.onOpen();
    this.#opened = performance.now();
    const { signal } = this.#scope;
    const onAbort = (): void => this.fail(signal.reason);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    this.#scope.expire(this.#options.maxDuration, () => this.stop('duration'));
    this.tell('connecting');
    return this;
  }

  async pull(): Promise<Batch<T> | undefined> {
    try {
      if (!this.#begun && !this.#ended) await this.#begin();
      // The batch before is delivered: a reader asks for the next one when it is used up.
      await this.#count();
      const records = this.#ended ? undefined : await this.#next();
      if (records && !this.#ended) {
        this.#before += this.#size;
        this.#batch = records;
        this.#size = records.length;
        return { records };
      }
      this.#end(this.#last);
    } catch (error) {
      this.fail(error);
    }
    return this.finished();
  }

  /** A reader that leaves ends the run. */
  close(): Awaitable<void> {
    this.#end(this.#last && this.given() === this.#before + this.#size ? this.#last : 'off');
    return this.#settled;
  }

  /** Ends the run at once, for this reason: nothing is delivered any more, and the socket is closed. */
  stop(reason: EndReason): void {
    this.#end(reason);
  }

  /** Ends the run in the same way, with an error. */
  fail(error: unknown): void {
    this.#end(undefined, { error });
  }

  /** Tells of a state. What is under way when the run ends may get a step further, which nobody is told. */
  tell(state: TideState): void {
    if (this.#ended) return;
    try {
      this.#context.change(state);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Resolves when all is counted; rejects with what ended the run, when that was an error, or with what failed then. */
  async finished(): Promise<undefined> {
    try {
      await this.#settled;
    } catch (error) {
      this.#failure ??= { error };
    }
    if (this.#failure) throw this.#failure.error;
  }

  async #begin(): Promise<void> {
    const { counter } = this.#context;
    const { maxDuration, maxRate, quota } = this.#options;
    const listen = async (listening: Awaitable<() => void>): Promise<void> => {
      const release = await listening;
      // The run may have ended meanwhile, when nothing was known of this.
      if (this.#ended) await release();
      else this.#releases.push(release);
    };
    this.#begun = true;
    await this.#earlier;
    await listen(counter.onStop(() => this.stop('off')));
    const leave = await counter.start(() => this.delivered() - this.#counted);
    if (this.#ended) await leave();
    else this.#leave = leave;
    if (maxDuration === undefined && maxRate === undefined && !quota) return;
    const stop = (reason: EndReason): void => this.stop(reason);
    this.#rations = new (await later()).Rations(this.#options, this.#opened ?? 0, stop);
    await this.#rations.begin(listen);
  }

  /** The records to hand out; undefined at the end. */
  async #next(): Promise<T[] | undefined> {
    const { limit = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#ready.length === 0) {
      const read = this.#last ?? (await this.#wire.read());
      if (typeof read === 'string') {
        this.#last = read;
        return undefined;
      }
      this.#ready = read;
    }
    let n = Math.min(this.#ready.length, limit - this.#counted);
    if (this.#rations) n = await this.#rations.take(n, this.signal);
    if (n === 0) this.#last = 'quota';
    if (n === 0 || this.#ended) return undefined;
    const records = this.#ready.splice(0, n);
    if (this.#counted + n === limit) {
      // Nothing more is needed: the server need not wait for the reader.
      this.#last = 'limit';
      this.#ready = [];
      this.#wire.close();
    }
    return records;
  }

  /** Counts what was delivered since the last time. */
  #count(): Awaitable<void> {
    const n = this.delivered() - this.#counted;
    this.#counted += n;
    this.#tally = inOrder(
      () => (n > 0 ? this.#context.counter.increment(n) : undefined),
      () => this.#rations?.settle(n),
    );
    return this.#tally;
  }

  #end(reason: EndReason | undefined, failure?: { readonly error: unknown }): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reason = reason;
    this.#failure = failure;
    // What the reader was not given yet, it is not given any more.
    const kept = this.given() - this.#before;
    if (kept < this.#size) this.#batch.length = kept;
    this.#ready = [];
    const why = failure ? failure.error : STOPPED;
    this.#scope.abort(why);
    this.#wire.close(why);
    this.#settled = inOrder(
      ...this.#releases.splice(0),
      () => this.putting,
      () => this.#tally,
      () => this.#count(),
      () => this.#leave?.(),
    );
    // It is told to whoever asks how the run ended.
    if (this.#settled instanceof Promise) this.#settled.catch(() => {});
    try {
      // Last: whoever is told may begin the next run, which waits for this one to be counted.
      this.#context.onEnd();
    } catch (error) {
      this.#failure ??= { error };
    }
  }
}
