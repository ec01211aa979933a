import { errorOf } from './failure.ts';
import type { FetchInit } from './fetch-init.ts';
import { FetchResult, type FetchResultInit } from './fetch-result.ts';
import type { HookSteps } from './later/hook-steps.ts';
import { Line } from './line.ts';
import type { Target } from './redirect.ts';
import type { Answer, Shared } from './shared.ts';
import { targetOf } from './target.ts';
import type { Ticket } from './ticket.ts';

const NO_INIT: FetchInit = {};
const NO_REDIRECTS: readonly string[] = [];

/** What is known of a task on its way from its turn to its result. */
export class Trip {
  readonly shared: Shared;
  readonly ticket: Ticket;
  /** Whether it takes no place and is not admitted. */
  readonly isExtra: boolean;
  hooks: HookSteps | undefined;
  init: FetchInit;
  /** What is sent next; undefined until it was found to be right. */
  target: Target | undefined;
  /** The request of now; each has its own. */
  line: Line = new Line();
  /** Why the whole task ends; undefined while it goes on. */
  cancelled: { readonly reason: unknown } | undefined;
  /** Whether what failed is the user's own code, which is not tried again. */
  isOwnFailure = false;
  /** Whether it counts among those that were begun and have not come for a place. */
  isStarting: boolean;
  /** Requests, but for those that follow redirects; counted from the first that is prepared. */
  attempts = 1;
  hops = 0;
  redirects: readonly string[] = NO_REDIRECTS;
  /** What was asked for already, to find loops; undefined before the first redirect. */
  seen: Set<string> | undefined;
  firstSent: number | undefined;
  sent = 0;
  ttfb: number | undefined;
  answer: Answer | undefined;
  /** A body that somebody else reads. */
  handedOver: { cancel(reason: unknown): void } | undefined;

  constructor(ticket: Ticket, shared: Shared, isExtra: boolean, givenUp?: { readonly reason: unknown }) {
    this.ticket = ticket;
    this.shared = shared;
    this.isExtra = isExtra;
    this.isStarting = !isExtra;
    this.cancelled = givenUp;
    this.init = ticket.task.init ?? NO_INIT;
    ticket.trip = this;
  }

  /** Finds out what is sent. */
  prepare(url: string = this.ticket.task.url): void {
    const { headers, secretHeaders } = this.shared.settings;
    let common = headers;
    if (this.isExtra && headers) {
      // Nobody has said that the credentials of the program's requests are for wherever its policy asks.
      common = new Headers(headers);
      for (const name of secretHeaders) common.delete(name);
    }
    this.target = targetOf(url, this.init, common);
  }

  /** Throws the reason when the task was given up. */
  goOn(): void {
    if (this.cancelled) throw this.cancelled.reason;
  }

  /** Ends whatever it is doing as of now. */
  interrupt(reason: unknown): void {
    this.cancelled ??= { reason };
    this.line.end(reason);
    this.handedOver?.cancel(reason);
  }

  leaveStart(): void {
    if (this.isStarting) this.shared.schedule.starting--;
    this.isStarting = false;
  }

  result({ body, bytes, error, skipped = false }: Partial<FetchResultInit>): FetchResult {
    const { answer, firstSent, shared, target, ticket } = this;
    const { platformFollows } = shared.settings;
    const { accepted, task } = ticket;
    const response = answer?.response;
    const source = answer?.source;
    const now = shared.clock.now();
    return new FetchResult({
      url: task.url,
      finalUrl: (platformFollows && response?.url) || (target?.url.href ?? task.url),
      redirects: this.redirects,
      hopsHidden: platformFollows && response?.redirected === true,
      response,
      bytes,
      body,
      error,
      fromCache: source === 'cache' || source === 'revalidated',
      skipped,
      attempts: firstSent === undefined ? 0 : this.attempts,
      timings: { queued: (firstSent ?? now) - accepted, ttfb: this.ttfb, total: now - accepted },
    });
  }

  /** Ends without an answer. An abort may have any reason. */
  failed(reason: unknown): FetchResult {
    return this.result({ error: errorOf(reason) });
  }
}
