import { cachedFetch, isFromCache, type MemoryCacheOptions, memoryCache } from 'tideway/cache';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rejection, thrown } from '../helpers/rejection.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

let server: TestServer;
let now = 0;
const clock = (): number => now;

beforeEach(async () => {
  now = 1_000_000;
  server = await startServer((response, { method, url }, count) => {
    const status = Number(/status=(\d+)/.exec(url)?.[1] ?? 200);
    const headers = { 'x-count': String(count), 'set-cookie': 'session=s3cret', etag: '"1"' };
    response.writeHead(status, headers).end(method === 'HEAD' || status === 204 ? undefined : `${count} ${method}`);
  });
});

afterEach(() => server.close());

function fetchWith(options: MemoryCacheOptions = {}): ReturnType<typeof cachedFetch> {
  return cachedFetch(memoryCache({ clock, ...options }));
}

const textOf = async (answer: Promise<Response>): Promise<string> => (await answer).text();

describe('the policy ttl', () => {
  it('gives a successful answer again until its time is over', async () => {
    const fetch = fetchWith({ ttl: 1000 });
    expect(await textOf(fetch(server.url))).toBe('1 GET');
    now += 999;
    expect(await textOf(fetch(server.url))).toBe('1 GET');
    now += 1;
    expect(await textOf(fetch(server.url))).toBe('2 GET');
    expect(server.requests).toHaveLength(2);
  });

  it('keeps for 30 seconds where nothing is said', async () => {
    const fetch = fetchWith();
    await textOf(fetch(server.url));
    now += 29_999;
    expect(await textOf(fetch(server.url))).toBe('1 GET');
    now += 1;
    expect(await textOf(fetch(server.url))).toBe('2 GET');
  });

  it('marks what it had, and gives status and headers as they were', async () => {
    const fetch = fetchWith();
    const first = await fetch(`${server.url}a?status=203`);
    await first.text();
    const second = await fetch(`${server.url}a?status=203`);
    expect([isFromCache(first), isFromCache(second)]).toEqual([false, true]);
    expect(second).toBeInstanceOf(Response);
    expect([second.status, second.statusText, second.headers.get('x-count')]).toEqual([203, first.statusText, '1']);
    expect(isFromCache(second.clone())).toBe(false);
  });

  it('does not give the session of one to another', async () => {
    const fetch = fetchWith();
    const first = await fetch(server.url);
    expect(first.headers.get('set-cookie')).toBe('session=s3cret');
    await first.text();
    expect((await fetch(server.url)).headers.get('set-cookie')).toBeNull();
  });

  it('gives each caller an answer of its own', async () => {
    const fetch = fetchWith();
    await textOf(fetch(server.url));
    const one = await fetch(server.url);
    one.headers.set('x-count', 'changed');
    new Uint8Array(await one.arrayBuffer()).fill(0);
    const other = await fetch(server.url);
    expect([other.headers.get('x-count'), await other.text()]).toEqual(['1', '1 GET']);
  });

  it('is asynchronous also when it has the answer', async () => {
    const fetch = fetchWith();
    await textOf(fetch(server.url));
    let isBack = false;
    const answer = fetch(server.url).then(() => expect(isBack).toBe(true));
    isBack = true;
    await answer;
  });

  it.each([206, 301, 400, 404, 429, 500, 503])('does not store %i', async (status) => {
    const fetch = fetchWith();
    for (const _ of [1, 2]) await textOf(fetch(`${server.url}?status=${status}`, { redirect: 'manual' }));
    expect(server.requests).toHaveLength(2);
  });

  it('stores other statuses when it is told to, and those only', async () => {
    const fetch = fetchWith({ statuses: [404] });
    for (const _ of [1, 2]) await textOf(fetch(`${server.url}?status=404`));
    expect(server.requests).toHaveLength(1);
    for (const _ of [1, 2]) await textOf(fetch(server.url));
    expect(server.requests).toHaveLength(3);
  });

  it('tells methods and URLs apart, and no fragments', async () => {
    const fetch = fetchWith();
    await textOf(fetch(`${server.url}a#one`));
    await textOf(fetch(`${server.url}a#two`));
    expect(server.requests).toHaveLength(1);
    expect((await fetch(`${server.url}a`, { method: 'HEAD' })).headers.get('x-count')).toBe('2');
    expect((await fetch(`${server.url}a`, { method: 'HEAD' })).headers.get('x-count')).toBe('2');
    await textOf(fetch(`${server.url}a?b`));
    await textOf(fetch(`${server.url}A`));
    expect(server.requests).toHaveLength(4);
  });

  it('stores no answer to a request that changes something, and forgets what it may have changed', async () => {
    const fetch = fetchWith();
    await textOf(fetch(`${server.url}a`));
    await textOf(fetch(`${server.url}b`));
    expect(await textOf(fetch(`${server.url}a`, { method: 'POST', body: 'x' }))).toBe('3 POST');
    expect(server.requests[2]).toMatchObject({ method: 'POST', body: 'x' });
    expect(await textOf(fetch(`${server.url}a`))).toBe('4 GET');
    expect(await textOf(fetch(`${server.url}b`))).toBe('2 GET');
  });

  it('keeps what a request that failed did not change', async () => {
    const fetch = fetchWith();
    await textOf(fetch(`${server.url}?status=200`));
    const url = `${server.url}?status=500`;
    await textOf(fetch(url, { method: 'DELETE' }));
    expect(await textOf(fetch(`${server.url}?status=200`))).toBe('1 GET');
  });

  it.each([
    ['range', { range: 'bytes=0-1' }],
    ['a condition of the caller', { 'if-none-match': '"1"' }],
    ['no-store', { 'cache-control': 'no-store' }],
  ])('passes by with %s', async (_, headers) => {
    const fetch = fetchWith();
    for (const __ of [1, 2]) await textOf(fetch(server.url, { headers }));
    expect(server.requests).toHaveLength(2);
    expect(await textOf(fetch(server.url))).toBe('3 GET');
  });

  it('asks anew when the request says no-cache, and stores that', async () => {
    const fetch = fetchWith();
    await textOf(fetch(server.url));
    expect(await textOf(fetch(server.url, { headers: { 'cache-control': 'no-cache' } }))).toBe('2 GET');
    expect(await textOf(fetch(server.url))).toBe('2 GET');
  });

  it.each([
    ['no-store', '2 GET', '1 GET'],
    ['reload', '2 GET', '2 GET'],
    ['no-cache', '2 GET', '2 GET'],
    ['force-cache', '1 GET', '1 GET'],
  ] as const)('has the mode %s of fetch', async (cache, during, afterwards) => {
    const fetch = fetchWith();
    await textOf(fetch(server.url));
    expect(await textOf(fetch(server.url, { cache }))).toBe(during);
    expect(await textOf(fetch(server.url))).toBe(afterwards);
  });

  it('gives what is old when the mode is force-cache', async () => {
    const fetch = fetchWith({ ttl: 1000 });
    await textOf(fetch(server.url));
    now += 999;
    expect(await textOf(fetch(server.url, { cache: 'force-cache' }))).toBe('1 GET');
  });

  it('takes what was stored by a clock that was ahead for old', async () => {
    const fetch = fetchWith({ ttl: 1000 });
    await textOf(fetch(server.url));
    now -= 500_000;
    expect(await textOf(fetch(server.url))).toBe('2 GET');
  });

  it('keeps for ever where the time is Infinity', async () => {
    const fetch = fetchWith({ ttl: Number.POSITIVE_INFINITY });
    await textOf(fetch(server.url));
    now += 1e12;
    expect(await textOf(fetch(server.url))).toBe('1 GET');
  });

  it('stores answers without a body', async () => {
    const fetch = fetchWith();
    for (const _ of [1, 2]) expect((await fetch(`${server.url}?status=204`)).status).toBe(204);
    expect(server.requests).toHaveLength(1);
  });

  it('takes a URL, its text and a Request for the same', async () => {
    const fetch = fetchWith();
    await textOf(fetch(server.url));
    await textOf(fetch(new URL(server.url)));
    await textOf(fetch(new Request(server.url)));
    await textOf(fetch(server.url, {}));
    expect(server.requests).toHaveLength(1);
  });
});

