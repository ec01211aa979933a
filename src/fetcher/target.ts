import type { FetchInit } from './fetch-init.ts';
import { headersOf, joined } from './headers.ts';
import type { Target } from './redirect.ts';

/** What HTTP allows, without what `fetch` itself refuses of that. */
const METHOD = /^(?!(?:connect|trace|track)$)[\w!#$%&'*+.^`|~-]+$/i;

/**
 * What is to be sent for a URL; undefined where `fetch` cannot send it: `refuse` tells why.
 *
 * @throws ConfigurationError for headers that HTTP does not allow.
 */
export function targetOf(text: string, init: FetchInit, common: Headers | undefined): Target | undefined {
  const { body, headers, method: name = 'GET' } = init;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return undefined;
  }
  const method = name.toUpperCase();
  const isSendable =
    /^https?:$/.test(url.protocol) &&
    !(url.username || url.password) &&
    (method === 'GET' || METHOD.test(method)) &&
    (body === undefined || body === null || !/^(GET|HEAD)$/.test(method)) &&
    !(body instanceof ReadableStream && body.locked);
  return isSendable ? { url, method, headers: headers ? joined(headersOf(headers), common) : common, body } : undefined;
}
