import fc from 'fast-check';
import { isConfigurationError } from 'tideway';
import { normalizeUrl } from 'tideway/crawl';
import { describe, expect, it } from 'vitest';
import { thrown } from '../helpers/rejection.ts';

describe('normalizeUrl', () => {
  it.each([
    ['HTTP://EXAMPLE.com:80', 'http://example.com/'],
    ['https://example.com:443/a/../b/./c', 'https://example.com/b/c'],
    ['http://example.com/a#part', 'http://example.com/a'],
    ['http://example.com/a?', 'http://example.com/a'],
    ['http://example.com/a?b=2&a=1&b=1&&', 'http://example.com/a?a=1&b=2&b=1'],
    ['http://example.com/%7euser/%e4%bd%a0%2f', 'http://example.com/~user/%E4%BD%A0%2F'],
    ['http://example.com/你?q=ä', 'http://example.com/%E4%BD%A0?q=%C3%A4'],
    ['http://example.com/a?x=%41%2B%20+', 'http://example.com/a?x=A%2B%20+'],
    ['http://example.com/100%', 'http://example.com/100%'],
    ['http://bücher.example/', 'http://xn--bcher-kva.example/'],
    ['http://[::1]:8080/?', 'http://[::1]:8080/'],
  ])('makes of %s %s', (given, expected) => {
    expect(normalizeUrl(given)).toBe(expected);
  });

  it('changes nothing in what it made, and keeps where it leads', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (given) => {
        const normal = normalizeUrl(given);
        expect(normalizeUrl(normal)).toBe(normal);
        const before = new URL(given);
        const after = new URL(normal);
        expect(after.host).toBe(before.host);
        expect(decodeAll(after.pathname)).toBe(decodeAll(before.pathname));
        const sorted = (url: URL): string[] => [...url.searchParams].map(String).toSorted();
        expect(sorted(after)).toEqual(sorted(before));
      }),
    );
  });

  it('refuses what is no URL', () => {
    expect(thrown(() => normalizeUrl('/relative'))).toSatisfy(isConfigurationError);
  });
});

/** A path without any percent-encoding that is whole; what is broken stays. */
function decodeAll(text: string): string {
  return text.replace(/(%[\da-f]{2})+/gi, (codes) => {
    try {
      return decodeURIComponent(codes);
    } catch {
      return codes.toUpperCase();
    }
  });
}
