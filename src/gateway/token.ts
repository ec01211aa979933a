import { fromBase64Url, toBase64Url } from './base64url.ts';
import type { Signer } from './signature.ts';

/** What a token allows. */
export interface TokenClaims {
  readonly projects: readonly number[];
  /** In capitals. `GET` allows HEAD, too. */
  readonly methods: readonly string[];
  /** Milliseconds since the epoch; from then on the token is worth nothing. */
  readonly expiresAt: number;
}

/** Signed with the rest, so that a signature of another kind or version never fits. */
const PREFIX = 'tideway-1.';
/** Characters. Servers refuse headers above 8 KiB or so. */
export const MAX_TOKEN_LENGTH = 6000;

/** Writes and signs a token: version, claims and signature, with dots between them. */
export async function signToken(claims: TokenClaims, signer: Signer): Promise<string> {
  const signed = PREFIX + toBase64Url(new TextEncoder().encode(JSON.stringify(claims)));
  const signature = await crypto.subtle.sign('HMAC', await signer(), new TextEncoder().encode(signed));
  return `${signed}.${toBase64Url(new Uint8Array(signature))}`;
}

/** The claims of a token that is ours and not expired; undefined for anything else. Compares in constant time. */
export async function readToken(token: string, signer: Signer, now: number): Promise<TokenClaims | undefined> {
  const end = token.lastIndexOf('.');
  if (token.length > MAX_TOKEN_LENGTH || !token.startsWith(PREFIX) || end < PREFIX.length) return undefined;
  const signature = fromBase64Url(token.slice(end + 1));
  if (!signature) return undefined;
  const signed = new TextEncoder().encode(token.slice(0, end));
  if (!(await crypto.subtle.verify('HMAC', await signer(), signature, signed))) return undefined;
  // Nobody else can have written it: it is what `signToken` was given.
  const text = new TextDecoder().decode(fromBase64Url(token.slice(PREFIX.length, end)));
  const claims = JSON.parse(text) as TokenClaims;
  return now < claims.expiresAt ? claims : undefined;
}
