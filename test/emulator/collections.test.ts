import { gzipSync } from 'node:zlib';
import { decodeMulti } from '@msgpack/msgpack';
import { type EmulatorServer, serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, jsonLines, type RawClient, rawClient, send } from '../helpers/raw-http.ts';

function clientOf(server: EmulatorServer): RawClient {
  return rawClient(server.url, basic(server.emulator.apiKey));
}

function keyed(keys: readonly string[]): { _key: string }[] {
  return keys.map((_key) => ({ _key }));
}

describe('a collection', () => {
  test('takes records in, and gives each back without its key and otherwise as it was sent', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const client = clientOf(server);
    const written = await client.post(
      '/collections/1/s/col?start=0',
      gzipSync(
        '{"b": 1, "_key": "k1", "10": 12345678901234567890, "a": {"_key": "}\\"", "l": [1, {}]}}\n{"_key":"k2"}\n',
      ),
      { 'content-encoding': 'gzip' },
    );
    expect([written.status, written.text]).toEqual([200, '']);
    expect(written.headers['content-type']).toBe('text/plain; charset=UTF-8');
    const first = await client.get('/collections/1/s/col/k1');
    expect(first.text).toBe('{"b":1,"10":12345678901234567890,"a":{"_key":"}\\"","l":[1,{}]}}\n');
    expect(first.headers['content-type']).toBe('application/x-jsonlines; charset=UTF-8');
    expect((await client.get('/collections/1/s/col/k2')).text).toBe('{}\n');
    expect((await client.get('/collections/1/s/col/k2?meta=_key')).text).toBe('{"_key":"k2"}\n');
    const packed = await client.get('/collections/1/s/col/k1', { accept: 'application/x-msgpack' });
    expect(packed.headers['content-type']).toBe('application/x-msgpack; charset=UTF-8');
    expect([...decodeMulti(packed.bytes)]).toMatchObject([{ b: 1, a: { l: [1, {}] } }]);
  });

  test('is written over by key, and never holds a record twice', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const client = clientOf(server);
    for (const n of [1, 1, 2]) await client.post('/collections/1/s/col?start=0', `{"_key":"a","n":${n}}\n`);
    expect((await client.get('/collections/1/s/col?meta=_key')).text).toBe('{"n":2,"_key":"a"}\n');
    expect((await client.get('/collections/1/s/col/count')).text).toBe('{"count":1,"scanned":1}');
  });

  test.each([
    ['no key', '{"foo": 42}', 400, 'Error parsing data, missing value for _key field\n'],
    ['a key that is a number', '{"_key": 42}', 400, 'Error parsing data, missing value for _key field\n'],
    ['no object', '["_key"]', 400, 'Error parsing data, missing value for _key field\n'],
    ['broken JSON', '{"_key": "a"', 400, 'Error parsing data, invalid JSON on line 2\n'],
    [
      'more than a mebibyte',
      `{"_key":"a","x":"${'x'.repeat(1_048_576)}"}`,
      413,
      'Error parsing data, Serialized value too large - max 1048576 bytes\n',
    ],
  ])('refuses a record with %s, and all that came with it', async (_, line, status, text) => {
    await using server = await serveEmulator({ projects: [1] });
    const client = clientOf(server);
    const answer = await client.post('/collections/1/s/col', `{"_key":"good"}\n${line}`);
    expect([answer.status, answer.text]).toEqual([status, text]);
    expect(answer.headers['content-type']).toBe('text/plain; charset=UTF-8');
    expect((await client.get('/collections/1/s/col')).text).toBe('');
    expect((await client.get('/collections/1/list')).text).toBe('');
  });

  test('gives 404 for a key or a field that it does not have, and fields as they are', async () => {
    await using server = await serveEmulator({
      projects: [1],
      seed: { collections: [{ name: 'col', records: [{ _key: 'a/b c', title: 'Ä', list: [1] }] }] },
    });
    const client = clientOf(server);
    for (const path of ['s/col/none', 's/other/none', 'cs/col/a%2Fb%20c', 's/col/a%2Fb%20c/none', 's/col/x/title']) {
      const answer = await client.get(`/collections/1/${path}`);
      expect([path, answer.status, answer.text]).toEqual([path, 404, 'Not Found\n']);
      expect(answer.headers['content-type']).toBeUndefined();
    }
    expect((await client.get('/collections/1/s/col/a%2Fb%20c/title')).text).toBe('Ä\n');
    expect((await client.get('/collections/1/s/col/a%2Fb%20c/list')).text).toBe('[1]\n');
    expect((await client.get('/collections/1/x/col')).status).toBe(400);
    expect((await client.get('/collections/1/s/no-name')).status).toBe(400);
    expect((await client.get('/collections/2/s/col')).status).toBe(403);
    expect((await send(server.url, { path: '/collections/1/s/col' })).text).toBe('Unauthorized\n');
  });

  test('lists what there is, four types under one name as four, and drops them together', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const client = clientOf(server);
    for (const type of ['vcs', 's', 'vs', 'cs']) {
      await client.post(`/collections/1/${type}/b`, `{"_key":"k","type":"${type}"}`);
    }
    await client.post('/collections/1/s/a', '{"_key":"k"}');
    const list = await client.get('/collections/1/list', { 'accept-encoding': 'gzip' });
    expect(list.headers['content-encoding']).toBe('gzip');
    expect(list.text.endsWith('\n')).toBe(false);
    expect(jsonLines(list.text).map(({ type, name }) => `${type}/${name}`)).toEqual([
      's/a',
      's/b',
      'cs/b',
      'vs/b',
      'vcs/b',
    ]);
    for (const type of ['vcs', 's', 'vs', 'cs']) {
      expect((await client.get(`/collections/1/${type}/b/k/type`)).text).toBe(`${type}\n`);
    }
    for (let time = 0; time < 2; time += 1) {
      const dropped = await client.post('/collections/1/delete?name=b', '');
      expect([dropped.status, dropped.text]).toEqual([202, '{"status":"success","deleted":"b"}']);
      expect(dropped.headers['content-type']).toBe('application/json; charset=UTF-8');
    }
    expect((await client.get('/collections/1/list')).text).toBe('{"type":"s","name":"a"}');
    expect((await client.get('/collections/1/vs/b')).status).toBe(200);
    expect((await client.post('/collections/1/delete', '')).status).toBe(400);
  });

  test('deletes keys that are listed, one a line or in arrays, and keys that are not there', async () => {
    await using server = await serveEmulator({
      projects: [1],
      seed: { collections: [{ name: 'col', records: keyed(['a', 'b', 'c', 'd', 'count']) }] },
    });
    const client = clientOf(server);
    const listed = await client.post('/collections/1/s/col/deleted', '"a"\n["b", "none"]\n');
    expect([listed.status, listed.text, listed.headers['content-type']]).toEqual([
      200,
      '',
      'text/plain; charset=UTF-8',
    ]);
    expect((await client.remove('/collections/1/s/col/c')).status).toBe(200);
    expect((await client.remove('/collections/1/s/col/c')).status).toBe(200);
    expect((await client.get('/collections/1/s/col?meta=_key')).text).toBe('{"_key":"count"}\n{"_key":"d"}\n');
    expect((await client.remove('/collections/1/s/col/count')).status).toBe(200);
    expect((await client.post('/collections/1/s/col/deleted', '{"_key":"d"}')).status).toBe(400);
    expect((await client.get('/collections/1/s/col/count')).text).toBe('{"count":1,"scanned":1}');
    expect((await client.post('/collections/1/s/none/deleted', '"d"')).status).toBe(200);
  });
});

