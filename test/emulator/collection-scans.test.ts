import fc from 'fast-check';
import { type EmulatorServer, serveEmulator } from 'tideway/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { basic, jsonLines, type RawClient, rawClient } from '../helpers/raw-http.ts';

function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

describe('a scan of a collection', () => {
  let server: EmulatorServer;
  let client: RawClient;
  let now = 1_000;

  beforeAll(async () => {
    server = await serveEmulator({ projects: [1], clock: () => now });
    client = rawClient(server.url, basic(server.emulator.apiKey));
    const keys = ['k2', 'k10', 'k1', 'b', 'B', 'k11', 'ab', 'a', 'é', '\u{ffe0}', '\u{1f600}'];
    for (const [n, _key] of keys.entries()) {
      now += 1_000;
      await client.post('/collections/1/s/col', JSON.stringify({ _key, n }));
    }
  });

  afterAll(() => server.close());

  async function keysOf(query: string): Promise<string[]> {
    const answer = await client.get(`/collections/1/s/col?meta=_key&${query}`);
    expect(answer.status).toBe(200);
    return jsonLines(answer.text).map(({ _key }) => _key);
  }

  test('goes by the bytes of the keys', async () => {
    expect(await keysOf('')).toEqual(['B', 'a', 'ab', 'b', 'k1', 'k10', 'k11', 'k2', 'é', '\u{ffe0}', '\u{1f600}']);
  });

  test.each([
    ['start=k10', 'k10 k11 k2 é \u{ffe0} \u{1f600}'],
    ['start=k1000', 'k11 k2 é \u{ffe0} \u{1f600}'],
    ['startafter=k10', 'k11 k2 é \u{ffe0} \u{1f600}'],
    ['startafter=k100', 'k11 k2 é \u{ffe0} \u{1f600}'],
    ['startafter=%F0%9F%98%80', ''],
    ['start=%EF%BF%A0', '\u{ffe0} \u{1f600}'],
    ['count=2', 'B a'],
    ['count=0', ''],
    ['startafter=a&count=1', 'ab'],
    ['prefix=k1', 'k1 k10 k11'],
    ['prefix=k1&start=k10', 'k10 k11'],
    ['prefix=k1&start=b', 'k1 k10 k11'],
    ['prefix=k1&start=k2', ''],
    ['prefix=k1&startafter=b', 'k1 k10 k11'],
    ['prefix=a&startafter=a', 'ab'],
    ['prefix=k1&startafter=k1', 'k10 k11'],
    ['prefix=k&prefix=a', 'a ab k1 k10 k11 k2'],
    ['prefix=k&prefix=k1', 'k1 k10 k11 k2'],
    ['prefix=a&prefix=k&prefixcount=1', 'a k1'],
    ['prefix=a&prefix=k&prefixcount=3&count=4', 'a ab k1 k10'],
    ['prefix=none', ''],
    ['key=k2&key=none&key=a&key=k2', 'a k2'],
    ['key=a&key=k1&startafter=a', 'k1'],
    ['key=b&prefix=k1', 'b k1 k10 k11'],
    ['startts=9000', 'a é \u{ffe0} \u{1f600}'],
    ['endts=3001', 'k10 k2'],
    ['startts=3000&endts=5000', 'k1 k10'],
    [`filter=${encodeURIComponent('["n","<",[2]]')}`, 'k10 k2'],
    [`prefix=k&prefixcount=1&filter=${encodeURIComponent('["n","<",[2]]')}`, 'k10'],
    [`filter=${encodeURIComponent('["_key","contains",["1"]]')}`, 'k1 k10 k11'],
    ['unknown=1', 'B a ab b k1 k10 k11 k2 é \u{ffe0} \u{1f600}'],
  ])('with %s gives %s', async (query, expected) => {
    expect(await keysOf(query)).toEqual(expected.split(' ').filter((key) => key !== ''));
  });

  test('shows the key and the time where they are asked for, or these alone', async () => {
    const read = async (query: string): Promise<string> => (await client.get(`/collections/1/s/col?${query}`)).text;
    expect(await read('key=k10')).toBe('{"n":1}\n');
    expect(await read('key=k10&meta=_key&meta=_ts')).toBe('{"n":1,"_key":"k10","_ts":3000}\n');
    expect(await read('key=k10&meta=_key&nodata=True')).toBe('{"_key":"k10"}\n');
    expect(await read('key=k10&meta=_key&format=json')).toBe('[{"n":1,"_key":"k10"}]');
    expect(await read('prefix=k1&format=json')).toBe('[{"n":2},{"n":1},{"n":5}]');
    expect(await read('prefix=none&format=json')).toBe('[]');
    expect(await read('key=k10&format=csv&fields=_key,n&include_headers=1')).toBe('_key,n\nk10,1\n');
  });

  test('of a collection that does not exist is empty', async () => {
    const answer = await client.get('/collections/1/s/none', { 'accept-encoding': 'gzip' });
    expect([answer.status, answer.text, answer.headers['content-encoding']]).toEqual([200, '', 'gzip']);
    expect((await client.get('/collections/1/s/none/count')).text).toBe('{"count":0,"scanned":0}');
  });

  test('counts what it would give', async () => {
    expect((await client.get('/collections/1/s/col/count?prefix=k1')).text).toBe('{"count":3,"scanned":3}');
    expect((await client.get('/collections/1/s/col/count?prefix=k&prefixcount=2')).text).toBe(
      '{"count":2,"scanned":2}',
    );
    expect((await client.get('/collections/1/s/col/count?count=3')).text).toBe('{"count":3,"scanned":3}');
    const filter = encodeURIComponent('["n","<",[2]]');
    expect((await client.get(`/collections/1/s/col/count?filter=${filter}`)).text).toBe('{"count":2,"scanned":11}');
  });
});

