import { productToken } from './robots.ts';

/** The most directives that are looked at. */
const MOST_DIRECTIVES = 1_000;
/** Directives that have a value behind a colon; any other word there is the name of a crawler. */
const WITH_VALUE = /^(?:max-snippet|max-image-preview|max-video-preview|unavailable_after)$/;

/**
 * What the `X-Robots-Tag` headers of an answer say to a crawler, in lower case, such as `noindex` and `nofollow`: that
 * for everybody, and that for its own product token. What follows from it is up to the program.
 *
 * @throws ConfigurationError for a user agent that begins with no product token.
 * @example
 * if (robotsTags(result.headers, 'acme/1.0').includes('nofollow')) return;
 */
export function robotsTags(headers: Headers, userAgent: string): string[] {
  const token = productToken(userAgent);
  const tags = new Set<string>();
  // A date has a comma of its own behind its day of the week.
  const text = (headers.get('x-robots-tag') ?? '').toLowerCase().replace(/(unavailable_after\s*:\s*[a-z]+),/g, '$1');
  let isForUs = true;
  // Several headers arrive as one: a name holds until the next one.
  for (const part of text.split(',').slice(0, MOST_DIRECTIVES)) {
    const colon = part.indexOf(':');
    const name = part.slice(0, Math.max(0, colon)).trim();
    const isName = colon >= 0 && !WITH_VALUE.test(name);
    if (isName) isForUs = name === token;
    const directive = part.slice(isName ? colon + 1 : 0).trim();
    if (isForUs && directive !== '') tags.add(directive);
  }
  // `none` is short for both.
  if (tags.has('none')) for (const tag of ['noindex', 'nofollow']) tags.add(tag);
  return [...tags];
}
