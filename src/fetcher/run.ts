import { BodyTooLargeError } from '../errors/index.ts';
import type { Body } from './body.ts';
import type { FetchResult } from './fetch-result.ts';
import { FetchTask } from './fetch-task.ts';
import { later } from './later.ts';
import { Line } from './line.ts';
import type { Target } from './redirect.ts';
import { send } from './send.ts';
import type { Answer } from './shared.ts';
import type { Trip } from './trip.ts';

/** Takes a task from its turn to its result: requests, redirects, tries, hooks. Never rejects. */
export async function run(trip: Trip): Promise<FetchResult> {
  let result: FetchResult;
  if (trip.ticket.task.constructor === FetchTask) result = await attempt(trip);
  else {
    try {
      result = await (await later()).runHooked(trip, attempt);
    } catch (error) {
      result = trip.failed(error);
    }
  }
  trip.leaveStart();
  return result;
}

/** Requests until there is a result. */
async function attempt(trip: Trip): Promise<FetchResult> {
  try {
    if (!trip.target) trip.prepare(trip.ticket.task.url);
    for (;;) {
      const result = await request(trip);
      if (result) return result;
    }
  } catch (error) {
    return trip.failed(error);
  }
}

/** One request; undefined when another follows. */
async function request(trip: Trip): Promise<FetchResult | undefined> {
  const { clock, counters, events, open } = trip.shared;
  const { hooks, init, rules, ticket } = trip;
  const { href } = (trip.target as Target).url;
  trip.goOn();
  trip.line = new Line();
  trip.attempts ||= 1;
  try {
    if (hooks && (await hooks.beforeRequest(href))) return undefined;
    const answer = await ask(trip);
    trip.answer = answer;
    const { asked, release, response, source } = answer;
    const { headers, status } = response;
    if (source !== 'cache') trip.ttfb = clock.now() - trip.sent;
    if (events.has('headers')) events.emit('headers', { url: ticket.task.url, requestUrl: href, status, headers });
    const close = init.stream && response.body ? open(ticket) : undefined;
    const end = (error?: Error): void => {
      release(error);
      close?.();
    };
    const body = trip.body({ release: end, response }, trip.line, (length) => {
      counters.bytes += length;
    });
    // Most answers are neither of these, and need no more code.
    if (hooks || asked || status >= 300 || rules.statuses || trip.shared.budget) {
      const step = await (await later()).afterAnswer(trip, body, answer);
      if (step !== 'read') return step;
    }
    return await read(trip, body, response);
  } catch (error) {
    trip.answer?.release(error instanceof Error ? error : undefined);
    trip.goOn();
    // A page that has lost its network may not get the code: then there is no other try.
    const functions = trip.isOwnFailure ? undefined : await later().catch(() => undefined);
    if (!(await functions?.afterFailure(trip, error))) throw error;
    return undefined;
  }
}

/** Reads the body, or hands it over. */
async function read(trip: Trip, body: Body, response: Response): Promise<FetchResult> {
  const { init, line, shared, ticket } = trip;
  if (init.stream && response.body) {
    const stream = (await later()).streamOf(body);
    ticket.interrupt = (reason) => {
      line.end(reason);
      body.cancel(reason);
    };
    return trip.result({ body: stream });
  }
  const limit = init.maxBodyBytes ?? shared.settings.maxBodyBytes;
  const { headers } = response;
  if (response.body && !headers.has('content-encoding') && Number(headers.get('content-length')) > limit) {
    const error = new BodyTooLargeError(trip.what, limit);
    body.cancel(error);
    throw error;
  }
  return trip.result({ bytes: await body.read(limit) });
}

/** The answer, from the cache where there is one. */
async function ask(trip: Trip): Promise<Answer> {
  const { cache } = trip.shared;
  if (!cache || trip.init.cache === 'no-store') return send(trip, trip.line, []);
  return (await trip.line.race(later())).askCache(trip, cache, send);
}
