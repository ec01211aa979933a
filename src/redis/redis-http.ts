import { ConnectionError, checkType, expected } from '../errors/index.ts';
import type { RedisCommands } from './redis-commands.ts';

/** The longest reply, in bytes: a piece of a stored answer has a quarter of a MiB, and some come at once. */
const MAX_REPLY_BYTES: number = 64 * 1024 * 1024;

/** Where Redis is reached over HTTP. */
export interface RedisHttpOptions {
  /** The address of the REST form, such as `https://example.upstash.io`. */
  readonly url: string | URL;
  /** The token that goes with each request. */
  readonly token: string;
  /** @default globalThis.fetch */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/**
 * Redis over HTTP, in the REST form of Upstash: a command is a JSON array, its reply `{ result }`. It works wherever
 * `fetch` does. Nothing can be told over it, so whoever waits asks every 250 ms.
 *
 * @throws ConfigurationError for an address or a token that cannot work.
 */
export function redisHttp(options: RedisHttpOptions): RedisCommands {
  const { fetch = globalThis.fetch, token, url } = options ?? {};
  if (!URL.canParse(String(url)) || !/^https?:/.test(String(url)))
    expected('`url` to be a URL of http or https', url, true);
  const { hash, href, password, search, username } = new URL(url);
  if (hash || search || username || password) {
    expected('`url` to have neither a query, a fragment nor a credential', 'one with it');
  }
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
    expected('`token` to be visible ASCII text', token, true);
  checkType('fetch', fetch, 'function');
  return {
    async send(command, _key, signal) {
      const response = await fetch(href, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(command),
        // Followed by nobody: the token is for this address. Workers have no `error`; a redirect has no reply in it.
        redirect: 'manual',
        signal,
      });
      const { status } = response;
      const text = await textOf(response);
      // A gateway in between answers with pages of its own.
      if (status === 401 || status === 403) throw new Error('WRONGPASS');
      let reply: { readonly result?: unknown; readonly error?: unknown } | undefined;
      try {
        reply = JSON.parse(text);
      } catch {}
      if (typeof reply?.error === 'string') throw new Error(reply.error);
      if (!response.ok || reply?.result === undefined) {
        throw new ConnectionError(`Redis over HTTP answered with status ${status} and no reply`);
      }
      return reply.result;
    },
  };
}

/** The text of an answer, whatever its headers say of its length. */
async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, size] = ['', 0];
  const reader = body?.getReader();
  for (let step = await reader?.read(); step && !step.done; step = await reader?.read()) {
    size += step.value.length;
    if (size > MAX_REPLY_BYTES) {
      await reader?.cancel();
      throw new ConnectionError('The reply of Redis over HTTP is too long');
    }
    text += decoder.decode(step.value, { stream: true });
  }
  return text + decoder.decode();
}
