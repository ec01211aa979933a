import type { FetchInit } from './fetch-init.ts';
import type { FetchTask } from './fetch-task.ts';
import type { Settle, Ticket } from './ticket.ts';

/** What may be fetched: text, URLs or tasks, of any length. */
export type FetchSource = Iterable<string | URL | FetchTask> | AsyncIterable<string | URL | FetchTask>;

/** How `map` works, and how each of its URLs is asked for. */
export interface MapOptions extends FetchInit {
  /**
   * The most URLs that are taken from the source and whose results are not yet with you: what is in the air, waits for a
   * limit, or waits for you. @default twice the concurrency, at least 16
   */
  readonly buffer?: number;
}

/** What gives URLs, as it was opened. */
export type MapSource = AsyncIterator<unknown> | Iterator<unknown>;

/** What `map` needs of its fetcher. */
export interface MapHost {
  /** Takes a task; throws when there will be no more. */
  accept(task: FetchTask, settle: Settle, rejects: boolean): void;
  cancel(ticket: Ticket, reason: unknown): void;
}
