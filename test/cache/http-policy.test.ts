import { cachedFetch, isFromCache, type MemoryCacheOptions, memoryCache } from 'tideway/cache';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { deferred, type Handler, startServer, type TestServer } from '../helpers/server.ts';

let server: TestServer;
let now: number;
const errors: unknown[] = [];

beforeEach(() => {
  now = 1_700_000_000_000;
  errors.splice(0);
});

afterEach(() => server.close());

type Headers = Readonly<Record<string, string>>;

async function open(handler: Handler, options: MemoryCacheOptions = {}): Promise<ReturnType<typeof cachedFetch>> {
  server = await startServer(handler);
  return cachedFetch(
    memoryCache({ policy: 'http', clock: () => now, onError: (error) => errors.push(error), ...options }),
  );
}

/** A server that always answers with these headers, and with the number of the request. */
function saying(headers: Headers, status = 200): Handler {
  return (response, _, count) => void response.writeHead(status, headers).end(`${count}`);
}

/** One that confirms what is asked for with a validator. */
function confirming(headers: Headers, more: Headers = {}): Handler {
  return (response, { headers: asked }, count) => {
    if (asked['if-none-match'] || asked['if-modified-since']) response.writeHead(304, { ...headers, ...more }).end();
    else response.writeHead(200, headers).end(`${count}`);
  };
}

const textOf = async (answer: Promise<Response>): Promise<string> => (await answer).text();

/** What two requests with some time in between are answered with. */
async function twice(fetch: ReturnType<typeof cachedFetch>, milliseconds: number, init?: RequestInit): Promise<string> {
  const first = await textOf(fetch(server.url, init));
  now += milliseconds;
  return `${first} ${await textOf(fetch(server.url, init))}`;
}

const date = (milliseconds: number): string => new Date(milliseconds).toUTCString();

describe('freshness', () => {
  it.each([
    ['max-age', { 'cache-control': 'max-age=10' }, 9000, '1 1'],
    ['max-age that is over', { 'cache-control': 'max-age=10' }, 10_000, '1 2'],
    ['directives in capitals', { 'cache-control': 'Max-Age=10' }, 9000, '1 1'],
    ['an age that it has already', { 'cache-control': 'max-age=10', age: '5' }, 6000, '1 2'],
    ['private, as users are kept apart', { 'cache-control': 'private, max-age=10' }, 9000, '1 1'],
    ['must-revalidate while it is fresh', { 'cache-control': 'max-age=10, must-revalidate' }, 9000, '1 1'],
    ['no-store', { 'cache-control': 'max-age=10, no-store' }, 0, '1 2'],
    ['no-store in capitals', { 'cache-control': 'No-Store, max-age=10' }, 0, '1 2'],
    ['no-cache', { 'cache-control': 'no-cache, max-age=10' }, 0, '1 2'],
    ['no-cache with an allowance', { 'cache-control': 'no-cache, stale-while-revalidate=60' }, 0, '1 2'],
    ['no word about it', {}, 0, '1 2'],
    ['Expires', { date: date(1_700_000_000_000), expires: date(1_700_000_010_000) }, 9000, '1 1'],
    ['Expires that is over', { date: date(1_700_000_000_000), expires: date(1_700_000_010_000) }, 10_000, '1 2'],
    ['Expires of 0', { expires: '0' }, 0, '1 2'],
    ['a tenth of its age', { date: date(1_700_000_000_000), 'last-modified': date(1_699_999_000_000) }, 99_000, '1 1'],
  ])('knows %s', async (_, headers, milliseconds, expected) => {
    expect(await twice(await open(saying(headers)), milliseconds)).toBe(expected);
  });

  it.each([
    [404, '1 1'],
    [301, '1 1'],
    [500, '1 2'],
    [206, '1 2'],
  ])('goes by the status %i', async (status, expected) => {
    const fetch = await open(saying({ 'cache-control': 'max-age=10' }, status));
    expect(await twice(fetch, 1000, { redirect: 'manual' })).toBe(expected);
  });

  it.each([
    ['max-age=0', '1 2'],
    ['min-fresh=20', '1 2'],
    ['max-age=100', '1 1'],
  ])('heeds what the request says: %s', async (value, expected) => {
    const fetch = await open(saying({ 'cache-control': 'max-age=10' }));
    expect(await twice(fetch, 5000, { headers: { 'cache-control': value } })).toBe(expected);
  });

  it('tells the age of what it gives', async () => {
    const fetch = await open(saying({ 'cache-control': 'max-age=10', age: '2' }));
    await textOf(fetch(server.url));
    now += 3500;
    expect((await fetch(server.url)).headers.get('age')).toBe('5');
  });

  it('takes what was stored by a clock that was ahead for stale', async () => {
    expect(await twice(await open(saying({ 'cache-control': 'max-age=10' })), -60_000)).toBe('1 2');
  });
});

