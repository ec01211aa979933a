import type { Body } from './body.ts';

/** How much of a body that nobody wants is read, so that its connection can be used again, in bytes. */
const DISCARDED_BYTES = 64 * 1024;
/** And for how long, in milliseconds. */
const DISCARDED_TIME = 1_000;

/** Reads a little of what nobody wants, and lets go of the rest. Never rejects. */
export async function discard(body: Body): Promise<void> {
  const { line, reader, trip, parts } = body;
  if (!reader) return;
  const { alarm } = parts;
  const { clock } = trip.shared;
  const watch = alarm.set(clock.now() + DISCARDED_TIME, () => body.cancel());
  try {
    for (let room = DISCARDED_BYTES; room >= 0; ) {
      const { done, value } = await line.race(reader.read());
      if (done) {
        body.end();
        break;
      }
      room -= value.length;
    }
  } catch {
    // Whatever it was, nobody wants the rest.
  }
  // What is read to its end has nothing to cancel.
  body.cancel();
  alarm.cancel(watch);
}
