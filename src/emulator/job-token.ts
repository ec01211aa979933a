import { encoder } from './bytes.ts';

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** A credential in the form of the server's: a JWT for the job, with a signature that nobody can guess. */
export function createJobToken(key: string): string {
  const header = base64Url(encoder.encode('{"typ":"JWT","alg":"HS256"}'));
  const payload = base64Url(encoder.encode(`{"aud":"job:${key}"}`));
  return `${header}.${payload}.${base64Url(crypto.getRandomValues(new Uint8Array(32)))}`;
}
