import { sha256 } from '../cache/hash.ts';
import { expected } from '../errors/index.ts';
import type { FrontierOptions } from './frontier.ts';
import type { FrontierTask } from './frontier-task.ts';

/** Longer fingerprints are hashed, in characters: stores have limits, and memory has one. */
const LONGEST_PLAIN = 256;

/** What does not need to be percent-encoded, and means the same (RFC 3986, section 2.3). */
const UNRESERVED = /[\w.~-]/;

/**
 * A URL in the form in which URLs that mean the same are the same (RFC 3986, section 6.2.2): without a fragment, with
 * its parameters ordered by their names, percent-encoding only where it must be, in upper case.
 *
 * @throws ConfigurationError
 */
export function normalizeUrl(text: string | URL): string {
  if (!URL.canParse(String(text))) expected('an absolute URL', text, true);
  const url = new URL(text);
  url.hash = '';
  const path = decoded(url.pathname);
  const query = url.search.slice(1);
  const parts = query.split('&').filter((part) => part !== '');
  // Those of one name keep their order: it may mean something.
  const sorted = parts.map(decoded).sort((left, right) => compare(nameOf(left), nameOf(right)));
  url.search = '';
  url.pathname = path;
  return url.href + (sorted.length > 0 ? `?${sorted.join('&')}` : '');
}

/**
 * Text that is the same for tasks that are the same one.
 *
 * @throws ConfigurationError when a function of the user's answers with no text.
 */
export async function fingerprintOf(task: FrontierTask, kind: FrontierOptions['fingerprint'] = 'url'): Promise<string> {
  let fingerprint: string;
  if (typeof kind === 'function') {
    fingerprint = kind(task);
    if (typeof fingerprint !== 'string' || fingerprint === '') {
      expected('`fingerprint` to answer with text', fingerprint);
    }
  } else {
    // Of most URLs the parsed form, which it is, is the normal one.
    fingerprint = /[%?#]/.test(task.url) ? normalizeUrl(task.url) : task.url;
    const { body, method = 'GET' } = task;
    if (kind === 'request' && (method !== 'GET' || body !== undefined)) {
      fingerprint = `${method} ${fingerprint}${body === undefined ? '' : ` ${await sha256(body)}`}`;
    }
  }
  return fingerprint.length > LONGEST_PLAIN ? `sha256:${await sha256(fingerprint)}` : fingerprint;
}

/** Refuses a kind of fingerprint that there is not. */
export function checkFingerprint(fingerprint: unknown): void {
  if (fingerprint === 'url' || fingerprint === 'request' || typeof fingerprint === 'function') return;
  expected("`fingerprint` to be 'url', 'request' or a function", fingerprint);
}

function decoded(text: string): string {
  return text.replace(/%([\da-f]{2})/gi, (code, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16));
    return UNRESERVED.test(character) ? character : code.toUpperCase();
  });
}

function nameOf(part: string): string {
  return part.split('=', 1)[0] as string;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
