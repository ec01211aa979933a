import { ConfigurationError, QueueFullError } from '../errors/index.ts';
import { type Clock, platformClock } from './clock.ts';
import { Counters } from './counters.ts';
import { Events, guard } from './events.ts';
import type { FetchInit } from './fetch-init.ts';
import type { FetchPolicy, Gate } from './fetch-policy.ts';
import type { FetchResult } from './fetch-result.ts';
import { FetchTask } from './fetch-task.ts';
import { fifo } from './fifo.ts';
import type { Works } from './later/works.ts';
import { later } from './later.ts';
import { compileRules } from './limit-rule.ts';
import type { Limiter } from './limiter.ts';
import type { FetcherOptions, FetcherStats } from './options.ts';
import { run } from './run.ts';
import { Schedule } from './schedule.ts';
import { type Settings, settingsOf } from './settings.ts';
import type { Shared } from './shared.ts';
import { SignalWatch } from './signal-watch.ts';
import { type Settle, Ticket } from './ticket.ts';
import { TicketList } from './ticket-list.ts';
import { Trip } from './trip.ts';

/** Why a task comes to its end before it began. */
interface Failure {
  readonly reason: unknown;
}

/** The life of the tasks of a fetcher: they are taken, begun, cancelled and settled, each of them once. */
export class Engine implements Shared {
  readonly events: Events = new Events();
  readonly counters: Counters = new Counters();
  readonly clock: Clock;
  readonly policy: FetchPolicy;
  limiter: Limiter | undefined;
  readonly rules: Shared['rules'];
  readonly isPlain: boolean;
  readonly schedule: Schedule;
  readonly settings: Settings;
  readonly gates: readonly Gate[];
  readonly cache: Shared['cache'];
  works: Works | undefined;
  readonly idlers: Shared['idlers'] = new Set();
  isStopping = false;
  readonly #maxQueueSize: number;
  readonly #signals: SignalWatch<Ticket | Engine>;
  /** Everything that was accepted and has no result. */
  readonly #tickets = new TicketList();
  /** What is unfinished beside them: bodies that were handed over, and the policy's own requests. */
  readonly #aside = new Set<Ticket>();
  #queued = 0;
  /** Handlers that have not come to their end. */
  #handling = 0;

