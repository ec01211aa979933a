import type { FetchResult } from '../fetch-result.ts';
import type { HookContext } from '../fetch-task.ts';
import type { Target } from '../redirect.ts';
import type { Trip } from '../trip.ts';
import { attempt } from './attempt.ts';
import { whatOf } from './failure.ts';
import type { Directive, HookSteps } from './hook-steps.ts';
import { FetchTask, Line, RedirectError } from './needs.ts';
import type { Parts } from './parts.ts';
import { hop, MOST_REDIRECTS, redirected } from './redirected.ts';

/** Calls the hooks of a task, and does what they decide. */
export class HookCalls implements HookSteps {
  readonly #trip: Trip;
  readonly #context: HookContext;
  #directive: Directive | undefined;

  constructor(trip: Trip) {
    this.#trip = trip;
    this.#context = {
      enqueue: (target, init) => trip.shared.enqueue(target, init),
      retryWith: (init = {}) => {
        // A task checks them.
        new FetchTask('', init);
        this.#directive = { kind: 'retry', init };
      },
      redirectTo: (url) => {
        this.#directive = { kind: 'redirect', url: String(url) };
      },
      skip: () => {
        this.#directive ??= { kind: 'skip' };
      },
    };
  }

  async beforeRequest(url: string): Promise<boolean> {
    await this.#own(async (task) => task.onUrl?.(url, this.#context));
    return this.obey(this.#take());
  }

  async onAnswer({ headers, status, statusText }: Response): Promise<Directive | undefined> {
    await this.#own(async (task) => {
      await task.onStatus?.(status, statusText, this.#context);
      if (!task.onHeaders) return;
      const lists: Record<string, string[]> = Object.create(null);
      // Only of cookies the platform keeps the values apart.
      for (const [name, value] of headers) lists[name] = [...(lists[name] ?? []), value];
      if ((await task.onHeaders(lists, this.#context)) === 'skip') this.#context.skip();
    });
    return this.#take();
  }

  /** Tells of a result; whether there shall be another one. */
  async onEnd(result: FetchResult): Promise<boolean> {
    const { error } = result;
    if (error) await this.#atEnd(async (task) => task.onError?.(error, this.#context));
    else await this.#atEnd(async (task) => task.onSuccess?.(result, this.#context));
    const directive = this.#take();
    return !this.#trip.cancelled && !result.body && this.obey(directive);
  }

  async onDone(result: FetchResult): Promise<void> {
    await this.#atEnd(async (task) => task.onDone?.(result, this.#context));
  }

  obey(directive: Directive | undefined): boolean {
    if (!directive || directive.kind === 'skip') return false;
    const trip = this.#trip;
    if (directive.kind === 'redirect') {
      const headers = new Headers({ location: directive.url });
      hop(trip, redirected(trip, { status: 302, headers }), 302);
      return true;
    }
    const most = trip.init.maxRedirects ?? trip.shared.settings.maxRedirects ?? MOST_REDIRECTS;
    if (++trip.hops > most) {
      throw new RedirectError(`${whatOf(trip.target)} is one more than ${most} redirects and repetitions by hooks`);
    }
    trip.init = { ...trip.init, ...directive.init };
    trip.prepare((trip.target as Target).url.href);
    trip.attempts++;
    return true;
  }

  /** What was decided since the last time. */
  #take(): Directive | undefined {
    const directive = this.#directive;
    this.#directive = undefined;
    return directive;
  }

  /** Awaits a hook of the end, for which a deadline and an abort hold as well: the line of the last request may have ended. */
  async #atEnd(call: (task: Trip['ticket']['task']) => Promise<unknown>): Promise<void> {
    const trip = this.#trip;
    trip.line = new Line();
    await trip.line.race(call(trip.ticket.task));
  }

  /** Awaits the user's own code, whose failures are final. */
  async #own(call: (task: Trip['ticket']['task']) => Promise<unknown>): Promise<void> {
    try {
      await this.#trip.line.race(call(this.#trip.ticket.task));
    } catch (error) {
      this.#trip.isOwnFailure = true;
      throw error;
    }
  }
}

/** Runs a task that has hooks: they may have it run again. Never rejects. */
export async function runHooked(parts: Parts, trip: Trip): Promise<FetchResult> {
  const hooks = new HookCalls(trip);
  trip.hooks = hooks;
  let result = await attempt(parts, trip);
  try {
    while (await hooks.onEnd(result)) {
      trip.answer = undefined;
      result = await attempt(parts, trip);
    }
  } catch (error) {
    result = trip.failed(error);
  }
  try {
    await hooks.onDone(result);
  } catch (error) {
    result = trip.failed(error);
  }
  return result;
}
