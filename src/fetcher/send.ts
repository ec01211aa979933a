import { RedirectError, TimeoutError } from '../errors/index.ts';
import type { Appointment } from './alarm.ts';
import { later } from './later.ts';
import type { Outcome } from './limiter.ts';
import type { Line } from './line.ts';
import type { Target } from './redirect.ts';
import type { Answer } from './shared.ts';
import { NO_HEADERS } from './target.ts';
import { errorOf, type Trip } from './trip.ts';
import { Visit } from './visit.ts';

/** Headers that tell of a rest, whatever the status. */
const RESTS = ['ratelimit', 'ratelimit-remaining', 'x-ratelimit-remaining'];

/** Headers that ask whether what a cache has is still right. */
export type Validators = readonly (readonly [string, string])[];

/** What `fetch` is given, streams as bodies included. */
type SentInit = RequestInit & { duplex?: 'half' };

/** Admission, limits, a place, and the request. */
export async function send(trip: Trip, line: Line, validators: Validators): Promise<Answer> {
  const { alarm, clock, counters, gates, schedule, settings } = trip.shared;
  const { url } = trip.target as Target;
  const { what } = trip;
  if (line.isEnded()) throw line.reason;
  if (settings.blockPrivateNetworks) await line.race(later().then(({ checkPublic }) => checkPublic(url)));
  const leases = trip.isExtra || gates.length === 0 ? [] : await (await later()).admitted(trip, line);
  const isFurther = trip.attempts > 1 || trip.hops > 0;
  const priority = isFurther ? Number.POSITIVE_INFINITY : trip.ticket.task.priority;
  const visit = new Visit(trip.ticket, url, priority, trip.isExtra);
  let sent: number | undefined;
  let timer: Appointment | undefined;
  let response: Response | undefined;
  let rest: number | undefined;
  let isHeld = true;
  let latency: number | undefined;
  let answered: Promise<Response> | undefined;
  const release = (error?: Error): void => {
    if (!isHeld) return;
    isHeld = false;
    alarm.cancel(timer);
    const outcome: Outcome | undefined =
      sent === undefined
        ? undefined
        : { status: response?.status, latency: latency ?? clock.now() - sent, error, rest };
    schedule.leave(visit, outcome);
    for (const lease of leases) lease.release(outcome);
  };
  try {
    trip.leaveStart();
    if (!schedule.enter(visit)) await line.race(visit.wait());
    sent = clock.now();
    trip.sent = sent;
    trip.firstSent ??= sent;
    for (const lease of leases) lease.begin?.();
    counters.requests++;
    const timeout = trip.init.timeout ?? settings.timeout;
    if (timeout < Number.POSITIVE_INFINITY) {
      const late = (): void => line.end(new TimeoutError(`${what} was not answered`, 'headers', timeout));
      timer = alarm.set(sent + timeout, late);
    }
    answered = fetchTarget(trip, line, validators);
    response = await line.race(answered);
    latency = clock.now() - sent;
    alarm.cancel(timer);
    const { headers, status, type } = response;
    if (type === 'opaqueredirect') {
      throw new RedirectError(`${what} answered with a redirect that the platform hides`);
    }
    if ((status >= 300 && headers.has('retry-after')) || RESTS.some((name) => headers.has(name))) {
      rest = (await line.race(later())).rest(trip, response);
    }
    return { response, source: 'network', asked: rest, release };
  } catch (error) {
    const typed = line.isEnded() ? line.reason : await trip.typed(error, `${what} got no answer`);
    // It may come all the same, and would hold its connection.
    answered?.then(
      (late) => late.body?.cancel().catch(() => {}),
      () => {},
    );
    release(errorOf(typed));
    throw typed;
  }
}

/** Async, so that a `fetch` that throws rejects. */
async function fetchTarget({ init, shared, target }: Trip, line: Line, validators: Validators): Promise<Response> {
  const { settings } = shared;
  const { body, headers, method, url } = target as Target;
  const { cache, credentials, fetch: own, redirect } = init;
  const follows = settings.platformFollows && redirect !== 'manual';
  const sent: SentInit = { method, signal: line.signal, redirect: follows ? 'follow' : 'manual' };
  if (headers !== NO_HEADERS) sent.headers = headers;
  if (validators.length > 0) {
    sent.headers = new Headers(headers);
    for (const [name, value] of validators) sent.headers.set(name, value);
  }
  if (body !== undefined) sent.body = body;
  if (body instanceof ReadableStream) sent.duplex = 'half';
  if (cache) sent.cache = cache;
  if (credentials) sent.credentials = credentials;
  return (own ?? settings.fetch)(url.href, sent);
}
