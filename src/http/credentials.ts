import { expected } from '../errors/index.ts';

/** What an `auth` function is told. */
export interface AuthContext {
  readonly method: string;
  readonly url: URL;
  /** Counted from 1; the function is asked anew for every try. */
  readonly attempt: number;
}

/**
 * How requests are signed in. A string is an API key, `user:password`, or the hexadecimal form of a job's credential
 * (what `SHUB_JOBAUTH` holds); a pair is user and password; a function returns the whole `Authorization` header, or
 * undefined for none.
 */
export type Auth =
  | string
  | readonly [user: string, password: string]
  | ((context: AuthContext) => string | undefined | Promise<string | undefined>);

/**
 * Splits an `auth` of text into user and password.
 *
 * @throws ConfigurationError that does not show it.
 */
export function parseCredential(auth: unknown): readonly [user: string, password: string] {
  const parts: unknown = typeof auth === 'string' ? split(auth) : auth;
  if (Array.isArray(parts) && parts.length === 2 && parts[0] && parts.every((part) => typeof part === 'string')) {
    return parts as [string, string];
  }
  // Text that came is not shown: it may be a key.
  expected('`auth` to be an API key, `user:password`, a pair of these or a function', auth && typeof auth);
}

/** The value of a header of HTTP Basic authentication, in UTF-8 (RFC 7617). */
export function basic(user: string, password: string): string {
  return `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`)))}`;
}

function split(auth: string): string[] {
  const isHex = /^([0-9a-f]{2})+$/i.test(auth);
  const text = isHex ? auth.replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16))) : '';
  return (/^(\d+\/\d+\/\d+):(.+)$/s.exec(text) ?? /^([^:]*):?(.*)$/s.exec(auth) ?? []).slice(1);
}