describe('Vary', () => {
  const byLanguage: Handler = (response, { headers }, count) =>
    void response
      .writeHead(200, { 'cache-control': 'max-age=10', vary: 'Accept-Language, Accept-Encoding' })
      .end(`${count} ${headers['accept-language']}`);
  const ask = (fetch: ReturnType<typeof cachedFetch>, language: string): Promise<string> =>
    textOf(fetch(server.url, { headers: { 'accept-language': language } }));

  it('keeps one answer for each value of the headers that it names', async () => {
    const fetch = await open(byLanguage);
    for (const _ of [1, 2]) expect([await ask(fetch, 'de'), await ask(fetch, 'en')]).toEqual(['1 de', '2 en']);
  });

  it('forgets all of them when the resource changes, for good', async () => {
    const fetch = await open(byLanguage);
    await ask(fetch, 'de');
    await ask(fetch, 'en');
    await textOf(fetch(server.url, { method: 'POST' }));
    expect(await ask(fetch, 'de')).toBe('4 de');
    expect(await ask(fetch, 'en')).toBe('5 en');
  });

  it('holds for the policy ttl, too', async () => {
    const fetch = await open(byLanguage, { policy: 'ttl' });
    for (const _ of [1, 2]) expect([await ask(fetch, 'de'), await ask(fetch, 'en')]).toEqual(['1 de', '2 en']);
  });

  it('of everything stores nothing', async () => {
    for (const policy of ['http', 'ttl'] as const) {
      const fetch = await open(saying({ 'cache-control': 'max-age=10', vary: '*' }), { policy });
      expect(await twice(fetch, 0)).toBe('1 2');
      if (policy === 'http') await server.close();
    }
  });
});

