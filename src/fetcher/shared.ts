import type { CacheAnswer } from '../cache/cache-request.ts';
import type { ResponseCache } from '../cache/response-cache.ts';
import type { Alarm } from './alarm.ts';
import type { Clock } from './clock.ts';
import type { Counters } from './counters.ts';
import type { Events } from './events.ts';
import type { FetchInit } from './fetch-init.ts';
import type { Gate } from './fetch-policy.ts';
import type { FetchTask } from './fetch-task.ts';
import type { RetryBudget } from './later/retry-budget.ts';
import type { Limiter } from './limiter.ts';
import type { Schedule } from './schedule.ts';
import type { Settings } from './settings.ts';
import type { Ticket } from './ticket.ts';
import type { Watch } from './watch.ts';

/** What all tasks of a fetcher share. */
export interface Shared {
  readonly settings: Settings;
  readonly schedule: Schedule;
  readonly limiter: Limiter;
  /** Asked in this order. */
  readonly gates: readonly Gate[];
  /** Made when something fails for the first time: before, no origin has spent any. */
  budget: RetryBudget | undefined;
  readonly cache: ResponseCache | undefined;
  readonly alarm: Alarm;
  readonly watch: Watch;
  readonly clock: Clock;
  readonly events: Events;
  readonly counters: Counters;
  /** Takes what a hook has found. */
  enqueue(target: string | URL | FetchTask, init?: FetchInit): void;
  /** A body is handed over that is not read yet; answers with what is to be called at its end. */
  open(ticket: Ticket): () => void;
}

/** An answer, and what gives back all that it holds. */
export interface Answer {
  readonly response: Response;
  readonly source: CacheAnswer['source'];
  /** Milliseconds of rest that the server asks for. */
  readonly asked: number | undefined;
  release(error?: Error): void;
}
