import { expected } from '../errors/index.ts';

/** What tokens are signed with. */
export type Secret = string | Uint8Array;

/** Shorter ones than the hash's own length weaken it (RFC 2104, section 3). */
const MIN_SECRET_BYTES = 32;

/** Keys of HMAC are made when they are first used: a Worker may not do so while it is loaded. */
export type Signer = () => Promise<CryptoKey>;

/**
 * Checks a secret.
 *
 * @throws ConfigurationError that does not show it.
 */
export function signer(secret: Secret): Signer {
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret;
  if (!(bytes instanceof Uint8Array) || bytes.length < MIN_SECRET_BYTES) {
    const got = bytes instanceof Uint8Array ? bytes.length : typeof secret;
    expected(`\`secret\` to be text or bytes of at least ${MIN_SECRET_BYTES} bytes`, got);
  }
  // A copy: the caller may wipe its own.
  const own = new Uint8Array(bytes);
  let key: Promise<CryptoKey> | undefined;
  return () => {
    key ??= crypto.subtle.importKey('raw', own, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
    return key;
  };
}