describe('an answer that the server confirms', () => {
  it.each([
    ['an entity tag', { etag: '"v1"' }, { 'if-none-match': '"v1"' }],
    ['a weak one', { etag: 'W/"v1"' }, { 'if-none-match': 'W/"v1"' }],
    ['a date', { 'last-modified': date(1_600_000_000_000) }, { 'if-modified-since': date(1_600_000_000_000) }],
  ])('is asked for by %s, and its body comes from the cache', async (_, validator, expected) => {
    const fetch = await open(confirming({ 'cache-control': 'max-age=10', 'x-a': 'b', ...validator }));
    expect(await twice(fetch, 11_000)).toBe('1 1');
    expect(server.requests[1]?.headers).toMatchObject(expected);
    now += 9000;
    const third = await fetch(server.url);
    expect([await third.text(), third.headers.get('x-a'), isFromCache(third)]).toEqual(['1', 'b', true]);
    expect(server.requests).toHaveLength(2);
  });

  it('is marked as cached, has its status and the news of the confirmation', async () => {
    const fetch = await open(confirming({ 'cache-control': 'max-age=1', etag: '"1"', 'x-a': 'old' }, { 'x-a': 'new' }));
    await textOf(fetch(server.url));
    now += 2000;
    const response = await fetch(server.url);
    expect([response.status, response.headers.get('x-a'), isFromCache(response)]).toEqual([200, 'new', true]);
    expect(await response.text()).toBe('1');
  });

  it('begins its life anew, whatever age it had', async () => {
    const fetch = await open((response, { headers }) => {
      const isKnown = headers['if-none-match'] !== undefined;
      const age: Headers = isKnown ? {} : { age: '9' };
      response.writeHead(isKnown ? 304 : 200, { 'cache-control': 'max-age=10', etag: '"1"', ...age }).end();
    });
    await twice(fetch, 2000);
    now += 9000;
    expect((await fetch(server.url)).headers.get('age')).toBe('9');
    expect(server.requests).toHaveLength(2);
  });

  it('is confirmed also by a server that names no validator', async () => {
    const fetch = await open((response, { headers }) => {
      if (headers['if-none-match']) response.writeHead(304).end();
      else response.writeHead(200, { 'cache-control': 'max-age=1', etag: '"1"' }).end('body');
    });
    expect(await twice(fetch, 2000)).toBe('body body');
    expect(server.requests).toHaveLength(2);
  });

  it('is asked for anew when another one is confirmed', async () => {
    const fetch = await open((response, { headers }, count) => {
      if (headers['if-none-match']) response.writeHead(304, { etag: '"other"' }).end();
      else response.writeHead(200, { 'cache-control': 'max-age=1', etag: `"${count}"` }).end(`${count}`);
    });
    expect(await twice(fetch, 2000)).toBe('1 3');
    expect(server.requests[2]?.headers).not.toHaveProperty('if-none-match');
  });

  it('makes way for a new one', async () => {
    const fetch = await open((response, _, count) => {
      response.writeHead(200, { 'cache-control': 'max-age=10', etag: `"${count}"` }).end(`${count}`);
    });
    expect(await twice(fetch, 11_000)).toBe('1 2');
    expect(await textOf(fetch(server.url))).toBe('2');
  });

  it('is asked for each time where the server says no-cache', async () => {
    const fetch = await open(confirming({ 'cache-control': 'no-cache', etag: '"1"' }));
    expect(await twice(fetch, 0)).toBe('1 1');
    expect(server.requests).toHaveLength(2);
  });

  it('is asked for once by many at the same time', async () => {
    const fetch = await open(confirming({ 'cache-control': 'max-age=1', etag: '"1"' }));
    await textOf(fetch(server.url));
    now += 2000;
    const answers = await Promise.all([1, 2, 3, 4].map(() => textOf(fetch(server.url))));
    expect(answers).toEqual(['1', '1', '1', '1']);
    expect(server.requests).toHaveLength(2);
  });
});

describe('stale-while-revalidate', () => {
  const headers = { 'cache-control': 'max-age=10, stale-while-revalidate=60' };

  it('gives what is stale at once, and the new answer to the next one', async () => {
    const ready = deferred();
    const fetch = await open(async (response, _, count) => {
      if (count > 1) await ready.promise;
      response.writeHead(200, headers).end(`${count}`);
    });
    await textOf(fetch(server.url));
    now += 11_000;
    for (const _ of [1, 2, 3]) expect(await textOf(fetch(server.url))).toBe('1');
    ready.resolve();
    await vi.waitFor(async () => expect(await textOf(fetch(server.url))).toBe('2'));
    expect(server.requests).toHaveLength(2);
  });

  it('waits when it is too stale', async () => {
    expect(await twice(await open(saying(headers)), 71_000)).toBe('1 2');
  });

  it('tells what failed behind the caller, and asks again the next time', async () => {
    const fetch = await open((response, _, count) => {
      if (count === 2) response.destroy();
      else response.writeHead(200, headers).end(`${count}`);
    });
    expect(await twice(fetch, 11_000)).toBe('1 1');
    await vi.waitFor(() => expect(errors).toHaveLength(1));
    expect(await textOf(fetch(server.url))).toBe('1');
    await vi.waitFor(async () => expect(await textOf(fetch(server.url))).toBe('3'));
  });
});

