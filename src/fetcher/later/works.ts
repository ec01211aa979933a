import { Alarm, type Appointment } from '../alarm.ts';
import type { FetchInit } from '../fetch-init.ts';
import type { FetchResult } from '../fetch-result.ts';
import type { Limiter } from '../limiter.ts';
import type { MapHost, MapSource } from '../map-options.ts';
import type { Sending } from '../sending.ts';
import type { Shared } from '../shared.ts';
import type { Ticket } from '../ticket.ts';
import type { Trip } from '../trip.ts';
import { attempt } from './attempt.ts';
import { Body } from './body.ts';
import { counting } from './counting.ts';
import { whatOf } from './failure.ts';
import { runHooked } from './hook-calls.ts';
import { Mapping } from './mapping.ts';
import { FetchTask, TimeoutError } from './needs.ts';
import type { Parts } from './parts.ts';
import type { RetryBudget } from './retry-budget.ts';
import { type RetryRules, retryRules } from './retry-rules.ts';
import { Waiting } from './waiting.ts';
import { Watch } from './watch.ts';

/** What a fetcher has of the code that is loaded later. */
export class Works implements Parts {
  readonly alarm: Alarm;
  readonly watch: Watch;
  budget: RetryBudget | undefined = undefined;
  readonly #shared: Shared;
  readonly #rules: RetryRules;
  /** Of those that have one: few do. */
  readonly #deadlines = new Map<Ticket, Appointment>();

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#rules = retryRules(shared.settings.retry);
    this.alarm = new Alarm(shared.clock);
    this.watch = new Watch(this.alarm, shared.clock, (one) => one.line.end(this.#late(one as Body | Sending)));
    if (shared.limiter || shared.rules) this.limit();
  }

  /** Takes a task from its turn, or from where it is sent, to its result. Never rejects. */
  run(trip: Trip, begun?: Sending): Promise<FetchResult> {
    if (trip.ticket.task.constructor === FetchTask) return attempt(this, trip, begun);
    return runHooked(this, trip);
  }

  rulesOf({ init }: Trip): RetryRules {
    return retryRules(init.retry, this.#rules);
  }

  limit(): Limiter {
    const shared = this.#shared;
    const { clock, rules = [], schedule } = shared;
    shared.limiter ??= counting(rules, clock);
    schedule.waiting ??= new Waiting(schedule, shared.limiter, shared);
    return shared.limiter;
  }

  map(source: MapSource, init: FetchInit | undefined, buffer: number, host: MapHost): Mapping {
    return new Mapping(source, init, buffer, host);
  }

  /** Gives a task up so many milliseconds after it was accepted. */
  expire(ticket: Ticket, deadline: number): void {
    const late = (): void => this.#shared.cancel(ticket, new TimeoutError('A task was not done', 'deadline', deadline));
    this.#deadlines.set(ticket, this.alarm.set(ticket.accepted + deadline, late));
  }

  /** Its deadline does not matter any more. */
  forget(ticket: Ticket): void {
    this.alarm.cancel(this.#deadlines.get(ticket));
    this.#deadlines.delete(ticket);
  }

  /** Resolves when everything is done; rejects at a time of the clock, and when the signal is aborted. */
  idle(at: number, timeout: number, signal: AbortSignal | undefined): Promise<void> {
    const { idlers } = this.#shared;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const end = (settle: () => void): void => {
        idlers.delete(done);
        this.alarm.cancel(timer);
        signal?.removeEventListener('abort', leave);
        settle();
      };
      const done = (): void => end(resolve);
      const leave = (): void => end(() => reject(signal?.reason));
      const late = (): void => end(() => reject(new TimeoutError('The fetcher was not idle', 'wait', timeout)));
      const timer = at < Number.POSITIVE_INFINITY ? this.alarm.set(at, late) : undefined;
      signal?.addEventListener('abort', leave);
      idlers.add(done);
      this.#shared.rest();
    });
  }

  #late(one: Body | Sending): Error {
    if (one instanceof Body) return new TimeoutError(`${one.what} went on with no byte`, 'idle', one.idleTimeout);
    return new TimeoutError(`${whatOf(one.target)} was not answered`, 'headers', one.timeout);
  }
}
