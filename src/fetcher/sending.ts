import { RedirectError, TimeoutError } from '../errors/index.ts';
import { errorOf, typed, whatOf } from './failure.ts';
import { later } from './later.ts';
import type { Lease } from './limiter.ts';
import type { Line } from './line.ts';
import type { Target } from './redirect.ts';
import type { Answer } from './shared.ts';
import { NO_HEADERS } from './target.ts';
import type { Trip } from './trip.ts';
import { Visit } from './visit.ts';
import type { Watched } from './watch.ts';

/** Headers that tell of a rest, whatever the status. */
const RESTS = ['ratelimit', 'ratelimit-remaining', 'x-ratelimit-remaining'];
const NO_LEASES: readonly Lease[] = [];

/** Headers that ask whether what a cache has is still right. */
export type Validators = readonly (readonly [string, string])[];

/** What `fetch` is given, streams as bodies included. */
type SentInit = RequestInit & { duplex?: 'half' };

/** Admission, limits, a place, and the request. */
export async function send(trip: Trip, line: Line, validators?: Validators): Promise<Answer> {
  const { gates, schedule, settings } = trip.shared;
  const target = trip.target as Target;
  if (line.isEnded) throw line.reason;
  if (settings.blockPrivateNetworks) await line.race(later().then(({ checkPublic }) => checkPublic(target.url)));
  const leases = trip.isExtra || gates.length === 0 ? NO_LEASES : await (await later()).admitted(trip, line);
  const sending = new Sending(trip, target, line, leases);
  let answered: Promise<Response> | undefined;
  try {
    trip.leaveStart();
    if (!schedule.enter(sending)) await line.race(sending.wait());
    answered = sending.begin(validators);
    const response = await line.race(answered);
    sending.take(response);
    const { headers, status, type } = response;
    if (type === 'opaqueredirect') {
      throw new RedirectError(`${whatOf(target)} answered with a redirect that the platform hides`);
    }
    if ((status >= 300 && headers.has('retry-after')) || RESTS.some((name) => headers.has(name))) {
      sending.asked = (await line.race(later())).rest(trip, response);
    }
    return sending;
  } catch (error) {
    const what = `${whatOf(target)} got no answer`;
    const failure = line.isEnded ? line.reason : await typed(error, what, settings.secretHeaders, target);
    // It may come all the same, and would hold its connection.
    answered?.then(
      (late) => late.body?.cancel().catch(() => {}),
      () => {},
    );
    sending.release(errorOf(failure));
    throw failure;
  }
}

/** One request over the network, with all that it holds until the end of its body. */
class Sending extends Visit implements Answer, Watched {
  readonly source = 'network';
  readonly #trip: Trip;
  readonly #target: Target;
  readonly #line: Line;
  readonly #leases: readonly Lease[];
  #timeout = 0;
  #sent: number | undefined = undefined;
  #latency: number | undefined = undefined;
  #isHeld = true;
  due = 0;
  asked: number | undefined = undefined;
  response!: Response;

  constructor(trip: Trip, target: Target, line: Line, leases: readonly Lease[]) {
    const isFurther = trip.attempts > 1 || trip.hops > 0;
    super(trip.ticket, target.url, isFurther ? Number.POSITIVE_INFINITY : trip.ticket.task.priority, trip.isExtra);
    this.#trip = trip;
    this.#target = target;
    this.#line = line;
    this.#leases = leases;
  }

  /** It has all that it needs. */
  begin(validators: Validators | undefined): Promise<Response> {
    const trip = this.#trip;
    const { clock, counters, settings, watch } = trip.shared;
    const { cache, credentials, fetch: own, redirect } = trip.init;
    const { body, headers, method, url } = this.#target;
    this.#sent = trip.sent = clock.now();
    trip.firstSent ??= this.#sent;
    for (const lease of this.#leases) lease.begin?.();
    counters.requests++;
    this.#timeout = trip.init.timeout ?? settings.timeout;
    watch.add(this, this.#timeout);
    const follows = settings.platformFollows && redirect !== 'manual';
    const sent: SentInit = { method, signal: this.#line.signal, redirect: follows ? 'follow' : 'manual' };
    if (headers !== NO_HEADERS) sent.headers = headers;
    if (validators?.length) {
      sent.headers = new Headers(headers);
      for (const [name, value] of validators) sent.headers.set(name, value);
    }
    if (body !== undefined) sent.body = body;
    if (body instanceof ReadableStream) sent.duplex = 'half';
    if (cache) sent.cache = cache;
    if (credentials) sent.credentials = credentials;
    return Promise.resolve((own ?? settings.fetch)(url.href, sent));
  }

  /** The headers are there. */
  take(response: Response): void {
    const { clock, watch } = this.#trip.shared;
    this.response = response;
    this.#latency = clock.now() - (this.#sent as number);
    watch.delete(this);
  }

  late(): void {
    this.#line.end(new TimeoutError(`${whatOf(this.#target)} was not answered`, 'headers', this.#timeout));
  }

  release(error?: Error): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    const { clock, schedule, watch } = this.#trip.shared;
    watch.delete(this);
    const sent = this.#sent;
    const outcome =
      sent === undefined
        ? undefined
        : { status: this.response?.status, latency: this.#latency ?? clock.now() - sent, error, rest: this.asked };
    schedule.leave(this, outcome);
    for (const lease of this.#leases) lease.release(outcome);
  }
}