  constructor(options: FetcherOptions) {
    const { breaker, cache, clock = platformClock, concurrency = 10, limiter, limits, signal } = options;
    const { maxQueueSize = 1_000_000, policy = fifo() } = options;
    this.clock = clock;
    this.policy = policy;
    this.limiter = limiter;
    this.rules = limits && compileRules(limits);
    this.cache = cache;
    this.settings = settingsOf(options, policy.headers);
    this.gates = [policy, breaker].filter((gate): gate is Gate => typeof gate?.admit === 'function');
    this.isPlain = !(limiter || limits || cache || this.gates.length > 0 || this.settings.blockPrivateNetworks);
    this.#maxQueueSize = maxQueueSize;
    this.schedule = new Schedule(concurrency, this, policy, (ticket) => {
      this.#queued--;
      this.#run(ticket, false);
    });
    this.#signals = new SignalWatch((one, reason) => {
      if (one instanceof Ticket) this.cancel(one, reason);
      else this.abort(reason);
    });
    this.schedule.isPaused = options.autoStart === false;
    this.tell(() =>
      policy.start?.({
        now: () => clock.now(),
        clock,
        report: (error) => this.events.report(error, 'policy'),
        wake: () => this.schedule.pump(),
        fetch: (url, init) => this.#fetchAside(url, init),
      }),
    );
    if (signal?.aborted) this.abort(signal.reason);
    else if (signal) this.#signals.add(signal, this);
  }

  /** How many tasks wait, for whatever it is. */
  get size(): number {
    return Math.max(0, this.#tickets.size - this.schedule.running);
  }

  get stats(): FetcherStats {
    const { running } = this.schedule;
    const waiting = Math.max(0, this.#tickets.size - this.#queued - running);
    return { ...this.counters, queued: this.#queued, waiting, running };
  }

  /** Takes a task: from here on it ends with a result, whatever happens. */
  accept(task: FetchTask, settle: Settle, rejects: boolean): void {
    this.#take(task, settle, rejects);
    let failure: Failure | undefined;
    try {
      this.policy.push(task);
    } catch (reason) {
      failure = this.#blame(reason);
    }
    this.#given(task, failure);
    this.schedule.pump();
  }

  enqueue(target: string | URL | FetchTask, init?: FetchInit): void {
    this.accept(taskOf(target, init), () => {}, false);
  }

  /** Takes several; when one is refused, those before it stay. */
  extend(targets: Iterable<string | URL | FetchTask>, init: FetchInit | undefined): void {
    const { policy } = this;
    const tasks: FetchTask[] = [];
    let failure: Failure | undefined;
    try {
      for (const target of targets) {
        if (policy.extend) {
          const task = taskOf(target, init);
          this.#take(task, () => {}, false);
          tasks.push(task);
        } else this.enqueue(target, init);
      }
    } finally {
      try {
        policy.extend?.(tasks);
      } catch (reason) {
        failure = this.#blame(reason);
      }
      for (const task of tasks) this.#given(task, failure);
      this.schedule.pump();
    }
  }

  cancel(ticket: Ticket, reason: unknown): void {
    if (ticket.isQueued) {
      ticket.isQueued = false;
      this.#queued--;
      this.tell(() => this.policy.remove?.(ticket.task));
      // Its hooks are told as those of any other task are.
      this.#run(ticket, true, { reason });
    } else ticket.trip?.interrupt(reason);
  }

  abort(reason: unknown): void {
    this.isStopping = true;
    for (const ticket of [...this.#tickets.toArray(), ...this.#aside]) this.cancel(ticket, reason);
  }

  /**
   * Loads the code for what comes after sending.
   *
   * @throws ConnectionError when it cannot be loaded.
   */
  async open(): Promise<Works> {
    const { Works } = await later();
    this.works ??= new Works(this);
    return this.works;
  }

  leaveOpen(ticket: Ticket): () => void {
    this.#aside.add(ticket);
    return () => {
      this.#aside.delete(ticket);
      if (!ticket.settle) this.#forget(ticket);
      this.rest();
    };
  }

  /** Tells those who wait for the end, if this is it. */
  rest(): void {
    if (this.#tickets.size > 0 || this.#aside.size > 0 || this.#handling > 0) return;
    for (const done of this.idlers) done();
    this.idlers.clear();
  }

  /** Calls the policy, which can do no harm. */
  tell(call: () => unknown): void {
    guard(call, (error) => this.events.report(error, 'policy'));
  }

  #take(task: FetchTask, settle: Settle, rejects: boolean): void {
    if (this.isStopping) throw new ConfigurationError('Expected a fetcher that runs, got one that was stopped');
    if (this.size >= this.#maxQueueSize) {
      const most = `${this.#maxQueueSize} tasks wait, as many as \`maxQueueSize\` lets`;
      throw new QueueFullError(`${most}; \`map\` takes any number`);
    }
    this.#tickets.add(this.#ticket(task, settle, rejects));
    this.counters.accepted++;
    this.#queued++;
  }

  /** The policy has it, or has failed. */
  #given({ init, ticket }: FetchTask, failure: Failure | undefined): void {
    const end = failure ?? (init?.signal?.aborted ? init.signal : undefined);
    if (end && ticket instanceof Ticket) this.cancel(ticket, end.reason);
  }

  #blame(reason: unknown): Failure {
    this.events.report(reason, 'policy');
    return { reason };
  }

  #ticket(task: FetchTask, settle: Settle, rejects: boolean): Ticket {
    if (task.ticket) throw new ConfigurationError('Expected a task that was not fetched before, got one that was');
    const now = this.clock.now();
    const ticket = new Ticket(task, now, settle, rejects);
    task.ticket = ticket;
    const deadline = task.init?.deadline ?? this.settings.deadline ?? Number.POSITIVE_INFINITY;
    const signal = task.init?.signal;
    if (signal && !signal.aborted) this.#signals.add(signal, ticket);
    if (deadline < Number.POSITIVE_INFINITY) {
      if (this.works) this.works.expire(ticket, deadline);
      else {
        this.open().then(
          (works) => ticket.settle && works.expire(ticket, deadline),
          (error) => this.cancel(ticket, error),
        );
      }
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
  #run(ticket: Ticket, isExtra: boolean, givenUp?: Failure): void {
    const trip = new Trip(ticket, this, isExtra, givenUp);
    (this.works?.run(trip) ?? run(trip, () => this.open())).then((result) => this.#settle(trip, ticket, result));
  }

  #settle(trip: Trip, ticket: Ticket, result: FetchResult): void {
    const { cancelled, isExtra } = trip;
    const { rejects, settle, task } = ticket;
    const { body, error, fromCache } = result;
    const { counters, events, policy } = this;
    ticket.settle = undefined;
    trip.leaveStart();
    // What the policy sends for itself was set aside from the first, and is in no list.
    const isPolicys = isExtra && this.#aside.has(ticket);
    if (isPolicys && !body) this.#aside.delete(ticket);
    if (!body) this.#forget(ticket);
    if (!isPolicys) {
      this.#tickets.delete(ticket);
      counters[error ? 'failed' : 'succeeded']++;
      if (fromCache) counters.fromCache++;
      if (!isExtra && (policy.onSuccess || policy.onError || policy.onDone)) {
        this.tell(() => (error ? policy.onError?.(task, error) : policy.onSuccess?.(task, result)));
        this.tell(() => policy.onDone?.(task, result));
      }
      events.emit(error ? 'failure' : 'success', result);
      events.emit('done', result);
    }
    const handled = guard(
      () => settle?.(rejects && error ? Promise.reject(cancelled ? cancelled.reason : error) : result),
      (failure) => events.report(failure, 'handler'),
    );
    if (handled) {
      this.#handling++;
      handled.then(() => {
        this.#handling--;
        this.rest();
      });
    }
    this.schedule.pump();
    this.rest();
  }

  #forget(ticket: Ticket): void {
    const signal = ticket.task.init?.signal;
    this.works?.forget(ticket);
    ticket.trip = undefined;
    if (signal) this.#signals.delete(signal, ticket);
  }
}

/** What is to be fetched, as a task. */
export function taskOf(target: string | URL | FetchTask, init: FetchInit | undefined): FetchTask {
  return target instanceof FetchTask ? target : new FetchTask(target, init);
}
