import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type * as Entry from 'tideway/fetcher';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { deferred, startServer, type TestServer } from '../helpers/server.ts';

/** What is told where code cannot be loaded. */
const LOST = { code: 'ERR_CONNECTION', message: 'The code that this request needs was not loaded' };

const folder = mkdtempSync(join(tmpdir(), 'unloaded-'));
const built = join(folder, 'built');
let copies = 0;

beforeAll(async () => {
  await build({
    entryPoints: { start: fileURLToPath(new URL('../../src/fetcher/index.ts', import.meta.url)) },
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    outdir: built,
    outExtension: { '.js': '.mjs' },
    logLevel: 'error',
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  vi.useRealTimers();
});

/** A program with a copy of the fetcher of its own, in chunks as a bundler makes them. */
function program() {
  const own = join(folder, `copy-${++copies}`);
  cpSync(built, own, { recursive: true });
  const later = join(own, readdirSync(own).find((name) => name.startsWith('later-')) ?? 'none');
  return {
    entry: createRequire(import.meta.url)(join(own, 'start.mjs')) as typeof Entry,
    /** Has the code that is loaded later missing, until it is put back. */
    take: () => renameSync(later, `${later}.away`),
    put: () => renameSync(`${later}.away`, later),
    /** Has the code come when the promise resolves. */
    hold: (until: Promise<void>) => {
      const name = `later-${copies}`;
      Object.assign(globalThis, { [name]: until });
      writeFileSync(later, `await globalThis['${name}'];\n${readFileSync(later, 'utf8')}`);
    },
  };
}

const answering = (): Promise<TestServer> => startServer((response) => void response.end('fine'));

describe('a program that cannot load what comes after sending', () => {
  it('is told so once for each task, gives back all places, and goes on when it can', async () => {
    await using server = await answering();
    const { entry, put, take } = program();
    take();
    const fetcher = new entry.Fetcher({ concurrency: 2 });
    const told: string[] = [];
    for (let n = 0; n < 20; n++) {
      fetcher.enqueue(`${server.url}${n}`, (url, { error }) => {
        expect(error).toMatchObject(LOST);
        told.push(url);
      });
    }
    await fetcher.idle();
    expect(new Set(told).size).toBe(20);
    expect(told).toHaveLength(20);
    expect(fetcher).toMatchObject({ size: 0, pending: 0 });
    expect(await rejection(fetcher.fetch(server.url))).toMatchObject(LOST);
    put();
    expect(await (await fetcher.fetch(server.url)).text()).toBe('fine');
    await fetcher.stop();
  });

  it.each<[string, (entry: typeof Entry, url: string) => Promise<unknown>]>([
    ['limits', ({ Fetcher }, url) => new Fetcher({ limits: [{ concurrency: 1 }] }).fetch(url)],
    [
      'a limiter',
      ({ Fetcher, memoryLimiter }, url) => new Fetcher({ limiter: memoryLimiter([{ concurrency: 1 }]) }).fetch(url),
    ],
    ['a gate', ({ circuitBreaker, Fetcher }, url) => new Fetcher({ breaker: circuitBreaker() }).fetch(url)],
    ['a guard', ({ Fetcher }, url) => new Fetcher({ blockPrivateNetworks: true }).fetch(url)],
    ['hooks', ({ Fetcher, FetchTask }, url) => new Fetcher().fetch(new (class extends FetchTask {})(url))],
    ['what is no URL', ({ Fetcher }) => new Fetcher().fetch('nowhere')],
    ['a deadline', ({ Fetcher }, url) => new Fetcher({ autoStart: false, deadline: 60_000 }).fetch(url)],
    ['map', ({ Fetcher }, url) => new Fetcher().map([url]).next()],
    ['a wait for the end', ({ Fetcher }) => new Fetcher().idle({ timeout: 60_000 })],
    ['a lease', async ({ memoryLimiter }, url) => memoryLimiter([{ concurrency: 1 }]).acquire(new URL(url))],
    ['a pause', async ({ memoryLimiter }, url) => memoryLimiter().pause(new URL(url), 10)],
  ])('is told so by %s, and nothing is sent', async (_, ask) => {
    await using server = await answering();
    const { entry, take } = program();
    take();
    expect(await rejection(ask(entry, server.url))).toMatchObject(LOST);
    expect(server.requests).toEqual([]);
  });

  it('is told so when it does not come in time', async () => {
    const { entry, hold } = program();
    hold(new Promise(() => {}));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const fetcher = new entry.Fetcher({ fetch: async () => new Response() });
    const lost = Promise.all([rejection(fetcher.fetch('http://a.test/')), rejection(fetcher.map(['b']).next())]);
    await vi.advanceTimersByTimeAsync(30_000);
    vi.useRealTimers();
    expect(await lost).toMatchObject([LOST, LOST]);
    expect(fetcher).toMatchObject({ pending: 0, size: 0 });
  });

  it('may ask for a lease again, and has lost none', async () => {
    const { entry, put, take } = program();
    take();
    const limiter = entry.memoryLimiter([{ concurrency: 1 }]);
    const url = new URL('http://site.test/');
    expect(await rejection(limiter.acquire(url) as Promise<unknown>)).toMatchObject(LOST);
    put();
    expect(await limiter.acquire(url)).toMatchObject({ key: limiter.keyOf(url) });
  });
});

describe('while what comes after sending is loaded', () => {
  it('requests are on their way, no more than may be, and their answers come with it', async () => {
    await using server = await answering();
    const { entry, hold } = program();
    const loaded = deferred();
    hold(loaded.promise);
    const fetcher = new entry.Fetcher({ concurrency: 3 });
    const results = [1, 2, 3, 4, 5].map((n) =>
      fetcher.fetch(`${server.url}${n}`, { method: 'POST', body: `${n}`, headers: { accept: 'text/plain' } }),
    );
    await vi.waitFor(() => expect(server.requests).toHaveLength(3));
    expect(fetcher).toMatchObject({ pending: 3, size: 2 });
    await sleep(30);
    expect(server.requests.map(({ body }) => body).sort()).toEqual(['1', '2', '3']);
    loaded.resolve();
    for (const { attempts, ok } of await Promise.all(results)) expect([attempts, ok]).toEqual([1, true]);
    expect(server.requests).toHaveLength(5);
  });

  it('an abort ends a request at once, and frees its connection', async () => {
    await using server = await startServer(() => {});
    const { entry, hold } = program();
    const loaded = deferred();
    hold(loaded.promise);
    const fetcher = new entry.Fetcher();
    const controller = new AbortController();
    const left = rejection(fetcher.fetch(server.url, { signal: controller.signal }));
    const other = rejection(fetcher.fetch(`${server.url}other`));
    await vi.waitFor(() => expect(server.requests).toHaveLength(2));
    controller.abort('not wanted');
    expect(await left).toBe('not wanted');
    expect(fetcher.pending).toBe(1);
    await fetcher.stop({ mode: 'abort' });
    expect(await other).toMatchObject({ name: 'AbortError' });
    await vi.waitFor(async () => expect(await server.sockets()).toBe(0));
    loaded.resolve();
    await sleep(30);
    expect(fetcher).toMatchObject({ pending: 0, size: 0 });
    expect(fetcher.stats).toMatchObject({ failed: 2, requests: 2 });
  });

  it('an answer is let go that comes after the abort', async () => {
    const { entry, hold } = program();
    const loaded = deferred();
    hold(loaded.promise);
    const cancelled = deferred();
    const answer = deferred();
    const fetcher = new entry.Fetcher({
      fetch: async () => {
        await answer.promise;
        return new Response(new ReadableStream({ cancel: () => cancelled.resolve() }));
      },
    });
    const controller = new AbortController();
    const left = rejection(fetcher.fetch('http://a.test/', { signal: controller.signal }));
    controller.abort('not wanted');
    expect(await left).toBe('not wanted');
    answer.resolve();
    await cancelled.promise;
    loaded.resolve();
  });

  it('nothing is sent that has limits, and then no more than they let', async () => {
    const now = { all: 0, most: 0 };
    await using server = await startServer(async (response) => {
      now.most = Math.max(now.most, ++now.all);
      await sleep(10);
      now.all--;
      response.end();
    });
    const { entry, hold } = program();
    const loaded = deferred();
    hold(loaded.promise);
    const fetcher = new entry.Fetcher({ limits: [{ concurrency: 2 }] });
    for (let n = 0; n < 8; n++) fetcher.enqueue(`${server.url}${n}`);
    await sleep(50);
    expect(server.requests).toEqual([]);
    loaded.resolve();
    await fetcher.idle();
    expect([server.requests.length, now.most]).toEqual([8, 2]);
  });

  it('a deadline passes, and counts from when the task was accepted', async () => {
    const { entry, hold } = program();
    const loaded = deferred();
    hold(loaded.promise);
    const fetcher = new entry.Fetcher({ autoStart: false });
    const late = rejection(fetcher.fetch('http://a.test/', { deadline: 40 }));
    await sleep(60);
    loaded.resolve();
    expect(await late).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'deadline', timeout: 40 });
  });
});