test('a count stops at its limit and says where the next goes on; so does a deletion', async () => {
  const records = Array.from({ length: 10 }, (_, n) => ({ _key: `k${n}`, n }));
  const seed = { collections: [{ name: 'col', records }] };
  await using server = await serveEmulator({ projects: [1], seed, countScanLimit: 4 });
  const client = rawClient(server.url, basic(server.emulator.apiKey));
  const path = '/collections/1/s/col';
  expect((await client.get(`${path}/count`)).text).toBe('{"nextstart":"k4","count":4,"scanned":4}');
  expect((await client.get(`${path}/count?start=k4`)).text).toBe('{"nextstart":"k8","count":4,"scanned":4}');
  expect((await client.get(`${path}/count?start=k8`)).text).toBe('{"count":2,"scanned":2}');
  expect((await client.get(`${path}/count?start=k6`)).text).toBe('{"count":4,"scanned":4}');
  const filter = encodeURIComponent('["n",">",[2]]');
  expect((await client.get(`${path}/count?filter=${filter}`)).text).toBe('{"nextstart":"k4","count":1,"scanned":4}');
  expect((await client.remove(`${path}?start=k1`)).text).toBe('{"nextstart":"k5","deleted":4,"scanned":4}');
  expect((await client.remove(`${path}?start=k5&prefix=k9`)).text).toBe('{"deleted":1,"scanned":1}');
  expect((await client.get(`${path}?meta=_key&nodata=1`)).text.match(/k\d/g)).toEqual(['k0', 'k5', 'k6', 'k7', 'k8']);
});

test('any writes and deletions leave the last value of each key, in the order of bytes', async () => {
  const key = fc.oneof(
    fc.string({
      minLength: 1,
      maxLength: 3,
      unit: fc.constantFrom('a', 'b', 'é', '\u{e000}', '\u{ffff}', '\u{10000}'),
    }),
    fc.string({ minLength: 1, maxLength: 5, unit: 'grapheme' }),
  );
  const step = fc.record({ set: fc.uniqueArray(key, { maxLength: 20 }), drop: fc.array(key, { maxLength: 5 }) });
  await using server = await serveEmulator({ projects: [1] });
  const client = rawClient(server.url, basic(server.emulator.apiKey));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 4 }), key, async (steps, start) => {
      await client.post('/collections/1/delete?name=col', '');
      const expected = new Map<string, number>();
      let n = 0;
      for (const { set, drop } of steps) {
        const lines = set.map((_key) => {
          n += 1;
          expected.set(_key, n);
          return JSON.stringify({ _key, n });
        });
        expect((await client.post('/collections/1/s/col', lines.join('\n'))).status).toBe(200);
        for (const _key of drop) expected.delete(_key);
        await client.post('/collections/1/s/col/deleted', JSON.stringify(drop));
      }
      const sorted = [...expected].sort(([left], [right]) => byBytes(left, right));
      const all = jsonLines((await client.get('/collections/1/s/col?meta=_key')).text);
      expect(all).toEqual(sorted.map(([_key, n]) => ({ n, _key })));
      const later = jsonLines(
        (await client.get(`/collections/1/s/col?meta=_key&start=${encodeURIComponent(start)}`)).text,
      );
      expect(later.map(({ _key }) => _key)).toEqual(
        sorted.map(([_key]) => _key).filter((_key) => byBytes(_key, start) >= 0),
      );
    }),
    { numRuns: 60 },
  );
});
