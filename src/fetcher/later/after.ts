import type { Appointment } from '../alarm.ts';
import type { FetchResult } from '../fetch-result.ts';
import { isRedirect, type Target } from '../redirect.ts';
import type { Answer } from '../shared.ts';
import type { Trip } from '../trip.ts';
import type { Body } from './body.ts';
import { discard } from './discard.ts';
import { Line } from './needs.ts';
import type { Parts } from './parts.ts';
import { follow } from './redirected.ts';
import { RetryBudget } from './retry-budget.ts';

/** What comes after an answer: its body, a result without one, or (undefined) another request. */
export async function afterAnswer(
  parts: Parts,
  trip: Trip,
  body: Body,
  { asked, response }: Answer,
): Promise<FetchResult | 'read' | undefined> {
  const directive = await trip.hooks?.onAnswer(response);
  if (directive) {
    await discard(body);
    if (directive.kind === 'skip') return trip.result({ skipped: true });
    trip.hooks?.obey(directive);
    return undefined;
  }
  if (isRedirect(response) && trip.init.redirect !== 'manual') {
    await discard(body);
    follow(trip, response);
    return undefined;
  }
  const { status } = response;
  const delay = delayOf(parts, trip, status, undefined, asked);
  if (delay === undefined) return 'read';
  await discard(body);
  await retry(parts, trip, delay, status, undefined);
  return undefined;
}

/** Waits for another try after a failure; false when there is to be none. */
export async function afterFailure(parts: Parts, trip: Trip, error: unknown): Promise<boolean> {
  const delay = delayOf(parts, trip, undefined, error, undefined);
  if (delay === undefined) return false;
  await retry(parts, trip, delay, undefined, error as Error);
  return true;
}

/** Milliseconds until another try, undefined for none. */
function delayOf(
  parts: Parts,
  trip: Trip,
  status: number | undefined,
  error: unknown,
  asked: number | undefined,
): number | undefined {
  const { attempts, firstSent, shared, target } = trip;
  const { body, method, url } = target as Target;
  // A stream can be sent once only.
  if (body instanceof ReadableStream) return undefined;
  parts.budget ??= new RetryBudget();
  const elapsed = firstSent === undefined ? 0 : shared.clock.now() - firstSent;
  const request = { method, origin: url.origin, attempt: attempts, elapsed, status, error, asked };
  return parts.budget.delay(request, parts.rulesOf(trip));
}

async function retry(
  { alarm }: Parts,
  trip: Trip,
  delay: number,
  status: number | undefined,
  error: Error | undefined,
): Promise<void> {
  const { clock, counters, events } = trip.shared;
  // It may have been given up while the body was read.
  trip.goOn();
  counters.retries++;
  trip.attempts++;
  events.emit('retry', { url: trip.ticket.task.url, attempt: trip.attempts, delay, status, error });
  trip.line = new Line();
  let timer: Appointment | undefined;
  try {
    await trip.line.race(
      new Promise<void>((resolve) => {
        timer = alarm.set(clock.now() + delay, resolve);
      }),
    );
  } finally {
    alarm.cancel(timer);
  }
}
