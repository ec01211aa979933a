import { askedRest } from '../rate-limit.ts';
import type { Target } from '../redirect.ts';
import type { Trip } from '../trip.ts';
import type { Needs } from './needs.ts';

/** Milliseconds of rest that a server asks for. It is given them, for its whole key. */
export function rest(
  { guard }: Needs,
  { rules, shared, target, ticket }: Trip,
  response: Response,
): number | undefined {
  const asked = askedRest(response);
  if (!asked) return asked;
  const { events, limiter } = shared;
  const { url } = target as Target;
  const delay = Math.min(asked, rules.maxRetryAfter);
  guard(
    () => limiter.pause(url, delay),
    (error) => events.report(error, 'limiter'),
  );
  events.emit('throttled', { url: ticket.task.url, key: limiter.keyOf(url), delay, status: response.status });
  return asked;
}
