import { errorOf } from './failure.ts';
import type { FetchResult } from './fetch-result.ts';
import { FetchTask } from './fetch-task.ts';
import type { Works } from './later/works.ts';
import { Sending } from './sending.ts';
import type { Trip } from './trip.ts';

/** Takes a task from its turn to its result, while the code for that is loaded. Never rejects. */
export async function run(trip: Trip, open: () => Promise<Works>): Promise<FetchResult> {
  const { cancelled, line, shared, ticket } = trip;
  let begun: Sending | undefined;
  try {
    if (ticket.task.constructor === FetchTask) {
      if (cancelled) throw cancelled.reason;
      if (shared.isPlain) {
        // What can be sent is sent; what reads its answer comes meanwhile.
        trip.prepare();
        if (trip.target) {
          begun = new Sending(trip, line);
          begun.answer().catch(() => {});
        }
      }
    }
    const opening = open();
    const works = await (begun ? line.race(opening) : opening);
    return works.run(trip, begun);
  } catch (error) {
    line.end(error);
    begun?.release(errorOf(error));
    return trip.failed(trip.cancelled ? trip.cancelled.reason : error);
  }
}
