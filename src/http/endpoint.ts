import { expected } from '../errors/index.ts';

/**
 * A checked base address that ends in a slash.
 *
 * @throws ConfigurationError when it is no http(s) address, or carries a credential, query or fragment: those would
 * end in logs and error messages of the platform.
 */
export function endpoint(name: string, value: string | URL): string {
  const href = URL.canParse(value) ? new URL(value).href : '';
  if (/^https?:\/\/[^/?#@]+\/[^?#]*$/.test(href)) return href.replace(/\/?$/, '/');
  // What came is not shown: it may hold a credential.
  expected(`\`${name}\` to be an http(s) URL without credential, query and fragment`, value, true);
}
