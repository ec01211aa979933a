import { checkType, expected } from '../errors/index.ts';
import type { Sign } from './options.ts';

/** How a request is signed (RFC 5849, section 3.4; HMAC-SHA256 as the large providers have it). */
export type OAuth1Method = 'HMAC-SHA1' | 'HMAC-SHA256' | 'PLAINTEXT';

/** The credentials of OAuth 1.0a, and what goes with them. */
export interface OAuth1Options {
  readonly consumerKey: string;
  readonly consumerSecret: string;
  /** Absent before there is one. */
  readonly token?: string;
  readonly tokenSecret?: string;
  /** @default 'HMAC-SHA1' */
  readonly method?: OAuth1Method;
  /** Names the part of the server that is protected; not signed. */
  readonly realm?: string;
  /** Further parameters of the protocol, such as `oauth_callback`; `oauth_version: undefined` leaves out the version. */
  readonly parameters?: Readonly<Record<string, string | undefined>>;
  /** A text that is never used twice. @default random */
  readonly nonce?: () => string;
  /** Milliseconds since 1970. @default Date.now */
  readonly clock?: () => number;
}

const HASHES: Readonly<Record<OAuth1Method, string | undefined>> = {
  'HMAC-SHA1': 'SHA-1',
  'HMAC-SHA256': 'SHA-256',
  PLAINTEXT: undefined,
};

/**
 * Signs requests by OAuth 1.0a (RFC 5849), in the `Authorization` header, each with a nonce and a time of its own.
 * Where Web Crypto is: not in a page that came over plain HTTP.
 *
 * @throws ConfigurationError for credentials that are no text, and an unknown method.
 */
export function oauth1(options: OAuth1Options): Sign {
  const {
    clock = Date.now,
    consumerKey,
    consumerSecret,
    method = 'HMAC-SHA1',
    nonce = randomNonce,
    parameters,
    realm,
    token,
    tokenSecret = '',
  } = options;
  for (const [name, value] of Object.entries({ consumerKey, consumerSecret })) {
    // What came is not shown: it may be a secret.
    if (typeof value !== 'string') expected(`\`${name}\` to be text`, value && {});
  }
  for (const name of ['realm', 'token', 'tokenSecret'] as const) checkType(name, options[name], 'string');
  if (!Object.hasOwn(HASHES, method)) expected(`\`method\` to be one of ${Object.keys(HASHES).join(', ')}`, method);
  const key = `${encode(consumerSecret)}&${encode(tokenSecret)}`;
  return async (request) => {
    const protocol = Object.entries({
      oauth_consumer_key: consumerKey,
      oauth_token: token,
      oauth_signature_method: method,
      oauth_timestamp: String(Math.floor(clock() / 1000)),
      oauth_nonce: nonce(),
      oauth_version: '1.0',
      ...parameters,
    }).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const hash = HASHES[method];
    const signature = hash ? await hmac(hash, key, await baseString(request, protocol)) : key;
    const header = [...protocol, ['oauth_signature', signature] as const].map(
      ([name, value]) => `${encode(name)}="${encode(value)}"`,
    );
    if (realm !== undefined) header.unshift(`realm="${realm.replaceAll(/["\\]/g, '\\$&')}"`);
    request.headers.set('authorization', `OAuth ${header.join(', ')}`);
    return request;
  };
}

/** What is signed (RFC 5849, section 3.4.1): the method, the address, and all parameters in their order. */
async function baseString(request: Request, protocol: readonly (readonly [string, string])[]): Promise<string> {
  const url = new URL(request.url);
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(request.headers.get('content-type') ?? '');
  const form = new URLSearchParams(isForm ? await request.clone().text() : '');
  const parameters = [...protocol, ...url.searchParams, ...form]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([name, value], [other, otherValue]) => order(name, other) || order(value, otherValue));
  const normalized = parameters.map((pair) => pair.join('=')).join('&');
  return [request.method.toUpperCase(), url.origin + url.pathname, normalized].map(encode).join('&');
}

/** By bytes, which after encoding is by characters. */
function order(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Everything but the unreserved characters of RFC 3986, which are fewer than the platform's. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

async function hmac(hash: string, key: string, text: string): Promise<string> {
  const bytes = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value);
  const imported = await crypto.subtle.importKey('raw', bytes(key), { name: 'HMAC', hash }, false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', imported, bytes(text));
  return btoa(String.fromCharCode(...new Uint8Array(signature)));
}

function randomNonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
