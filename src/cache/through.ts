import { cacheKey, plainHeaders } from './cache-key.ts';
import type { CacheAnswer, CacheRequest, Send } from './cache-request.ts';
import { Flight, flightsOf } from './flight.ts';
import { invalidate } from './invalidate.ts';
import type { ResponseCache } from './response-cache.ts';
import { search } from './search.ts';

export { receive } from './needs.ts';

const SAFE = /^(GET|HEAD|OPTIONS|TRACE)$/;

/** As `answerThrough` says, which has handed over what is needed. */
export async function through(cache: ResponseCache, request: CacheRequest, send: Send): Promise<CacheAnswer> {
  const { method, signal } = request;
  signal?.throwIfAborted();
  const headers = [...request.headers];
  const made = cacheKey(request, headers, cache.rules);
  const key = typeof made === 'object' ? await made : made;
  if (key === undefined) {
    const response = await send([], signal ?? new AbortController().signal);
    if (!SAFE.test(method)) await invalidate(cache, request, response);
    return { response, source: 'network' };
  }
  const plain = plainHeaders(headers, cache.rules);
  // Those are the same that differ in no header.
  const id = plain.length === 0 ? key : `${key} ${JSON.stringify(plain)}`;
  const flights = flightsOf(cache);
  // Whoever asks anew on purpose wants nothing that was asked for before.
  const takesShared = /^(default|force-cache)$/.test(request.cache ?? 'default');
  for (let known = flights.get(id); known && takesShared; known = flights.get(id)) {
    // All of it is there: in a moment the store has it, or will never have it.
    if (known.isWhole) await known.closed(signal);
    else {
      const shared = known.isJoinable ? await known.board(signal, false) : undefined;
      if (shared) return shared;
      break;
    }
  }
  const flight = new Flight(key, (own) => search({ cache, key, id, request, plain, send, flight: own }));
  flights.set(id, flight);
  flight.onClose(() => {
    if (flights.get(id) === flight) flights.delete(id);
  });
  return flight.board(signal, true) as Promise<CacheAnswer>;
}
