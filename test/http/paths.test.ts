import fc from 'fast-check';
import { Connection, isConfigurationError, path, type Segment } from 'tideway';
import { expect, test } from 'vitest';
import { thrown } from '../helpers/rejection.ts';
import { sendJson, startServer } from '../helpers/server.ts';

/** Whether text has no half of a pair of surrogates. */
function isWellFormed(text: string): boolean {
  return Buffer.from(text).toString() === text;
}

test('A path is its text, with every value as a segment', () => {
  expect(path`/count`).toBe('/count');
  expect(path`/items/${'123'}/${4}/stats`).toBe('/items/123/4/stats');
  expect(path`${'items'}`).toBe('items');
});

test('A list is that many segments', () => {
  expect(path`/items/${['123', 1, '2']}/stats`).toBe('/items/123/1/2/stats');
});

test.each([
  ['a/b', 'a%2Fb'],
  ['a\\b', 'a%5Cb'],
  ['a?b=c', 'a%3Fb%3Dc'],
  ['a#b', 'a%23b'],
  ['a b', 'a%20b'],
  ['50%', '50%25'],
  ['%2e%2e', '%252e%252e'],
  ['%2F', '%252F'],
  ['a:b@c', 'a%3Ab%40c'],
  ['//evil.example', '%2F%2Fevil.example'],
  ['grün ✓', 'gr%C3%BCn%20%E2%9C%93'],
  ['🌊', '%F0%9F%8C%8A'],
  ['line\nbreak\ttab', 'line%0Abreak%09tab'],
  ['\0', '%00'],
  ['...', '...'],
  ['.a', '.a'],
  ['a..b', 'a..b'],
  [' ', '%20'],
  [' .. ', '%20..%20'],
])('%j is one segment, %s', (segment, encoded) => {
  expect(path`/items/${segment}/end`).toBe(`/items/${encoded}/end`);
  expect(path`/items/${['1', segment]}`).toBe(`/items/1/${encoded}`);
});

test.each([
  ['nothing', ''],
  ['.', '.'],
  ['..', '..'],
  ['the first half of a pair of surrogates', '\ud83c'],
  ['the second half', 'a\udf0ab'],
])('A segment that is %s is refused, alone and in a list', (_title, segment) => {
  expect(thrown(() => path`/items/${segment}`)).toSatisfy(isConfigurationError);
  expect(thrown(() => path`/items/${segment}/stats`)).toSatisfy(isConfigurationError);
  expect(thrown(() => path`/items/${['1', segment, '2']}`)).toSatisfy(isConfigurationError);
});

test('A list of no segments is refused', () => {
  expect(thrown(() => path`/items/${[]}`)).toSatisfy(isConfigurationError);
});

test('Whatever the segments are, the URL has just these and no others', () => {
  const segment: fc.Arbitrary<string> = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1 }),
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.string({
      unit: fc.constantFrom('.', '/', '\\', '%', '2', 'e', 'f', '?', '#', ':', '@', '\t', '\n', ' ', ';'),
      minLength: 1,
    }),
  );
  const good = segment.filter((text) => text !== '.' && text !== '..' && isWellFormed(text));
  const segments: fc.Arbitrary<Segment> = fc.oneof(
    good,
    fc.nat(),
    fc.array(fc.oneof(good, fc.nat()), { minLength: 1 }),
  );
  fc.assert(
    fc.property(segments, segments, (first, second) => {
      const url = new URL(`https://user.example:8080/base${path`/items/${first}/x/${second}`}`);
      expect(url.host).toBe('user.example:8080');
      expect(url.search + url.hash).toBe('');
      const expected = ['', 'base', 'items', first, 'x', second].flat().map(String);
      expect(url.pathname.split('/').map(decodeURIComponent)).toEqual(expected);
    }),
  );
});

test('Whatever a segment is, it is encoded or refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('.', '/', '\ud83c', '\udf0a', 'a'), maxLength: 4 }), (segment) => {
      const isRefused = segment === '' || segment === '.' || segment === '..' || !isWellFormed(segment);
      if (isRefused) expect(thrown(() => path`/${segment}`)).toSatisfy(isConfigurationError);
      else expect(path`/${segment}`).toBe(`/${encodeURIComponent(segment)}`);
    }),
  );
});

test('A path may leave its first slash out', async () => {
  await using server = await startServer((response) => sendJson(response, null));
  await new Connection({ endpoint: server.url }).json(path`items/${1}`);
  expect(server.requests[0]?.url).toBe('/items/1');
});

test('A server gets the path as it was encoded', async () => {
  await using server = await startServer((response) => sendJson(response, null));
  const connection = new Connection({ endpoint: `${server.url}base` });
  const segments = ['../../secret', '%2e%2e', 'a b?c=d#e', 'grün', '\\..\\', '\n'];
  for (const segment of segments) await connection.json(path`/collections/${segment}/x`);
  expect(server.requests.map(({ url }) => url)).toEqual(
    segments.map((segment) => `/base/collections/${encodeURIComponent(segment)}/x`),
  );
});
