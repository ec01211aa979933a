import { isTidewayError, TidewayError } from '../errors/index.ts';
import { broken } from '../http/broken.ts';
import { Body } from './body.ts';
import type { FetchInit } from './fetch-init.ts';
import { FetchResult, type FetchResultInit, pathOf } from './fetch-result.ts';
import type { HookSteps } from './later/hook-steps.ts';
import { Line } from './line.ts';
import type { Target } from './redirect.ts';
import { type RetryRules, retryRules } from './retry-rules.ts';
import type { Answer, Shared } from './shared.ts';
import { targetOf } from './target.ts';
import type { Ticket } from './ticket.ts';

/** What is known of a task on its way from its turn to its result. */
export class Trip {
  readonly shared: Shared;
  readonly ticket: Ticket;
  /** Whether it takes no place and is not admitted. */
  readonly isExtra: boolean;
  hooks: HookSteps | undefined;
  init: FetchInit;
  rules: RetryRules;
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
  /** Requests, but for those that follow redirects. */
  attempts = 0;
  hops = 0;
  readonly redirects: string[] = [];
  /** What was asked for already, to find loops; undefined before the first redirect. */
  seen: Set<string> | undefined = undefined;
  firstSent: number | undefined;
  sent = 0;
  ttfb: number | undefined;
  answer: Answer | undefined;

  constructor(ticket: Ticket, shared: Shared, isExtra: boolean, givenUp?: { readonly reason: unknown }) {
    this.ticket = ticket;
    this.shared = shared;
    this.isExtra = isExtra;
    this.isStarting = !isExtra;
    this.cancelled = givenUp;
    this.init = ticket.task.init ?? {};
    this.rules = shared.settings.retry;
    ticket.interrupt = (reason) => {
      this.cancelled ??= { reason };
      this.line.end(reason);
    };
  }

  /** What is asked for, as errors may show it. */
  get what(): string {
    const { method, url } = this.target as Target;
    return `${method} ${pathOf(url)}`;
  }

  prepare(url: string): void {
    const { headers, retry, secretHeaders } = this.shared.settings;
    let common = headers;
    if (this.isExtra && headers) {
      // Nobody has said that the credentials of the program's requests are for wherever its policy asks.
      common = new Headers(headers);
      for (const name of secretHeaders) common.delete(name);
    }
    this.target = targetOf(url, this.init, common);
    this.rules = retryRules(this.init.retry, retry);
  }

  /** Throws the reason when the task was given up. */
  goOn(): void {
    if (this.cancelled) throw this.cancelled.reason;
  }

  leaveStart(): void {
    if (this.isStarting) this.shared.schedule.starting--;
    this.isStarting = false;
  }

  /** The body of an answer. */
  body(
    { release, response }: Pick<Answer, 'release' | 'response'>,
    line: Line,
    onBytes: (length: number) => void,
  ): Body {
    const { alarm, clock, settings } = this.shared;
    const what = `The body of ${this.what}`;
    return new Body({
      response,
      line,
      alarm,
      clock,
      idleTimeout: this.init.idleTimeout ?? settings.idleTimeout,
      what,
      broken: (error) => this.typed(error, `${what} was cut`),
      onBytes,
      onEnd: release,
    });
  }

  /** An error of the family, whatever the platform's was. */
  async typed(error: unknown, what: string): Promise<Error> {
    if (isTidewayError(error)) return error;
    const { headers } = this.target as Target;
    const secrets = new Set(this.shared.settings.secretHeaders.flatMap((name) => headers.get(name) ?? []));
    return broken(what, error, { requestId: '', secrets });
  }

  result(found: Partial<FetchResultInit>): FetchResult {
    const { clock, settings } = this.shared;
    const { accepted, task } = this.ticket;
    const { response, source } = this.answer ?? {};
    const now = clock.now();
    const url = this.target?.url.href ?? task.url;
    return new FetchResult({
      url: task.url,
      finalUrl: (settings.platformFollows && response?.url) || url,
      redirects: this.redirects,
      hopsHidden: settings.platformFollows && response?.redirected === true,
      response,
      bytes: undefined,
      body: undefined,
      error: undefined,
      fromCache: source === 'cache' || source === 'revalidated',
      skipped: false,
      attempts: this.firstSent === undefined ? 0 : this.attempts,
      timings: { queued: (this.firstSent ?? now) - accepted, ttfb: this.ttfb, total: now - accepted },
      ...found,
    });
  }

  /** Ends without an answer. An abort may have any reason. */
  failed(reason: unknown): FetchResult {
    return this.result({ error: errorOf(reason) });
  }
}

/** What a task ends with that was given up: an abort may have any reason. */
export function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new TidewayError('The task was ended', { cause: reason });
}
