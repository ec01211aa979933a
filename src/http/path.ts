import { expected } from '../errors/index.ts';

declare const encoded: unique symbol;

/** A path whose segments are percent-encoded, made by {@link path}. */
export type Path = string & { readonly [encoded]: true };

/** A segment of a path; several are joined by `/`. */
export type Segment = string | number | readonly (string | number)[];

/**
 * Builds a path: every value is one segment, percent-encoded (RFC 3986, section 3.3), so that no value can reach
 * another resource. An array is that many segments.
 *
 * @throws ConfigurationError for an empty segment or list, `.`, `..`, or half of a surrogate pair.
 * @example
 * path`/items/${['123', '1', '2']}/stats` // '/items/123/1/2/stats'
 */
export function path(literals: TemplateStringsArray, ...values: readonly Segment[]): Path {
  const segments = values.map((value) => [value].flat().map(encodeSegment).join('/') || encodeSegment(''));
  return String.raw({ raw: literals }, ...segments) as Path;
}

function encodeSegment(value: Segment): string {
  const segment = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  // `encodeURIComponent` leaves dots alone, which every URL parser resolves, and fails on half of a surrogate pair.
  if (/^\.{0,2}$|\p{Cs}/u.test(segment)) {
    return expected('a segment of a path', segment);
  }
  return encodeURIComponent(segment);
}