describe('the types of collections', () => {
  const day = 86_400_000;

  test('cached records are gone after 30 days, counted from their last write', async () => {
    let now = 1_000_000;
    await using server = await serveEmulator({ projects: [1], clock: () => now });
    const client = clientOf(server);
    const read = async (type: string): Promise<string> =>
      (await client.get(`/collections/1/${type}/col?meta=_key`)).text.replace(/[^a-z]|key/g, '');
    for (const type of ['s', 'cs', 'vs', 'vcs'])
      await client.post(`/collections/1/${type}/col`, '{"_key":"a"}\n{"_key":"b"}');
    now += 29 * day;
    for (const type of ['cs', 'vcs']) await client.post(`/collections/1/${type}/col`, '{"_key":"b"}');
    expect(await read('cs')).toBe('ab');
    now += day + 100;
    expect([await read('s'), await read('cs'), await read('vs'), await read('vcs')]).toEqual(['ab', 'b', 'ab', 'b']);
    expect((await client.get('/collections/1/cs/col/a')).status).toBe(404);
    expect((await client.get('/collections/1/cs/col/count')).text).toBe('{"count":1,"scanned":1}');
    now += 30 * day;
    expect((await client.get('/collections/1/vcs/col/b')).status).toBe(404);
  });

  test('versioned ones read the newest of three, or the newest before a time', async () => {
    let now = 1_000;
    await using server = await serveEmulator({ projects: [1], clock: () => now });
    const client = clientOf(server);
    for (const n of [1, 2, 3, 4]) {
      now = n * 1_000;
      for (const type of ['s', 'vs']) await client.post(`/collections/1/${type}/col`, `{"_key":"a","n":${n}}`);
    }
    const read = async (path: string): Promise<string> => (await client.get(`/collections/1/${path}`)).text;
    expect(await read('vs/col/a')).toBe('{"n":4}\n');
    expect(await read('vs/col')).toBe('{"n":4}\n');
    expect(await read('vs/col/count')).toBe('{"count":1,"scanned":1}');
    expect(await read('vs/col?endts=4000')).toBe('{"n":3}\n');
    expect(await read('vs/col?endts=2500')).toBe('{"n":2}\n');
    // The first of four is forgotten.
    expect(await read('vs/col?endts=1500')).toBe('');
    expect(await read('s/col?endts=4000')).toBe('');
    await client.remove('/collections/1/vs/col/a');
    expect(await read('vs/col?endts=4000')).toBe('');
    now = 5_000;
    await client.post('/collections/1/vs/col', '{"_key":"a","n":5}');
    expect(await read('vs/col?endts=5000')).toBe('');
    expect(await read('vs/col')).toBe('{"n":5}\n');
  });
});
