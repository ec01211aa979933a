import { setTimeout as sleep } from 'node:timers/promises';
import { createEmulator } from 'tideway/emulator';
import { serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, open } from '../helpers/raw-http.ts';

const total = 1_000_000;

function* products(): Generator<{ readonly n: number; readonly name: string }> {
  for (let n = 0; n < total; n += 1) yield { n, name: `Product ${n}` };
}

describe('a job of a million items', () => {
  test('streams: the first bytes come long before the last ones', {
    timeout: 60_000,
  }, async () => {
    await using server = await serveEmulator({ projects: [1], seed: { jobs: [{ spider: 'a', items: products() }] } });
    const headers = { authorization: basic(server.emulator.apiKey) };
    const begin = performance.now();
    const message = await open(server.url, { path: '/items/1/1/1?meta=_key', headers });
    expect(message.headers['content-length']).toBeUndefined();
    let first = 0;
    let newlines = 0;
    let tail = '';
    for await (const piece of message) {
      first ||= performance.now() - begin;
      for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) newlines += 1;
      tail = piece.subarray(-100).toString();
    }
    const time = performance.now() - begin;
    expect(newlines).toBe(total);
    expect(tail.endsWith(`{"n":999999,"name":"Product 999999","_key":"1/1/1/999999"}\n`)).toBe(true);
    expect(first).toBeLessThan(time / 2);
  });

  test('is made as it is read: a reader that stops holds little memory', async () => {
    const emulator = createEmulator({ projects: [1], seed: { jobs: [{ spider: 'a', items: products() }] } });
    const headers = { authorization: basic(emulator.apiKey) };
    const answer = await emulator.fetch('https://storage.zyte.com/items/1/1/1', { headers });
    const reader = answer.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    expect(value?.length).toBeGreaterThan(10_000);
    expect(value?.length).toBeLessThan(200_000);
    const before = process.memoryUsage().arrayBuffers;
    await sleep(50);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
    await reader?.cancel();
  });

  test('lets others be answered while a filter looks at all of it', async () => {
    const emulator = createEmulator({ projects: [1], seed: { jobs: [{ spider: 'a', items: products() }] } });
    const headers = { authorization: basic(emulator.apiKey) };
    const filter = encodeURIComponent('["n","=",[999999]]');
    let ticks = 0;
    const ticking = setInterval(() => {
      ticks += 1;
    }, 1);
    const answer = await emulator.fetch(`https://storage.zyte.com/items/1/1/1?filter=${filter}`, { headers });
    expect(await answer.text()).toBe('{"n":999999,"name":"Product 999999"}\n');
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan(20);
  });
});
