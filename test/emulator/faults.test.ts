import { setTimeout as sleep } from 'node:timers/promises';
import { decodeMulti } from '@msgpack/msgpack';
import { createEmulator, type Fault } from 'tideway/emulator';
import { serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, open, rawClient } from '../helpers/raw-http.ts';

const path = '/items/1/1/1';

async function setUp(...faults: Fault[]) {
  const server = await serveEmulator({
    projects: [1],
    faults,
    seed: {
      jobs: [
        {
          spider: 'a',
          items: Array.from({ length: 100 }, (_, n) => ({ n })),
          logs: Array.from({ length: 10 }, (_, n) => ({ message: `line ${n}`, time: n, level: 20 })),
        },
      ],
    },
  });
  return { server, emulator: server.emulator, ...rawClient(server.url, basic(server.emulator.apiKey)) };
}

const items = (count: number): string => Array.from({ length: count }, (_, n) => `{"n":${n}}\n`).join('');

describe('faults', () => {
  test('answer a status like a proxy does, so many times, and nothing is stored meanwhile', async () => {
    const { server, get, post } = await setUp({ method: 'POST', path, times: 2, status: 503 });
    const answer = await post(`${path}?start=100`, '{"n":100}');
    expect(answer).toMatchObject({ status: 503, error: undefined });
    expect(answer.text).toBe(
      '<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n',
    );
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-cache', 'content-type': 'text/html' });
    expect((await post(`${path}?start=100`, '{"n":100}')).status).toBe(503);
    expect((await get(`${path}/100`)).text).toBe('');
    expect((await post(`${path}?start=100`, '{"n":100}')).status).toBe(200);
    expect((await get(`${path}/100`)).text).toBe('{"n":100}\n');
    await server.close();
  });

  test('answer a status also to a body that nobody reads, and the connection lives on', async () => {
    const { server, get, post } = await setUp({ method: 'POST', times: 2, status: 503 });
    const body = `{"text":"${'x'.repeat(1000)}"}\n`.repeat(5000);
    for (let time = 0; time < 2; time += 1) expect((await post(`${path}?start=0`, body)).status).toBe(503);
    expect((await post(`${path}?start=100`, body)).status).toBe(200);
    expect(JSON.parse((await get(`${path}/stats`)).text).totals.input_values).toBe(5100);
    await server.close();
  });

  test('may say more: headers and a body', async () => {
    const { server, get } = await setUp({
      status: 429,
      headers: { 'Retry-After': '7', 'Content-Type': 'text/plain' },
      body: 'slow down',
    });
    const answer = await get(path);
    expect(answer).toMatchObject({ status: 429, text: 'slow down' });
    expect(answer.headers).toMatchObject({
      'retry-after': '7',
      'content-type': 'text/plain',
      'access-control-allow-origin': '*',
    });
    await server.close();
  });

  test('fit a whole path or a pattern, and a method', async () => {
    const { server, emulator, get, post } = await setUp({ path: '/items/1/1', status: 500 });
    const statuses = async () => [
      (await get('/items/1/1')).status,
      (await get(path)).status,
      (await post(path, '')).status,
    ];
    expect(await statuses()).toEqual([500, 200, 200]);
    // A pattern that remembers where it stands must not skip every second request.
    emulator.faults = [{ method: 'get', path: /^\/items\//g, status: 500 }];
    expect(await statuses()).toEqual([500, 500, 200]);
    expect(await statuses()).toEqual([500, 500, 200]);
    await server.close();
  });

  test('are a plain array that may be changed while it runs', async () => {
    const { server, emulator, get } = await setUp();
    emulator.faults.push({ status: 500, times: 1 });
    expect((await get(path)).status).toBe(500);
    expect((await get(path)).status).toBe(200);
    emulator.faults.length = 0;
    emulator.faults = [{ status: 502 }];
    expect((await get(path)).status).toBe(502);
    expect(() => {
      emulator.faults = [{ status: 5000 }];
    }).toThrow('Expected `faults[0].status` to be an integer from 200 to 599, got `5000` (number)');
    expect((await get(path)).status).toBe(502);
    await server.close();
  });

  test('act with a probability', async () => {
    const draws = [0.1, 0.9, 0.4, 0.6];
    const emulator = createEmulator({ faults: [{ status: 500, probability: 0.5 }], random: () => draws.shift() ?? 1 });
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await emulator.fetch('https://storage.zyte.com/system/ts')).status);
    expect(statuses).toEqual([500, 200, 500, 200]);
  });

  test('the first that fits acts, and those that only slow down act besides', async () => {
    const { server, get } = await setUp(
      { latency: 40 },
      { status: 500, times: 1 },
      { status: 502, times: 1, latency: 40 },
    );
    for (const [status, least] of [
      [500, 35],
      [502, 75],
      [200, 35],
    ] as const) {
      const begin = performance.now();
      expect((await get(path)).status).toBe(status);
      expect(performance.now() - begin).toBeGreaterThan(least);
    }
    await server.close();
  });

  test('latency ends when the client leaves, and the request has had no effect', async () => {
    const emulator = createEmulator({ projects: [1], faults: [{ method: 'POST', latency: 60_000 }] });
    const headers = { authorization: basic(emulator.apiKey) };
    const url = `https://storage.zyte.com${path}`;
    const reason = new Error('enough');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 20);
    await expect(emulator.fetch(url, { method: 'POST', headers, body: '{}', signal: controller.signal })).rejects.toBe(
      reason,
    );
    expect(await (await emulator.fetch(url, { headers })).text()).toBe('');
  });

  test('cut after exactly so many whole records', async () => {
    const { server, get } = await setUp({ path, cutAfterRecords: 7, times: 3 });
    const plain = await get(path);
    expect(plain).toMatchObject({ status: 200, text: items(7) });
    expect(plain.error).toBeDefined();
    const zipped = await get(path, { 'accept-encoding': 'gzip' });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(zipped.text).toBe(items(7));
    expect(zipped.error).toBeDefined();
    const packed = await get(path, { 'accept-encoding': 'gzip', accept: 'application/x-msgpack' });
    expect([...decodeMulti(packed.bytes)]).toEqual(Array.from({ length: 7 }, (_, n) => ({ n })));
    expect(packed.error).toBeDefined();
    expect(await get(path)).toMatchObject({ text: items(100), error: undefined });
    await server.close();
  });

  test('cut right after the newline where lines are only joined, so that the last one is whole', async () => {
    const { server, get } = await setUp({ cutAfterRecords: 2 });
    const answer = await get('/logs/1/1/1');
    expect(answer.text).toBe('{"time":0,"level":20,"message":"line 0"}\n{"time":1,"level":20,"message":"line 1"}\n');
    expect(answer.error).toBeDefined();
    await server.close();
  });

  test('cut right after a gap in the numbers', async () => {
    const { server, get, post } = await setUp();
    await post(`${path}?start=500`, '{"n":500}\n{"n":501}');
    server.emulator.faults.push({ cutAfterRecords: 101 });
    const answer = await get(`${path}?meta=_key`);
    expect(answer.error).toBeDefined();
    expect(answer.text.trimEnd().split('\n').at(-1)).toBe('{"n":500,"_key":"1/1/1/500"}');
    await server.close();
  });

  test('do not cut a shorter body, and cut a longer one at its very end', async () => {
    const { server, get } = await setUp({ cutAfterRecords: 100 });
    expect(await get(`${path}?count=99`)).toMatchObject({ text: items(99), error: undefined });
    const answer = await get(path);
    expect(answer.text).toBe(items(100));
    expect(answer.error).toBeDefined();
    await server.close();
  });

  test('wait for a body that is long enough', async () => {
    const { server, get } = await setUp({ path: /^\/items/, cutAfterRecords: 7, times: 1 });
    expect(await get(`${path}/stats`)).toMatchObject({ error: undefined });
    expect(await get(`${path}?count=6`)).toMatchObject({ text: items(6), error: undefined });
    expect((await get(path)).error).toBeDefined();
    expect(await get(path)).toMatchObject({ text: items(100), error: undefined });
    await server.close();
  });

  test('cut lists of the job queue too', async () => {
    const { server, get, post } = await setUp();
    await post('/jobq/1/push', '{"spider":"a","state":"finished"}\n'.repeat(5));
    server.emulator.faults.push({ cutAfterRecords: 2 });
    const answer = await get('/jobq/1/list');
    expect(answer.error).toBeDefined();
    expect(answer.text).toMatch(/^\{.+\}\n\{.+\}\n$/);
    await server.close();
  });

  test('cut after so many bytes, in the middle of a record', async () => {
    const { server, get } = await setUp({ cutAfterBytes: 20 });
    for (const coding of ['identity', 'gzip']) {
      const answer = await get(path, { 'accept-encoding': coding });
      expect(answer.text).toBe('{"n":0}\n{"n":1}\n{"n"');
      expect(answer.error).toBeDefined();
    }
    expect(await get('/system/ts')).toMatchObject({ error: undefined });
    await server.close();
  });

  test('cut before the first byte', async () => {
    const { server, get } = await setUp({ cutAfterRecords: 0, times: 1 }, { cutAfterBytes: 0, times: 1 });
    for (let time = 0; time < 2; time += 1) {
      const answer = await get(path);
      expect(answer).toMatchObject({ status: 200, text: '' });
      expect(answer.error).toBeDefined();
    }
    await server.close();
  });

  test('stall after so many records until the client leaves', async () => {
    const { server } = await setUp({ stallAfterRecords: 3 });
    for (const [resource, text] of [
      ['items', items(3)],
      ['logs', [0, 1, 2].map((n) => `{"time":${n},"level":20,"message":"line ${n}"}\n`).join('')],
    ] as const) {
      const message = await open(server.url, {
        path: `/${resource}/1/1/1`,
        headers: { authorization: basic(server.emulator.apiKey) },
      });
      let received = '';
      let hasEnded = false;
      message.on('data', (piece) => {
        received += piece;
      });
      message.on('end', () => {
        hasEnded = true;
      });
      message.on('error', () => {});
      await sleep(80);
      expect(received).toBe(text);
      expect(hasEnded).toBe(false);
      message.destroy();
    }
    await server.close();
  });

  test('drop a connection before anything is stored, or after it is', async () => {
    const { server, get, post } = await setUp(
      { method: 'POST', times: 1, drop: 'before' },
      { method: 'POST', times: 1, drop: 'after' },
    );
    await expect(post(`${path}?start=100`, '{"n":"before"}')).rejects.toThrow();
    expect((await get(`${path}/100`)).text).toBe('');
    await expect(post(`${path}?start=100`, '{"n":"after"}')).rejects.toThrow();
    expect((await get(`${path}/100`)).text).toBe('{"n":"after"}\n');
    await server.close();
  });

  test('pace each body by itself', async () => {
    const { server, get } = await setUp(
      { path: /^\/items/, recordsPerSecond: 200 },
      { path: /^\/logs/, bytesPerSecond: 2000 },
    );
    const timed = async (call: Promise<{ text: string }>) => {
      const begin = performance.now();
      const { text } = await call;
      return { text, time: performance.now() - begin };
    };
    const all = await timed(get(path, { 'accept-encoding': 'gzip' }));
    expect(all.text).toBe(items(100));
    expect(all.time).toBeGreaterThan(400);
    const ranges = [0, 25, 50, 75].map((n) => timed(get(`${path}?start=1/1/1/${n}&count=25`)));
    // One pace for all would make the last of them as late as the whole.
    for (const range of await Promise.all(ranges)) expect(range.time).toBeLessThan(all.time);
    const logs = await timed(get('/logs/1/1/1'));
    expect(logs.time).toBeGreaterThan(150);
    expect(logs.text.split('\n')).toHaveLength(10);
    await server.close();
  });

  test('break a body in the process as they do on the wire', async () => {
    const { server, emulator } = await setUp({ times: 1, cutAfterRecords: 2 }, { times: 1, drop: 'before' });
    const headers = { authorization: basic(emulator.apiKey), 'accept-encoding': 'gzip' };
    const url = `https://storage.zyte.com${path}`;
    const answer = await emulator.fetch(url, { headers });
    expect(answer.headers.get('content-encoding')).toBe(null);
    let text = '';
    const read = async () => {
      for await (const piece of answer.body ?? []) text += Buffer.from(piece).toString();
    };
    await expect(read()).rejects.toThrow(new TypeError('terminated'));
    expect(text).toBe(items(2));
    await expect(emulator.fetch(url, { headers })).rejects.toThrow(new TypeError('fetch failed'));
    await server.close();
  });

  test.each([
    [{}, 'one of status'],
    [null, 'an object'],
    ['x', 'an object'],
    [{ status: 500, times: 0 }, '`faults[0].times` to be an integer from 1 and up, got `0` (number)'],
    [{ status: 500, drop: 'before' }, 'one of status'],
    [{ status: 99 }, 'faults[0].status'],
    [{ drop: 'during' }, 'faults[0].drop'],
    [{ cutAfterRecords: -1 }, 'faults[0].cutAfterRecords'],
    [{ cutAfterBytes: 1.5 }, 'faults[0].cutAfterBytes'],
    [{ latency: '5' }, '`faults[0].latency` to be a number from 0 and up, got `5` (string)'],
    [{ latency: 5, probability: 2 }, 'faults[0].probability'],
    [{ latency: 5, path: 7 }, 'faults[0].path'],
    [{ latency: 5, method: 7 }, 'faults[0].method'],
    [{ recordsPerSecond: 0 }, 'faults[0].recordsPerSecond'],
    [{ cutAfter: 5 }, 'cutAfter'],
  ])('%j is no fault', (fault, message) => {
    const wrong: unknown = [fault];
    expect(() => createEmulator({ faults: wrong as Fault[] })).toThrow(message);
    expect(() => createEmulator({ faults: wrong as Fault[] })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIGURATION' }),
    );
  });
});
