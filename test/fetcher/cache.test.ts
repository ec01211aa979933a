import { memoryCache } from 'tideway/cache';
import { Fetcher } from 'tideway/fetcher';
import { describe, expect, it } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { deferred, startServer } from '../helpers/server.ts';

describe('a fetcher with a cache', () => {
  it('asks once for what it keeps, and says where an answer is from', async () => {
    await using server = await startServer((response, { url }) => void response.end(`text of ${url}`));
    const fetcher = new Fetcher({ cache: memoryCache() });
    const first = await fetcher.fetch(server.url);
    const second = await fetcher.fetch(server.url);
    expect([first.fromCache, second.fromCache]).toEqual([false, true]);
    expect([first.attempts, second.attempts]).toEqual([1, 0]);
    expect(await second.text()).toBe('text of /');
    expect(server.requests).toHaveLength(1);
    expect((await fetcher.fetch(server.url, { cache: 'no-store' })).fromCache).toBe(false);
    expect(fetcher.stats).toMatchObject({ fromCache: 1, requests: 2, running: 0 });
  });

  it('hands over what it has while all places and leases are taken', async () => {
    const opened = deferred();
    await using server = await startServer(async (response, { url }) => {
      if (url === '/slow') await opened.promise;
      response.end();
    });
    const fetcher = new Fetcher({ concurrency: 1, limits: [{ concurrency: 1 }], cache: memoryCache() });
    await fetcher.fetch(`${server.url}known`);
    const slow = fetcher.fetch(`${server.url}slow`);
    expect((await fetcher.fetch(`${server.url}known`)).fromCache).toBe(true);
    opened.resolve();
    await slow;
  });

  it('sends once for all who ask for the same, and goes on when one of them leaves', async () => {
    const opened = deferred();
    await using server = await startServer(async (response) => {
      await opened.promise;
      response.end('shared');
    });
    const fetcher = new Fetcher({ cache: memoryCache() });
    const controller = new AbortController();
    const leaving = rejection(fetcher.fetch(server.url, { signal: controller.signal }));
    const staying = Array.from({ length: 5 }, () => fetcher.fetch(server.url));
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort(new Error('enough'));
    expect(await leaving).toMatchObject({ message: 'enough' });
    opened.resolve();
    for (const result of await Promise.all(staying)) expect(await result.text()).toBe('shared');
    expect(server.requests).toHaveLength(1);
    await fetcher.idle();
    expect(fetcher.pending).toBe(0);
  });

  it('keeps every hop of a redirect, and no failure', async () => {
    let isDown = true;
    await using server = await startServer((response, { url }) => {
      if (url === '/down') response.writeHead(isDown ? 503 : 200);
      if (url === '/old') response.writeHead(302, { location: '/new' });
      response.end(url);
    });
    const fetcher = new Fetcher({ cache: memoryCache(), retry: false });
    await fetcher.fetch(`${server.url}new`);
    const moved = await fetcher.fetch(`${server.url}old`);
    expect(moved).toMatchObject({ fromCache: true, finalUrl: `${server.url}new` });
    expect(server.requests.map(({ url }) => url)).toEqual(['/new', '/old']);
    expect((await fetcher.fetch(`${server.url}down`)).status).toBe(503);
    isDown = false;
    expect((await fetcher.fetch(`${server.url}down`)).status).toBe(200);
  });
});
