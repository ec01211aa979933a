import { expected } from '../errors/index.ts';

/**
 * A checked base address that ends in a slash.
 *
 * @throws ConfigurationError when it is no http(s) address, or carries a credential, query or fragment: those would
 * end in logs and error messages of the platform.
 */
export function endpoint(name: string, value: string | URL): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url && /^https?:$/.test(url.protocol) && !(url.username || url.password || url.search || url.hash)) {
    return url.href.replace(/\/?$/, '/');
  }
  // What came is not shown: it may hold a credential.
  expected(`\`${name}\` to be an http(s) URL without credential, query and fragment`, value, true);
}
