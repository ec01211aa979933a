import {
  ConfigurationError,
  checkInteger,
  checkType,
  expected,
  QueueFullError,
  TimeoutError,
} from '../errors/index.ts';
import { Alarm } from './alarm.ts';
import { checkOptions } from './check-options.ts';
import { type Clock, platformClock } from './clock.ts';
import { Counters } from './counters.ts';
import { Events, type FetcherEvents, guard } from './events.ts';
import type { FetchInit } from './fetch-init.ts';
import { FetchMap, type FetchSource, type MapOptions } from './fetch-map.ts';
import type { FetchPolicy, Gate } from './fetch-policy.ts';
import type { FetchResult } from './fetch-result.ts';
import { FetchTask } from './fetch-task.ts';
import { fifo } from './fifo.ts';
import { Idlers } from './idlers.ts';
import { later } from './later.ts';
import { memoryLimiter } from './memory-limiter.ts';
import type { FetcherOptions, FetcherStats } from './options.ts';
import { run } from './run.ts';
import { Schedule } from './schedule.ts';
import { settingsOf } from './settings.ts';
import type { Shared } from './shared.ts';
import { SignalWatch } from './signal-watch.ts';
import { type Settle, Ticket } from './ticket.ts';
import { TicketList } from './ticket-list.ts';
import { Trip } from './trip.ts';

/** Told of a result. It is called later, never by `enqueue` itself, and takes up no place. */
export type FetchHandler = (url: string, result: FetchResult) => unknown;

/**
 * Fetches any number of URLs, many at once, within the limits of each site; every one ends with exactly one result.
 *
 * @throws ConfigurationError for options that cannot work.
 * @example
 * const fetcher = new Fetcher({ concurrency: 200, limits: [{ url: 'http://example.com', concurrency: 5 }] });
 * for await (const result of fetcher.map(urls)) console.log(result.url, result.status);
 */
export class Fetcher implements AsyncDisposable {
  readonly #events = new Events();
  readonly #counters = new Counters();
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  readonly #policy: FetchPolicy;
  readonly #schedule: Schedule;
  readonly #shared: Shared;
  readonly #signals: SignalWatch<Ticket | Fetcher>;
  readonly #maxQueueSize: number;
  /** Everything that was accepted and has no result. */
  readonly #tickets = new TicketList();
  /** What is unfinished beside them: bodies that were handed over, and the policy's own requests. */
  readonly #aside = new Set<Ticket>();
  #queued = 0;
  /** Handlers that have not come to their end. */
  #handling = 0;
  #isStopping = false;
  #isStopped = false;
  readonly #idlers: Idlers;

