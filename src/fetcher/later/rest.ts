import { askedRest } from '../rate-limit.ts';
import type { Target } from '../redirect.ts';
import type { Trip } from '../trip.ts';
import { guard } from './needs.ts';
import type { Parts } from './parts.ts';

/** Milliseconds of rest that a server asks for. It is given them, for its whole key. */
export function rest(parts: Parts, trip: Trip, response: Response): number | undefined {
  const { shared, target, ticket } = trip;
  const asked = askedRest(response);
  if (!asked) return asked;
  const { events } = shared;
  const limiter = parts.limit();
  const { url } = target as Target;
  const delay = Math.min(asked, parts.rulesOf(trip).maxRetryAfter);
  guard(
    () => limiter.pause(url, delay),
    (error) => events.report(error, 'limiter'),
  );
  events.emit('throttled', { url: ticket.task.url, key: limiter.keyOf(url), delay, status: response.status });
  return asked;
}
