import { type EmulatorServer, serveEmulator } from 'tideway/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { basic, open, rawClient } from '../helpers/raw-http.ts';

const total = 200_000;

/** Every number below the total once, in no order. */
function* shuffled(): Generator<number> {
  for (let n = 0; n < total; n += 1) yield (n * 7919) % total;
}

function keyOf(n: number): string {
  return `key${String(n).padStart(6, '0')}`;
}

function* records(): Generator<object> {
  for (const n of shuffled()) yield { _key: keyOf(n), n, name: `Product ${n}` };
}

function* fingerprints(): Generator<string> {
  for (const n of shuffled()) yield `/page/${keyOf(n)}`;
}

let server: EmulatorServer;
let authorization = '';

beforeAll(async () => {
  server = await serveEmulator({
    projects: [1],
    seed: {
      collections: [{ name: 'col', records: records() }],
      frontiers: [{ frontier: 'f', slot: 's', requests: fingerprints() }],
    },
  });
  authorization = basic(server.emulator.apiKey);
}, 60_000);

afterAll(() => server.close());

/** Answers without a socket, which many small requests would make slow. */
async function textOf(path: string, init: RequestInit = {}): Promise<string> {
  const answer = await server.emulator.fetch(`${server.url}${path}`, { ...init, headers: { authorization } });
  return answer.text();
}

test('a large collection is streamed in the order of its keys, also while others write', {
  timeout: 120_000,
}, async () => {
  const client = rawClient(server.url, authorization);
  const message = await open(server.url, { path: '/collections/1/s/col?meta=_key', headers: { authorization } });
  expect(message.headers['content-length']).toBeUndefined();
  let previous = '';
  let count = 0;
  let rest = '';
  let writes = 0;
  for await (const piece of message) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { _key } = JSON.parse(line);
      if (_key <= previous) throw new Error(`${_key} comes after ${previous}`);
      previous = _key;
      count += 1;
    }
    // Records behind the last one are no part of a read that has begun.
    if (writes < 20) await client.post('/collections/1/s/col', `{"_key":"zzz${writes}"}`);
    writes += 1;
  }
  expect(count).toBe(total);
  expect(previous).toBe(keyOf(total - 1));
});

test('writes and reads of a large collection take turns without sorting all of it each time', {
  timeout: 60_000,
}, async () => {
  const path = '/collections/1/s/col';
  for (let n = 0; n < 2_000; n += 1) {
    const key = `key${String((n * 97) % total).padStart(6, '0')}a`;
    await textOf(path, { method: 'POST', body: `{"_key":"${key}","own":${n}}` });
    expect(await textOf(`${path}?startafter=${key.slice(0, -1)}&count=1`)).toBe(`{"own":${n}}\n`);
  }
});

test('a slot of many fingerprints gives its queue batch by batch and its fingerprints in order', {
  timeout: 60_000,
}, async () => {
  const path = '/hcf/1/f/s/s';
  const text = await textOf(`${path}/f`);
  const found = text.match(/\/page\/key\d{6}/g) ?? [];
  expect(found).toHaveLength(total);
  expect(found).toEqual([...found].sort());
  for (let batch = 0; batch < 500; batch += 1) {
    const { id, requests } = JSON.parse(await textOf(`${path}/q?mincount=1`));
    expect(requests).toHaveLength(100);
    expect(requests[0][0]).toBe(`/page/${keyOf((batch * 100 * 7919) % total)}`);
    await textOf(`${path}/q/deleted`, { method: 'POST', body: JSON.stringify(id) });
  }
  expect(await textOf(`${path}/q/count`)).toBe(`{"count":${total - 50_000}}`);
});

test('a filter that looks at a large collection in vain lets others have their turn', { timeout: 60_000 }, async () => {
  const filter = encodeURIComponent('["n","<",[0]]');
  let turns = 0;
  const turning = setInterval(() => {
    turns += 1;
  }, 0);
  expect(await textOf(`/collections/1/s/col?filter=${filter}`)).toBe('');
  clearInterval(turning);
  expect(turns).toBeGreaterThan(20);
});
