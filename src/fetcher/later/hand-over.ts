import type { FetchResult } from '../fetch-result.ts';
import type { Trip } from '../trip.ts';
import type { Body } from './body.ts';
import { streamOf } from './stream-of.ts';

/** A result whose body the user reads. What it holds is given back when he has read it, or does not want it. */
export function handOver(trip: Trip, body: Body): FetchResult {
  const { counters } = trip.shared;
  // It may have been given up while this was loaded.
  trip.goOn();
  trip.handedOver = body;
  body.closed = trip.shared.leaveOpen(trip.ticket);
  const stream = streamOf(body, (length) => {
    counters.bytes += length;
  });
  return trip.result({ body: stream });
}
