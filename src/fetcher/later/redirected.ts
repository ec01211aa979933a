import { BODY_HEADERS, type Target } from '../redirect.ts';
import type { Trip } from '../trip.ts';
import { whatOf } from './failure.ts';
import { pathOf, RedirectError } from './needs.ts';

/** How many redirects and repetitions by hooks a task may have. */
export const MOST_REDIRECTS: number = 20;

/** The part of an answer that sends on. */
type Sending = Pick<Response, 'headers' | 'status'>;

/** Goes where an answer sends. */
export function follow(trip: Trip, response: Sending): void {
  const from = trip.target as Target;
  const to = redirected(trip, response);
  trip.seen ??= new Set();
  trip.seen.add(`${from.method} ${from.url}`);
  if (trip.seen.has(`${to.method} ${to.url}`)) {
    throw new RedirectError(`${whatOf(trip.target)} answered with a redirect to where it came from`, to.url.origin);
  }
  hop(trip, to, response.status);
}

/** Goes on to another URL. */
export function hop(trip: Trip, to: Target, status: number): void {
  const { events, settings } = trip.shared;
  const from = (trip.target as Target).url.href;
  const most = trip.init.maxRedirects ?? settings.maxRedirects ?? MOST_REDIRECTS;
  if (++trip.hops > most) {
    throw new RedirectError(`${whatOf(trip.target)} is one redirect more than ${most}`, to.url.origin);
  }
  trip.target = to;
  trip.redirects = [...trip.redirects, to.url.href];
  events.emit('hop', { url: trip.ticket.task.url, from, to: to.url.href, status });
}

/**
 * Where an answer sends on, as the Fetch standard has it: 303 turns everything but HEAD into GET, 301 and 302 do so with
 * POST; the fragment stays; what is secret does not go to another origin.
 *
 * @throws RedirectError where it must not be followed.
 */
export function redirected({ shared, target }: Trip, { headers: answered, status }: Sending): Target {
  const { allowDowngrade, secretHeaders } = shared.settings;
  const { headers: sent, url } = target as Target;
  let { body, method } = target as Target;
  const fail = (why: string, origin?: string): never => {
    throw new RedirectError(`${method} ${pathOf(url)} answered with a redirect ${why}`, origin);
  };
  const location = answered.get('location') ?? '';
  const next = URL.canParse(location, url) ? new URL(location, url) : fail('to what is no URL');
  if (!/^https?:$/.test(next.protocol)) fail(`to ${next.protocol}`);
  if (next.username || next.password) fail('to a URL with a credential', next.origin);
  if (url.protocol === 'https:' && next.protocol === 'http:' && !allowDowngrade)
    fail('from https to http', next.origin);
  if (!next.hash) next.hash = url.hash;
  const headers = new Headers(sent);
  if (
    (status === 303 && method !== 'GET' && method !== 'HEAD') ||
    (status <= 302 && status >= 301 && method === 'POST')
  ) {
    method = 'GET';
    body = undefined;
    for (const name of BODY_HEADERS) headers.delete(name);
  }
  if (body instanceof ReadableStream) fail('that repeats a body of a stream', next.origin);
  if (next.origin !== url.origin) for (const name of secretHeaders) headers.delete(name);
  return { url: next, method, headers, body };
}
