import { expected } from '../errors/index.ts';
import type { FetchInit } from './fetch-init.ts';
import { headersOf } from './headers.ts';
import type { Target } from './redirect.ts';

/** What HTTP allows, and what `fetch` itself refuses of that. */
const METHOD = /^[\w!#$%&'*+.^`|~-]+$/;
const FORBIDDEN_METHOD = /^(connect|trace|track)$/i;

/**
 * What is to be sent for a URL.
 *
 * @throws ConfigurationError for what `fetch` cannot send, without what is secret in it.
 */
export function targetOf(url: string, init: FetchInit, common: Headers | undefined): Target {
  const parsed = parseUrl(url);
  const method = init.method?.toUpperCase() ?? 'GET';
  if (init.method !== undefined && !(METHOD.test(method) && !FORBIDDEN_METHOD.test(method))) {
    expected('`method` to be one that `fetch` can send', method);
  }
  const { body } = init;
  if (body !== undefined && body !== null && (method === 'GET' || method === 'HEAD')) {
    expected(`a request of ${method} to have no \`body\``, body);
  }
  if (body instanceof ReadableStream && body.locked) expected('`body` to be a stream that nobody reads', 'one in use');
  let headers = common;
  if (init.headers) {
    headers = headersOf(init.headers);
    for (const [name, value] of common ?? []) if (!headers.has(name)) headers.set(name, value);
  }
  return { url: parsed, method, headers, body };
}

function parseUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // What may hold a secret is not shown.
    return expected('an absolute URL', text, /[?@#]/.test(text));
  }
  const { protocol } = url;
  if (protocol !== 'https:' && protocol !== 'http:') expected('a URL that begins with http: or https:', protocol);
  if (url.username || url.password) {
    expected('a URL without a credential: `headers` may have an `authorization`', 'one with it');
  }
  return url;
}
