import { expected } from '../errors/index.ts';

/**
 * What the gateway signs in with: an API key, `user:password`, or a function that returns the whole `Authorization`
 * header.
 */
export type GatewayAuth = string | (() => string | Promise<string>);

/**
 * Makes what tells the `Authorization` header of a request.
 *
 * @throws ConfigurationError that does not show the credential.
 */
export function authorization(auth: GatewayAuth): () => string | Promise<string> {
  if (typeof auth === 'function') return auth;
  // Text that came is not shown: it may be a key.
  if (typeof auth !== 'string' || !auth || auth.startsWith(':')) {
    expected('`auth` to be an API key, `user:password` or a function', auth && typeof auth);
  }
  // RFC 7617, in UTF-8; a key is a user without a password.
  const pair = new TextEncoder().encode(auth.includes(':') ? auth : `${auth}:`);
  const header = `Basic ${btoa(String.fromCharCode(...pair))}`;
  return () => header;
}