describe('stale-if-error', () => {
  const headers = { 'cache-control': 'max-age=10, stale-if-error=60' };

  it.each([500, 502, 503, 504])('gives what is stale in place of %i', async (status) => {
    const fetch = await open((response, _, count) => {
      response.writeHead(count > 1 ? status : 200, headers).end(`${count}`);
    });
    expect(await twice(fetch, 11_000)).toBe('1 1');
    expect(server.requests).toHaveLength(2);
    now += 60_000;
    expect((await fetch(server.url)).status).toBe(status);
  });

  it('gives what is stale when no answer comes', async () => {
    const fetch = await open((response, _, count) => {
      if (count > 1) response.destroy();
      else response.writeHead(200, headers).end(`${count}`);
    });
    expect(await twice(fetch, 11_000)).toBe('1 1');
    now += 60_000;
    expect(await rejection(fetch(server.url))).toBeInstanceOf(TypeError);
  });

  it('gives nothing stale where the server forbids it, or was not at fault', async () => {
    const fetch = await open((response, { url }, count) => {
      const value = url === '/strict' ? `${headers['cache-control']}, must-revalidate` : headers['cache-control'];
      const status = count % 2 === 1 ? 200 : url === '/strict' ? 503 : 403;
      response.writeHead(status, { 'cache-control': value }).end();
    });
    for (const [path, status] of [
      ['strict', 503],
      ['other', 403],
    ] as const) {
      await textOf(fetch(server.url + path));
      now += 11_000;
      expect((await fetch(server.url + path)).status).toBe(status);
    }
  });

  it('rejects with the reason of an abort all the same', async () => {
    const fetch = await open((response, _, count) => {
      if (count === 1) response.writeHead(200, headers).end('1');
    });
    await textOf(fetch(server.url));
    now += 11_000;
    const controller = new AbortController();
    const answer = rejection(fetch(server.url, { signal: controller.signal }));
    await vi.waitFor(() => expect(server.requests).toHaveLength(2));
    controller.abort('enough');
    expect(await answer).toBe('enough');
  });
});

describe('what changes a resource', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('makes what is stored of it void: %s', async (method) => {
    const fetch = await open(saying({ 'cache-control': 'max-age=100' }));
    await textOf(fetch(server.url));
    await textOf(fetch(server.url, { method }));
    expect(await textOf(fetch(server.url))).toBe('3');
  });

  it('also at the places that its answer names, on its own origin', async () => {
    const fetch = await open((response, { method }, count) => {
      const places = method === 'POST' ? { location: '/a', 'content-location': 'b' } : {};
      response.writeHead(200, { 'cache-control': 'max-age=100', ...places }).end(`${count}`);
    });
    for (const path of ['a', 'b', 'c']) await textOf(fetch(server.url + path));
    await textOf(fetch(`${server.url}list`, { method: 'POST' }));
    const after = await Promise.all(['a', 'b', 'c'].map((path) => textOf(fetch(server.url + path))));
    expect(after.map(Number).map((count) => count > 3)).toEqual([true, true, false]);
  });
});

describe('what a stranger says', () => {
  it('makes nothing void on another origin', async () => {
    await using other = await startServer(saying({ 'cache-control': 'max-age=100' }));
    const fetch = await open((response) => void response.writeHead(200, { location: `${other.url}a` }).end());
    await textOf(fetch(`${other.url}a`));
    await textOf(fetch(server.url, { method: 'POST' }));
    expect(await textOf(fetch(`${other.url}a`))).toBe('1');
  });
});

describe('what another policy has stored', () => {
  it('is asked for anew', async () => {
    server = await startServer(saying({ 'cache-control': 'max-age=100' }));
    const store = memoryCache({ clock: () => now });
    await textOf(cachedFetch(store)(server.url));
    const other = { ...store, rules: { ...store.rules, policy: 'http' as const } };
    expect(await textOf(cachedFetch(other)(server.url))).toBe('2');
  });
});
