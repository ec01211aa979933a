import { Fetcher } from 'tideway/fetcher';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { deferred, startServer } from '../helpers/server.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('the clock of the machine, set in the midst of requests', () => {
  it.each([
    ['a year ahead', 1],
    ['a year back', -1],
  ])('%s changes neither limits, nor timeouts, nor rests', async (_, years) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const asked = deferred();
    const go = deferred();
    await using server = await startServer(async (response, _request, count) => {
      if (count === 1) {
        // Two seconds by the server's own clock, which is right.
        const date = new Date('2026-01-01T00:00:00Z');
        const until = new Date(date.getTime() + 2_000);
        response.sendDate = false;
        response.writeHead(503, { date: date.toUTCString(), 'retry-after': until.toUTCString() }).end();
        return;
      }
      asked.resolve();
      await go.promise;
      response.end('fine');
    });
    await using fetcher = new Fetcher({
      timeout: 20_000,
      limits: [{ key: 'host', concurrency: 1, rate: { requests: 100, interval: 1_000 } }],
    });
    const rests: number[] = [];
    fetcher.on('throttled', ({ delay }) => rests.push(delay));
    const results = Promise.all([fetcher.fetch(`${server.url}/a`), fetcher.fetch(`${server.url}/b`)]);
    await asked.promise;
    vi.setSystemTime(Date.now() + years * 365 * 24 * 3_600_000);
    go.resolve();
    expect((await results).map(({ status }) => status)).toEqual([200, 200]);
    expect(rests).toEqual([2_000]);
    expect((await results)[0].timings.total).toBeLessThan(60_000);
  });
});

describe('a task that is cancelled', () => {
  it('while an answer is put aside that would be tried again waits for no other try', async () => {
    const begun = deferred();
    await using server = await startServer((response) => {
      response.writeHead(503, { 'retry-after': '30' }).write('wait', () => begun.resolve());
    });
    await using fetcher = new Fetcher();
    const controller = new AbortController();
    const reason = new Error('not wanted');
    fetcher.on('headers', () => {
      // The body is being read then, and has no end.
      setTimeout(() => controller.abort(reason), 50);
    });
    const retries: unknown[] = [];
    fetcher.on('retry', (event) => retries.push(event));
    const failed = rejection(fetcher.fetch(server.url, { signal: controller.signal }));
    await begun.promise;
    expect(await failed).toBe(reason);
    expect([retries, server.requests.length]).toEqual([[], 1]);
    await fetcher.idle();
  });
});

describe('thousands of tasks for one URL', () => {
  it('are one request where a cache may answer them, and all of them get it', async () => {
    const { memoryCache } = await import('tideway/cache');
    await using server = await startServer((response) => void response.end('one'));
    await using fetcher = new Fetcher({ concurrency: 50, cache: memoryCache({ ttl: 600_000 }) });
    const length = 3_000;
    let right = 0;
    for await (const { error, status } of fetcher.map(Array.from({ length }, () => server.url))) {
      if (!error && status === 200) right++;
    }
    expect([right, server.requests.length]).toEqual([length, 1]);
    expect(fetcher.stats).toMatchObject({ accepted: length, succeeded: length, requests: 1 });
  });
});
