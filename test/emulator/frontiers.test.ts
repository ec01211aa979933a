import { type EmulatorServer, serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, jsonLines, type RawClient, rawClient, send } from '../helpers/raw-http.ts';

const slot = '/hcf/1/front/s/site.com';

function clientOf(server: EmulatorServer): RawClient {
  return rawClient(server.url, basic(server.emulator.apiKey));
}

function requests(count: number, first = 0): string {
  return Array.from({ length: count }, (_, n) => `{"fp": "/${first + n}"}\n`).join('');
}

describe('a slot of a frontier', () => {
  test('queues what it has not seen, tells how much that is, and gives it until it is deleted', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const client = clientOf(server);
    const body = '{"fp": "/"}\n{"fp": "/b", "qdata": {"b": 12345678901234567890, "a": [1]}}\n{"fp": "/"}\n';
    const added = await client.post(`${slot}?start=0`, body, { 'content-encoding': 'identity' });
    expect([added.status, added.text]).toEqual([200, '{"newcount":2}']);
    expect(added.headers['content-type']).toBe('application/json; charset=UTF-8');
    expect((await client.post(`${slot}?start=0`, body)).text).toBe('{"newcount":0}');

    const queue = await client.get(`${slot}/q`, { 'accept-encoding': 'gzip' });
    expect(queue.headers['content-type']).toBe('application/x-jsonlines; charset=UTF-8');
    expect(queue.headers['content-encoding']).toBe('gzip');
    expect(queue.headers.vary).toBe('Accept-Encoding, User-Agent');
    expect(queue.text).toMatch(
      /^\{"id":"00[0-9a-f]{11}00001","requests":\[\["\/",null\],\["\/b",\{"b":12345678901234567890,"a":\[1\]\}\]\]\}\n$/,
    );
    expect((await client.get(`${slot}/q`)).text).toBe(queue.text);
    expect((await client.get(`${slot}/q/count`)).text).toBe('{"count":2}');

    const { id } = JSON.parse(queue.text);
    for (const deletion of [`"${id}"\n"none"`, `["${id}"]`]) {
      const deleted = await client.post(`${slot}/q/deleted`, deletion);
      expect([deleted.status, deleted.text, deleted.headers['content-type']]).toEqual([200, '', undefined]);
    }
    expect((await client.get(`${slot}/q`)).text).toBe('');
    expect((await client.get(`${slot}/q/count`)).text).toBe('{"count":0}');
    // What was deleted from the queue was seen all the same.
    expect((await client.post(slot, '{"fp": "/"}\n{"fp": "/c"}')).text).toBe('{"newcount":1}');
  });

  test('cuts a post into batches of a hundred, whose ids sort in the order of delivery', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const client = clientOf(server);
    // More than the suffixes of one counter can number.
    expect((await client.post(slot, requests(26_000))).text).toBe('{"newcount":26000}');
    await client.post(slot, requests(50, 26_000));
    const batches = jsonLines((await client.get(`${slot}/q`)).text);
    expect(batches.map((batch) => batch.requests.length)).toEqual([...Array(260).fill(100), 50]);
    const ids = batches.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(261);
    expect(ids[1]).toBe(`${ids[0]}00`);
    expect(ids[2]).toBe(`${ids[0]}01`);
    const fingerprints = batches.flatMap((batch) => batch.requests.map(([fp]: [string]) => fp));
    expect(fingerprints).toEqual(Array.from({ length: 26_050 }, (_, n) => `/${n}`));
  });

  test('gives the lowest priority first, then the oldest', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const client = clientOf(server);
    await client.post(slot, '{"fp":"late","p":5}\n{"fp":"first"}\n{"fp":"last","p":1000}\n{"fp":"too","p":5}');
    await client.post(slot, '{"fp":"second","p":0}\n{"fp":"also first","p":-1}\n{"fp":"third","p":4}');
    const batches = jsonLines((await client.get(`${slot}/q`)).text);
    expect(batches.map((batch) => batch.requests.map(([fp]: [string]) => fp))).toEqual([
      ['first'],
      ['second', 'also first'],
      ['third'],
      ['late', 'too'],
      ['last'],
    ]);
    expect(batches.map(({ id }) => id.slice(0, 2))).toEqual(['00', '00', '04', '05', 'ff']);
  });

  test('stops a read of the queue at the least count that is asked for', async () => {
    await using server = await serveEmulator({
      projects: [1],
      seed: {
        frontiers: [{ frontier: 'front', slot: 'site.com', requests: Array.from({ length: 250 }, (_, n) => `/${n}`) }],
      },
    });
    const client = clientOf(server);
    const lengths = async (query: string): Promise<number[]> =>
      jsonLines((await client.get(`${slot}/q${query}`)).text).map((batch) => batch.requests.length);
    expect(await lengths('?mincount=1')).toEqual([100]);
    expect(await lengths('?mincount=100')).toEqual([100]);
    expect(await lengths('?mincount=101')).toEqual([100, 100]);
    expect(await lengths('?mincount=1000')).toEqual([100, 100, 50]);
    expect(await lengths('')).toEqual([100, 100, 50]);
  });

  test('lists its fingerprints in the order of their bytes, with what is kept with them', async () => {
    await using server = await serveEmulator({
      projects: [1],
      seed: {
        frontiers: [
          {
            frontier: 'front',
            slot: 'site.com',
            requests: ['/b', { fp: '/a', fdata: { x: 1 }, qdata: 2, p: 3 }, 'é', 'Z'],
          },
        ],
      },
    });
    const client = clientOf(server);
    const answer = await client.get(`${slot}/f`);
    expect(answer.headers['content-type']).toBe('application/x-jsonlines; charset=UTF-8');
    expect(answer.text).toBe('{"fp":"/a","fdata":{"x":1}}\n{"fp":"/b"}\n{"fp":"Z"}\n{"fp":"é"}\n');
    // Fingerprints have no key and no time of their own.
    expect((await client.get(`${slot}/f?meta=_key&meta=_ts&nodata=1`)).text).toBe(answer.text);
    expect((await client.get(`${slot}/f?startafter=/a&count=1`)).text).toBe('{"fp":"/b"}\n');
    expect((await client.get(`${slot}/f?prefix=/`)).text).toBe('{"fp":"/a","fdata":{"x":1}}\n{"fp":"/b"}\n');
  });

  test('is dropped with its fingerprints, also when it does not exist', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const client = clientOf(server);
    await client.post(slot, requests(3));
    for (let time = 0; time < 2; time += 1) {
      const dropped = await client.remove(slot);
      expect([dropped.status, dropped.text, dropped.headers['content-type']]).toEqual([200, '', undefined]);
    }
    expect((await client.get(`${slot}/f`)).text).toBe('');
    expect((await client.post(slot, requests(3))).text).toBe('{"newcount":3}');
  });

  test.each([
    ['no fingerprint', '{"qdata": 1}', 'Error parsing data, missing value for fp field\n'],
    ['a fingerprint that is no text', '{"fp": 1}', 'Error parsing data, missing value for fp field\n'],
    ['no object', '"/a"', 'Error parsing data, missing value for fp field\n'],
    ['a priority that is no integer', '{"fp": "/a", "p": "high"}', 'Error parsing data, p must be an integer\n'],
  ])('refuses a request with %s, and all that came with it', async (_, line, text) => {
    await using server = await serveEmulator({ projects: [1] });
    const client = clientOf(server);
    const answer = await client.post(slot, `{"fp":"/good"}\n${line}`);
    expect([answer.status, answer.text]).toEqual([400, text]);
    expect((await client.get(`${slot}/f`)).text).toBe('');
    expect((await client.get('/hcf/1/list')).text).toBe('[]');
  });

  test('counts each fingerprint once, however many clients add it at the same time', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const client = clientOf(server);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => client.post(slot, requests(100, n * 10))));
    const total = answers.reduce((sum, answer) => sum + JSON.parse(answer.text).newcount, 0);
    expect(total).toBe(290);
    const queued = jsonLines((await client.get(`${slot}/q`)).text).flatMap((batch) => batch.requests);
    expect(new Set(queued.map(([fp]) => fp)).size).toBe(290);
    expect(queued).toHaveLength(290);
  });
});

