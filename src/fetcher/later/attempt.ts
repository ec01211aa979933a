import type { FetchResult } from '../fetch-result.ts';
import type { Sending } from '../sending.ts';
import type { Answer } from '../shared.ts';
import type { Trip } from '../trip.ts';
import { afterAnswer, afterFailure } from './after.ts';
import { askCache } from './ask-cache.ts';
import { Body } from './body.ts';
import { whatOf } from './failure.ts';
import { handOver } from './hand-over.ts';
import { BodyTooLargeError, Line } from './needs.ts';
import type { Parts } from './parts.ts';
import { refuse } from './refuse.ts';
import { send } from './send.ts';

/** How large a body may be that is not handed over, in bytes. */
const MOST_BYTES = 10 * 1024 * 1024;

/** Requests until there is a result. Never rejects. The first may have been sent already. */
export async function attempt(parts: Parts, trip: Trip, first?: Sending): Promise<FetchResult> {
  const { shared, ticket } = trip;
  const { clock, events } = shared;
  try {
    if (!trip.target) trip.prepare();
    for (let begun = first; ; trip.line = new Line(), begun = undefined) {
      const { hooks, init, line } = trip;
      const { href } = (trip.target ?? refuse(ticket.task.url, init)).url;
      let body: Body | undefined;
      if (!begun) trip.goOn();
      try {
        if (hooks && (await hooks.beforeRequest(href))) continue;
        const cache = init.cache === 'no-store' ? undefined : shared.cache;
        const answer: Answer = await (cache ? askCache(parts, trip, cache) : send(parts, trip, line, begun));
        trip.answer = answer;
        const { asked, response } = answer;
        const { headers, status } = response;
        if (answer.source !== 'cache') trip.ttfb = clock.now() - trip.sent;
        if (events.has('headers')) events.emit('headers', { url: ticket.task.url, requestUrl: href, status, headers });
        body = new Body(parts, trip, line, answer);
        // Most answers are neither of these.
        if (hooks || asked || status >= 300 || parts.rulesOf(trip).statuses || parts.budget) {
          const step = await afterAnswer(parts, trip, body, answer);
          if (!step) continue;
          if (step !== 'read') return step;
        }
        if (init.stream && body.reader) return handOver(trip, body);
        const limit = init.maxBodyBytes ?? shared.settings.maxBodyBytes ?? MOST_BYTES;
        if (body.reader && Number(headers.get('content-length')) > limit && !headers.has('content-encoding')) {
          throw new BodyTooLargeError(whatOf(trip.target), limit);
        }
        return trip.result({ bytes: await body.read(limit) });
      } catch (error) {
        trip.answer?.release(error instanceof Error ? error : undefined);
        // Nobody reads what is left of it.
        body?.cancel(error);
        trip.goOn();
        if (trip.isOwnFailure || !(await afterFailure(parts, trip, error))) throw error;
      }
    }
  } catch (error) {
    return trip.failed(error);
  }
}
