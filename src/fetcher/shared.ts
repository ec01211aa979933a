import type { CacheAnswer } from '../cache/cache-request.ts';
import type { ResponseCache } from '../cache/response-cache.ts';
import type { Clock } from './clock.ts';
import type { Counters } from './counters.ts';
import type { Events } from './events.ts';
import type { FetchInit } from './fetch-init.ts';
import type { Gate } from './fetch-policy.ts';
import type { FetchTask } from './fetch-task.ts';
import type { Watch } from './later/watch.ts';
import type { CompiledRule } from './limit-rule.ts';
import type { Limiter } from './limiter.ts';
import type { Schedule } from './schedule.ts';
import type { Settings } from './settings.ts';
import type { Ticket } from './ticket.ts';

/** What all tasks of a fetcher share. */
export interface Shared {
  readonly settings: Settings;
  readonly schedule: Schedule;
  /** Undefined where nothing is limited. */
  limiter: Limiter | undefined;
  /** What to make one of. */
  readonly rules: readonly CompiledRule[] | undefined;
  /** Whether a request without hooks can be sent by the code that is there from the start. */
  readonly isPlain: boolean;
  /** The code that is loaded later, once it is here. */
  readonly works: { readonly watch: Watch } | undefined;
  /** Asked in this order. */
  readonly gates: readonly Gate[];
  readonly cache: ResponseCache | undefined;
  readonly clock: Clock;
  readonly events: Events;
  readonly counters: Counters;
  /** Those who wait for everything to be done. */
  readonly idlers: Set<() => void>;
  cancel(ticket: Ticket, reason: unknown): void;
  /** Tells those who wait for the end, if this is it. */
  rest(): void;
  /** Takes what a hook has found. */
  enqueue(target: string | URL | FetchTask, init?: FetchInit): void;
  /** A body is handed over that is not read yet; answers with what is to be called at its end. */
  leaveOpen(ticket: Ticket): () => void;
}

/** An answer, and what gives back all that it holds. */
export interface Answer {
  readonly response: Response;
  readonly source: CacheAnswer['source'];
  /** Milliseconds of rest that the server asks for. */
  readonly asked: number | undefined;
  release(error?: Error): void;
}
