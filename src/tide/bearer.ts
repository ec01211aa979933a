import { expected } from '../errors/index.ts';
import type { Sign } from './options.ts';

/** A token, or what finds one that holds now. */
export type BearerToken = string | (() => string | Promise<string>);

/** Signs requests with a bearer token (RFC 6750); a function is asked for every attempt. */
export function bearer(token: BearerToken): Sign {
  if (typeof token !== 'function') check(token);
  return async (request) => {
    const value = typeof token === 'function' ? await token() : token;
    check(value);
    request.headers.set('authorization', `Bearer ${value}`);
    return request;
  };
}

function check(token: unknown): void {
  // What came is not shown; nor is it by the platform, which shows what cannot stand in a header.
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) {
    expected('a bearer token to be printable text without spaces', token && {});
  }
}
