import { BodyTooLargeError } from '../errors/index.ts';
import { Body } from './body.ts';
import type { FetchResult } from './fetch-result.ts';
import { FetchTask } from './fetch-task.ts';
import { later } from './later.ts';
import { Line } from './line.ts';
import type { Target } from './redirect.ts';
import { send } from './sending.ts';
import type { Answer } from './shared.ts';
import type { Trip } from './trip.ts';

/** Takes a task from its turn to its result: requests, redirects, tries, hooks. Never rejects. */
export function run(trip: Trip): Promise<FetchResult> {
  if (trip.ticket.task.constructor === FetchTask) return attempt(trip);
  return later().then(
    ({ runHooked }) => runHooked(trip, attempt),
    (error) => trip.failed(error),
  );
}

/** Requests until there is a result. */
async function attempt(trip: Trip): Promise<FetchResult> {
  const { shared, ticket } = trip;
  const { clock, events } = shared;
  try {
    if (!trip.target) trip.prepare(ticket.task.url);
    for (; ; trip.line = new Line()) {
      const { hooks, init, line } = trip;
      const { href } = (trip.target as Target).url;
      let body: Body | undefined;
      trip.goOn();
      try {
        if (hooks && (await hooks.beforeRequest(href))) continue;
        const cache = init.cache === 'no-store' ? undefined : shared.cache;
        const answer: Answer = cache
          ? await (await line.race(later())).askCache(trip, cache, send, Body)
          : await send(trip, line);
        trip.answer = answer;
        const { asked, response } = answer;
        const { headers, status } = response;
        if (answer.source !== 'cache') trip.ttfb = clock.now() - trip.sent;
        if (events.has('headers')) events.emit('headers', { url: ticket.task.url, requestUrl: href, status, headers });
        body = new Body(trip, line, answer);
        // Most answers are neither of these, and need no more code.
        if (hooks || asked || status >= 300 || trip.rules.statuses || shared.budget) {
          const step = await (await later()).afterAnswer(trip, body, answer);
          if (!step) continue;
          if (step !== 'read') return step;
        }
        if (init.stream && body.reader) return (await later()).handOver(trip, body);
        const limit = init.maxBodyBytes ?? shared.settings.maxBodyBytes;
        if (body.reader && Number(headers.get('content-length')) > limit && !headers.has('content-encoding')) {
          throw new BodyTooLargeError(trip.what, limit);
        }
        return trip.result({ bytes: await body.read(limit) });
      } catch (error) {
        trip.answer?.release(error instanceof Error ? error : undefined);
        // Nobody reads what is left of it.
        body?.cancel(error);
        trip.goOn();
        // A page that has lost its network may not get the code: then there is no other try.
        const functions = trip.isOwnFailure ? undefined : await later().catch(() => undefined);
        if (!(await functions?.afterFailure(trip, error))) throw error;
      }
    }
  } catch (error) {
    return trip.failed(error);
  }
}
