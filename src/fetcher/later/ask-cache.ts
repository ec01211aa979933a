import type { ResponseCache } from '../../cache/response-cache.ts';
import { askedRest } from '../rate-limit.ts';
import type { Target } from '../redirect.ts';
import type { Answer } from '../shared.ts';
import type { Trip } from '../trip.ts';
import { Body } from './body.ts';
import { ConnectionError, isBrowser, Line } from './needs.ts';
import type { Parts } from './parts.ts';
import { send } from './send.ts';
import { streamOf } from './stream-of.ts';

/** The answer of a cache, or one that is sent for and kept. */
export async function askCache(parts: Parts, trip: Trip, cache: ResponseCache): Promise<Answer> {
  const { line } = trip;
  const { headers = new Headers(), method, url } = trip.target as Target;
  const loading = import('../../cache/through.ts').catch((cause: unknown) => {
    throw new ConnectionError('The code of the cache was not loaded', { cause });
  });
  const { receive, through } = await line.race(loading);
  receive({ ConnectionError, isBrowser });
  const { cache: mode, credentials } = trip.init;
  const request = { method, url: url.href, headers, redirect: 'manual', cache: mode, credentials } as const;
  const asked = through(cache, { ...request, signal: line.signal }, async (validators, signal) => {
    // Others may wait for this answer, too: it ends when all of them do.
    const own = new Line();
    const end = (): void => own.end(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    let sent: Headers | undefined;
    if (validators.length > 0) {
      sent = new Headers(headers);
      for (const [name, value] of validators) sent.set(name, value);
    }
    return released(parts, trip, await send(parts, trip, own, undefined, sent), own);
  });
  const { response, source } = await line.race(asked);
  const rest = source === 'cache' ? undefined : askedRest(response);
  return { response, source, asked: rest, release: () => {} };
}

/** An answer for somebody else to read, who gives back what it holds by reading it to its end. */
function released(parts: Parts, trip: Trip, answer: Answer, line: Line): Response {
  if (answer.response.body) return new Response(streamOf(new Body(parts, trip, line, answer)), answer.response);
  answer.release();
  return answer.response;
}
