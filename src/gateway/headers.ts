/**
 * What goes on to the server. Only what is named here does: no cookie, no credential of the page's, no address of its
 * user, nothing that asks for another method or path (`x-http-method-override`, `x-original-url` and their like).
 */
const FORWARDED = ['accept', 'content-encoding', 'content-range', 'content-type', 'if-modified-since', 'if-none-match'];

/** What comes back. No cookie does, and no question for a password. */
const RETURNED = [
  'content-disposition',
  'content-language',
  'content-length',
  'content-type',
  'etag',
  'last-modified',
  'retry-after',
  'x-service-version',
];

function pick(headers: Headers, names: readonly string[]): Headers {
  const picked = new Headers();
  for (const name of names) {
    const value = headers.get(name);
    if (value !== null) picked.set(name, value);
  }
  return picked;
}

/** The headers of a request as they go on, without the gateway's own credential. */
export function requestHeaders(headers: Headers): Headers {
  const picked = pick(headers, FORWARDED);
  picked.set('user-agent', 'tideway-gateway');
  return picked;
}

/** The headers of an answer as they come back. */
export function responseHeaders(headers: Headers): Headers {
  const picked = pick(headers, RETURNED);
  // `fetch` decoded the body: neither its coding nor its length on the wire is true any more.
  if (headers.has('content-encoding')) picked.delete('content-length');
  picked.set('cache-control', headers.get('cache-control') ?? 'no-store');
  // What somebody else stored never runs as a page of the gateway's origin.
  picked.set('x-content-type-options', 'nosniff');
  picked.set('content-security-policy', "default-src 'none'; sandbox");
  return picked;
}
