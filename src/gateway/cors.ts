import { METHODS } from './methods.ts';
import { Refusal } from './refusal.ts';

/** What a page may send and what it may read, of that which passes the gateway. */
const ALLOWED_HEADERS =
  'accept, authorization, content-encoding, content-range, content-type, if-modified-since, if-none-match';
const EXPOSED_HEADERS = 'content-disposition, content-length, etag, last-modified, retry-after';
/** Seconds that a browser may remember what it was allowed; Chromium remembers no longer. */
const MAX_AGE = '7200';

/**
 * The headers by which the page that asks may read the answer (Fetch standard, section 3.3).
 *
 * @throws Refusal for a page of another origin than those that are allowed.
 */
export function corsHeaders(request: Request, origins: readonly string[]): Record<string, string> {
  const origin = request.headers.get('origin');
  const vary = { vary: 'origin' };
  // None: no page of another origin asks, and whoever does needs a token all the same.
  if (origin === null || origin === new URL(request.url).origin) return vary;
  if (!origins.includes(origin)) throw new Refusal(403, 'Pages of this origin are not allowed');
  return { ...vary, 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED_HEADERS };
}

/** Whether a request only asks whether another one may be sent. */
export function isPreflight(request: Request): boolean {
  return request.method === 'OPTIONS' && request.headers.has('access-control-request-method');
}

/** The answer to a preflight. */
export function preflight(cors: Readonly<Record<string, string>>): Response {
  const headers = {
    ...cors,
    'access-control-allow-methods': METHODS.join(', '),
    'access-control-allow-headers': ALLOWED_HEADERS,
    'access-control-max-age': MAX_AGE,
  };
  return new Response(null, { status: 204, headers });
}
