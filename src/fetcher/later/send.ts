import type { Lease } from '../limiter.ts';
import type { Line } from '../line.ts';
import type { Target } from '../redirect.ts';
import type { Answer } from '../shared.ts';
import type { Trip } from '../trip.ts';
import { admitted } from './admitted.ts';
import { checkPublic } from './check-public.ts';
import { typed, whatOf } from './failure.ts';
import { errorOf, RedirectError, Sending } from './needs.ts';
import type { Parts } from './parts.ts';
import { rest } from './rest.ts';

/** Headers that tell of a rest, whatever the status. */
const RESTS = ['ratelimit', 'ratelimit-remaining', 'x-ratelimit-remaining'];

/** Admission, limits, a place, and the request, unless all of that was done already. */
export async function send(parts: Parts, trip: Trip, line: Line, begun?: Sending, own?: Headers): Promise<Answer> {
  const { watch } = parts;
  const { clock, gates, settings } = trip.shared;
  const target = trip.target as Target;
  let sending = begun;
  if (!sending) {
    if (line.isEnded) throw line.reason;
    if (settings.blockPrivateNetworks) await line.race(checkPublic(target.url));
    let leases: Lease[] | undefined;
    if (!trip.isExtra && gates.length > 0) {
      // Not while the schedule asks for who is next: what a refusal gives back would be given out there and then.
      await undefined;
      leases = await admitted(trip, line);
    }
    sending = new Sending(trip, line, leases, own);
  } else if (sending.sent !== undefined) {
    watch.add(sending, sending.sent + sending.timeout - clock.now());
  }
  try {
    const response = await line.race(sending.answer());
    sending.response = response;
    sending.latency = clock.now() - (sending.sent as number);
    watch.delete(sending);
    const { headers, status, type } = response;
    if (type === 'opaqueredirect') {
      throw new RedirectError(`${whatOf(target)} answered with a redirect that the platform hides`);
    }
    if ((status >= 300 && headers.has('retry-after')) || RESTS.some((name) => headers.has(name))) {
      sending.asked = rest(parts, trip, response);
    }
    return sending as Answer;
  } catch (error) {
    watch.delete(sending);
    const what = `${whatOf(target)} got no answer`;
    const failure = line.isEnded ? line.reason : await typed(error, what, settings.secretHeaders, target);
    sending.release(errorOf(failure));
    throw failure;
  }
}
