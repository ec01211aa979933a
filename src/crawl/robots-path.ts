/** What does not need to be percent-encoded, and means the same (RFC 3986, section 2.3). */
const UNRESERVED = /[\w.~-]/;
/** What may stand in a query as it is, and often does not. */
const PLAIN_IN_QUERY = /[:/?@[\]]/;
/** What needs to be percent-encoded: all but what a path, a query and an escape may hold (RFC 3986, section 3.3). */
const NOT_IN_PATH = /[^\w!#$%&'()*+,./:;=?@[\]~-]+/g;
/** What is in its comparable form for sure. */
const PLAIN_PATH = /^[\w!$&'()*+,./:;=?@~-]*$/;

/**
 * A path, query included, in the form in which robots.txt is compared with it (RFC 9309, section 2.2.2): what need not be
 * percent-encoded is not, what must be is, in upper case.
 */
export function comparable(path: string): string {
  if (PLAIN_PATH.test(path)) return path;
  const encoded = path.replace(NOT_IN_PATH, (text) => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd')));
  const query = encoded.indexOf('?');
  return encoded.replace(/%([0-9a-f]{2})/gi, (escaped, hex: string, at: number) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    const isPlain = UNRESERVED.test(character) || (query >= 0 && at > query && PLAIN_IN_QUERY.test(character));
    return isPlain ? character : escaped.toUpperCase();
  });
}

/** Of a URL. What is special in rules is not special here. */
export function comparablePath({ pathname, search }: URL): string {
  return comparable(pathname + search).replace(/[*$]/g, (special) => (special === '*' ? '%2A' : '%24'));
}