describe('cachedFetch', () => {
  it('hands the fetch below a Request, and what that throws to the caller', async () => {
    const failure = new Error('mine');
    const below = vi.fn(async (request: Request) => {
      expect(request).toBeInstanceOf(Request);
      throw failure;
    });
    expect(await rejection(cachedFetch(memoryCache(), { fetch: below })('http://a.test/'))).toBe(failure);
  });

  it('refuses what no fetch can send as fetch does', async () => {
    const fetch = fetchWith();
    for (const url of ['nonsense', 'http://user:password@a.test/']) {
      const error = await rejection(fetch(url));
      expect(error).toBeInstanceOf(TypeError);
    }
  });

  it.each([[undefined], [{}], ['memory']])('refuses %j in place of a cache', (cache) => {
    expect(thrown(() => cachedFetch(cache as never))).toMatchObject({ code: 'ERR_CONFIGURATION' });
  });

  it('refuses a fetch that is none', () => {
    expect(thrown(() => cachedFetch(memoryCache(), { fetch: 5 as never }))).toMatchObject({
      code: 'ERR_CONFIGURATION',
    });
  });

  it('goes on without a cache that fails, and tells what failed', async () => {
    const errors: unknown[] = [];
    const broken = new Error('quota');
    const cache = {
      ...memoryCache({ onError: (error) => errors.push(error) }),
      get: () => Promise.reject(broken),
      put: () => Promise.reject(broken),
      delete: () => Promise.reject(broken),
    };
    const fetch = cachedFetch(cache);
    expect(await textOf(fetch(server.url))).toBe('1 GET');
    expect(await textOf(fetch(server.url))).toBe('2 GET');
    expect(await textOf(fetch(server.url, { method: 'POST' }))).toBe('3 POST');
    await vi.waitFor(() => expect(errors).toEqual([broken, broken, broken, broken, broken]));
  });

  it('hands over a long body also when the store reads none of it', async () => {
    const body = new Uint8Array(3_000_000).fill(7);
    for (const put of [() => Promise.reject(new Error('full')), async () => {}]) {
      const fetch = cachedFetch({ ...memoryCache(), put }, { fetch: async () => new Response(body) });
      expect((await (await fetch('https://a.test/')).arrayBuffer()).byteLength).toBe(body.length);
    }
  });

  it('is not harmed by a listener that throws', async () => {
    const cache = memoryCache({
      onError: () => {
        throw new Error('of the listener');
      },
    });
    const fetch = cachedFetch({ ...cache, get: () => Promise.reject(new Error('quota')) });
    expect(await textOf(fetch(server.url))).toBe('1 GET');
  });
});
