import type { FetchInit } from '../fetch-init.ts';
import { expected } from './needs.ts';

/**
 * Says why nothing can be sent for a URL, without what is secret in it.
 *
 * @throws ConfigurationError
 */
export function refuse(text: string, { body, method = 'GET' }: FetchInit): never {
  // What may hold a secret is not shown.
  if (!URL.canParse(text)) return expected('an absolute URL', text, /[?@#]/.test(text));
  const { password, protocol, username } = new URL(text);
  if (!/^https?:$/.test(protocol)) return expected('a URL that begins with http: or https:', protocol);
  if (username || password) {
    return expected('a URL without a credential: `headers` may have an `authorization`', 'one with it');
  }
  if (body instanceof ReadableStream && body.locked) {
    return expected('`body` to be a stream that nobody reads', 'one in use');
  }
  const name = method.toUpperCase();
  if (body !== undefined && body !== null && /^(GET|HEAD)$/.test(name))
    return expected(`a request of ${name} to have no \`body\``, body);
  return expected('`method` to be one that `fetch` can send', name);
}