  constructor(options: FetcherOptions = {}) {
    checkOptions(options);
    const { autoStart = true, breaker, cache, clock = platformClock, concurrency = 10, limiter, limits } = options;
    const { maxQueueSize = 1_000_000, policy = fifo(), signal } = options;
    this.#maxQueueSize = maxQueueSize;
    this.#clock = clock;
    this.#alarm = new Alarm(clock);
    this.#idlers = new Idlers(this.#alarm, clock);
    this.#policy = policy;
    const base = { alarm: this.#alarm, clock, events: this.#events, limiter: limiter ?? memoryLimiter(limits, clock) };
    this.#schedule = new Schedule(concurrency, {
      ...base,
      policy,
      looksAhead: cache !== undefined,
      begin: (ticket) => {
        this.#queued--;
        this.#run(ticket, false);
      },
    });
    this.#shared = {
      ...base,
      settings: settingsOf(options, policy.headers),
      schedule: this.#schedule,
      gates: [policy, breaker].filter((gate): gate is Gate => typeof gate?.admit === 'function'),
      budget: undefined,
      cache,
      counters: this.#counters,
      enqueue: (target, init) => this.enqueue(target, undefined, init),
      open: (ticket) => this.#setAside(ticket),
    };
    this.#signals = new SignalWatch((one, reason) => {
      if (one instanceof Ticket) this.#cancel(one, reason);
      else this.#abort(reason);
    });
    this.#schedule.isPaused = !autoStart;
    this.#tell(() =>
      policy.start?.({
        now: () => clock.now(),
        clock,
        report: (error) => this.#events.report(error, 'policy'),
        wake: () => this.#schedule.pump(),
        fetch: (url, init) => this.#fetchAside(url, init),
      }),
    );
    // A page that loses its network could not load what it needs for another try.
    if (this.#shared.settings.platformFollows) later().catch(() => {});
    if (signal?.aborted) this.#abort(signal.reason);
    else if (signal) this.#signals.add(signal, this);
  }

  /** Tasks that wait for their turn, a limit, an admission or another try. */
  get size(): number {
    return Math.max(0, this.#tickets.size - this.#schedule.running);
  }

  /** Requests in the air, their bodies included. */
  get pending(): number {
    return this.#schedule.running;
  }

  /** Whether nothing waits. Requests may be in the air: {@link idle} tells when everything is done. */
  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** The most requests at once. It can be changed at any time. */
  get concurrency(): number {
    return this.#schedule.concurrency;
  }

  set concurrency(concurrency: number) {
    checkInteger('concurrency', concurrency ?? null, 1);
    this.#schedule.concurrency = concurrency;
    this.#schedule.pump();
  }

  /** What was done so far, and what is being done. */
  get stats(): FetcherStats {
    const running = this.#schedule.running;
    const waiting = Math.max(0, this.#tickets.size - this.#queued - running);
    return { ...this.#counters, queued: this.#queued, waiting, running };
  }

  /**
   * Fetches a URL.
   *
   * @throws the typed error of a URL that gave no answer; the reason of an abort; QueueFullError; ConfigurationError.
   */
  fetch(target: string | URL | FetchTask, init?: FetchInit): Promise<FetchResult> {
    return new Promise((resolve) => {
      this.#accept(taskOf(target, init), resolve, true);
    });
  }

  /**
   * Has a URL fetched. The handler is told of its result, also of one that is an error; what the handler throws harms
   * nothing and is told to `error` listeners.
   *
   * @throws QueueFullError; ConfigurationError for what is no URL at all, and after `stop`.
   */
  enqueue(target: string | URL | FetchTask, handler?: FetchHandler, init?: FetchInit): void {
    checkType('handler', handler, 'function');
    const task = taskOf(target, init);
    this.#accept(task, (result) => handler?.(task.url, result as FetchResult), false);
  }

  /**
   * Has several URLs fetched, whose results go to the hooks of the tasks, or to listeners.
   *
   * @throws as {@link enqueue} does; what was taken before stays.
   */
  extend(targets: Iterable<string | URL | FetchTask>, init?: FetchInit): void {
    if (!this.#policy.extend) {
      for (const target of targets) this.enqueue(target, undefined, init);
      return;
    }
    const tasks: FetchTask[] = [];
    try {
      for (const target of targets) {
        const task = taskOf(target, init);
        this.#take(task, () => undefined, false);
        tasks.push(task);
      }
    } finally {
      this.#give(tasks, () => this.#policy.extend?.(tasks));
    }
  }

  /**
   * Fetches what a source gives, as its results are taken: in the order in which they come, with no more than `buffer`
   * URLs under way. What gave no answer is a result with an `error`. When the source fails, what it gave before is
   * delivered first. Leaving the loop cancels the rest.
   */
  map(source: FetchSource, options?: MapOptions): AsyncIterableIterator<FetchResult, undefined> & AsyncDisposable {
    return new FetchMap(source, options, {
      buffer: Math.max(16, 2 * this.concurrency),
      accept: (task, settle) => {
        this.#accept(task, settle as Settle, false);
      },
      cancel: ({ ticket }, reason) => {
        if (ticket instanceof Ticket) this.#cancel(ticket, reason);
      },
    });
  }

  /** Begins, or goes on after {@link pause}. */
  start(): void {
    this.#schedule.isPaused = false;
    this.#schedule.pump();
  }

  /** Sends nothing more until {@link start}. What is in the air comes to its end. */
  pause(): void {
    this.#schedule.isPaused = true;
  }

  /**
   * Resolves when everything is done: every task has its result, handlers have come to their end, and bodies that were
   * handed over are read.
   *
   * @throws TimeoutError of phase `wait` after `timeout` milliseconds; the work goes on. The reason of `signal`.
   */
  idle({ signal, timeout }: { readonly timeout?: number; readonly signal?: AbortSignal } = {}): Promise<void> {
    const idle = this.#idlers.wait(timeout, signal);
    this.#rest();
    return idle;
  }

  /**
   * Accepts nothing more, and resolves when everything is done. `drain` does what was accepted, also when it was paused;
   * `abort` gives it up, and every task ends with an `AbortError`.
   */
  async stop({ mode = 'drain' }: { readonly mode?: 'drain' | 'abort' } = {}): Promise<void> {
    if (mode !== 'drain' && mode !== 'abort') expected("`mode` to be 'drain' or 'abort'", mode);
    this.#isStopping = true;
    if (mode === 'abort') this.#abort(new DOMException('The fetcher was stopped', 'AbortError'));
    else this.start();
    await this.idle();
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#tell(() => this.#policy.stop?.());
  }

  /** Gives up everything, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop({ mode: 'abort' });
  }

  /** Listens to what happens; answers with what ends it. */
  on<Name extends keyof FetcherEvents>(name: Name, listener: (event: FetcherEvents[Name]) => unknown): () => void {
    return this.#events.on(name, listener);
  }

  #accept(task: FetchTask, settle: Settle, rejects: boolean): void {
    this.#take(task, settle, rejects);
    this.#give([task], () => this.#policy.push(task));
  }

  /** From here on the task ends with a result, whatever happens. */
  #take(task: FetchTask, settle: Settle, rejects: boolean): void {
    if (this.#isStopping) throw new ConfigurationError('Expected a fetcher that runs, got one that was stopped');
    if (this.#tickets.size - this.#schedule.running >= this.#maxQueueSize) {
      const most = `${this.#maxQueueSize} tasks wait, as many as \`maxQueueSize\` lets`;
      throw new QueueFullError(`${most}; \`map\` takes any number`);
    }
    this.#tickets.add(this.#ticket(task, settle, rejects));
    this.#counters.accepted++;
    this.#queued++;
  }

  /** Gives tasks to the policy. */
  #give(tasks: readonly FetchTask[], give: () => void): void {
    let failure: { readonly reason: unknown } | undefined;
    try {
      give();
    } catch (reason) {
      failure = { reason };
      this.#events.report(reason, 'policy');
    }
    for (const { init, ticket } of tasks) {
      const end = failure ?? (init?.signal?.aborted ? init.signal : undefined);
      if (end && ticket instanceof Ticket) this.#cancel(ticket, end.reason);
    }
    this.#schedule.pump();
  }

  #ticket(task: FetchTask, settle: Settle, rejects: boolean): Ticket {
    if (task.ticket) throw new ConfigurationError('Expected a task that was not fetched before, got one that was');
    const now = this.#clock.now();
    const ticket = new Ticket(task, now, settle, rejects);
    task.ticket = ticket;
    const deadline = task.init?.deadline ?? this.#shared.settings.deadline;
    const signal = task.init?.signal;
    if (signal && !signal.aborted) this.#signals.add(signal, ticket);
    if (deadline < Number.POSITIVE_INFINITY) {
      ticket.deadline = this.#alarm.set(now + deadline, () => {
        this.#cancel(ticket, new TimeoutError('A task was not done', 'deadline', deadline));
      });
    }
    return ticket;
  }

  /** Sends what the policy wants for itself. */
  #fetchAside(url: string, init: FetchInit | undefined): Promise<FetchResult> {
    return new Promise((resolve) => {
      const ticket = this.#ticket(new FetchTask(url, init), resolve as Settle, false);
      ticket.isQueued = false;
      this.#aside.add(ticket);
      this.#run(ticket, true);
    });
  }

  /** Begins a task; one that is given up already only comes to its end. */
  #run(ticket: Ticket, isExtra: boolean, givenUp?: { readonly reason: unknown }): void {
    const trip = new Trip(ticket, this.#shared, isExtra, givenUp);
    run(trip).then((result) => this.#settle(ticket, result, trip.cancelled?.reason, isExtra));
  }

  #cancel(ticket: Ticket, reason: unknown): void {
    if (ticket.isQueued) {
      ticket.isQueued = false;
      this.#queued--;
      this.#tell(() => this.#policy.remove?.(ticket.task));
      // Its hooks are told as those of any other task are.
      this.#run(ticket, true, { reason });
    } else ticket.interrupt?.(reason);
  }

  #abort(reason: unknown): void {
    this.#isStopping = true;
    for (const ticket of [...this.#tickets.toArray(), ...this.#aside]) this.#cancel(ticket, reason);
  }

  /** A body is handed over: it is part of the work until its end. */
  #setAside(ticket: Ticket): () => void {
    this.#aside.add(ticket);
    return () => {
      this.#aside.delete(ticket);
      if (!ticket.settle) this.#forget(ticket);
      this.#rest();
    };
  }

  #settle(ticket: Ticket, result: FetchResult, reason: unknown, isExtra: boolean): void {
    const { rejects, settle, task } = ticket;
    ticket.settle = undefined;
    const { error, fromCache } = result;
    // What the policy sends for itself was set aside from the first, and is in no list.
    const isPolicys = isExtra && this.#aside.has(ticket);
    if (isPolicys && !result.body) this.#aside.delete(ticket);
    if (!result.body) this.#forget(ticket);
    if (!isPolicys) {
      this.#tickets.delete(ticket);
      if (error) this.#counters.failed++;
      else this.#counters.succeeded++;
      if (fromCache) this.#counters.fromCache++;
      const policy = this.#policy;
      if (!isExtra) {
        this.#tell(() => (error ? policy.onError?.(task, error) : policy.onSuccess?.(task, result)));
        this.#tell(() => policy.onDone?.(task, result));
      }
      this.#events.emit(error ? 'failure' : 'success', result);
      this.#events.emit('done', result);
    }
    const handled = guard(
      () => settle?.(rejects && error ? Promise.reject(reason ?? error) : result),
      (failure) => this.#events.report(failure, 'handler'),
    );
    if (handled) {
      this.#handling++;
      handled.then(() => {
        this.#handling--;
        this.#rest();
      });
    }
    this.#schedule.pump();
    this.#rest();
  }

  #forget(ticket: Ticket): void {
    const { deadline, task } = ticket;
    this.#alarm.cancel(deadline);
    ticket.interrupt = undefined;
    if (task.init?.signal) this.#signals.delete(task.init.signal, ticket);
  }

  /** Tells those who wait for the end, if this is it. */
  #rest(): void {
    if (this.#tickets.size > 0 || this.#aside.size > 0 || this.#handling > 0) return;
    this.#idlers.tell();
  }

  /** Calls the policy, which can do no harm. */
  #tell(call: () => unknown): void {
    guard(call, (error) => this.#events.report(error, 'policy'));
  }
}

function taskOf(target: string | URL | FetchTask, init: FetchInit | undefined): FetchTask {
  return target instanceof FetchTask ? target : new FetchTask(target, init);
}