test('frontiers and slots are listed by name as long as they hold something', async () => {
  await using server = await serveEmulator({ projects: [1, 2] });
  const client = clientOf(server);
  expect((await client.get('/hcf/1/list')).text).toBe('[]');
  expect((await client.post('/hcf/1/front/s/none', '')).text).toBe('{"newcount":0}');
  expect((await client.get('/hcf/1/front/list')).text).toBe('[]');
  expect((await client.get('/hcf/1/list')).text).toBe('[]');
  for (const path of ['b/s/x.com', 'a/s/y%2Fz', 'a/s/x.com']) await client.post(`/hcf/1/${path}`, '{"fp":"/"}');
  const list = await client.get('/hcf/1/list');
  expect([list.text, list.headers['content-type']]).toEqual(['["a","b"]', 'application/json; charset=UTF-8']);
  expect((await client.get('/hcf/1/a/list')).text).toBe('["x.com","y/z"]');
  await client.remove('/hcf/1/b/s/x.com');
  await client.remove('/hcf/1/a/s/x.com');
  expect((await client.get('/hcf/1/a/list')).text).toBe('["y/z"]');
  expect((await client.get('/hcf/1/list')).text).toBe('["a"]');
  expect((await client.get('/hcf/2/list')).text).toBe('[]');
  expect((await client.get('/hcf/3/list')).status).toBe(403);
  expect((await send(server.url, { path: '/hcf/1/list' })).text).toBe('Unauthorized\n');
});
