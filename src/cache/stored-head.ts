import type { StoredHead } from './response-cache.ts';

/**
 * What is not stored: a session's own credential, what belongs to one connection (RFC 9111, section 3.1), and what
 * `fetch` has used up when it decoded the body.
 */
const NOT_STORED =
  /^(set-cookie2?|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-encoding)$/;

/** The headers of an answer that are stored with it. */
export function storedHeaders({ headers }: Response): StoredHead['headers'] {
  // The length is that of the encoded bytes.
  const isEncoded = headers.has('content-encoding');
  return [...headers].filter(([name]) => !NOT_STORED.test(name) && !(isEncoded && name === 'content-length'));
}

/** What is stored of an answer that came at a time. */
export function storedHead(response: Response, storedAt: number): Omit<StoredHead, 'keepUntil'> {
  const { redirected, status, statusText, url } = response;
  return { status, statusText, headers: storedHeaders(response), storedAt, ...(redirected && { url }) };
}

/** The request headers that an answer depends on; `undefined` when no other request gets the same one. */
export function variesBy({ headers }: Response): readonly string[] | undefined {
  const names = (headers.get('vary') ?? '').toLowerCase().split(',');
  const result = names.map((name) => name.trim()).filter((name) => name !== '' && name !== 'accept-encoding');
  // What comes is decoded, in whatever encoding it came.
  return result.includes('*') ? undefined : [...new Set(result)].sort();
}
