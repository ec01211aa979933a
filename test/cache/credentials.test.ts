import { inspect } from 'node:util';
import { type CacheOptions, cachedFetch, memoryCache, type ResponseCache } from 'tideway/cache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../helpers/server.ts';

let server: TestServer;

beforeEach(async () => {
  server = await startServer((response, { headers }, count) => {
    response.writeHead(200, { 'cache-control': 'max-age=100', vary: 'authorization, cookie, x-token' });
    response.end(`${count} for ${headers.authorization ?? headers.cookie ?? headers['x-token'] ?? 'anybody'}`);
  });
});

afterEach(() => server.close());

/** A cache, and everything that it was ever given. */
function watched(options: CacheOptions): { cache: ResponseCache; written: () => string } {
  const cache = memoryCache(options);
  const given: unknown[] = [];
  const put: ResponseCache['put'] = (key, head, body) => {
    given.push(key, head);
    return cache.put(key, head, body);
  };
  return { cache: { ...cache, put }, written: () => inspect(given, { depth: 20 }) };
}

async function ask(fetch: ReturnType<typeof cachedFetch>, headers: Record<string, string>): Promise<string> {
  return (await fetch(`${server.url}a`, { headers })).text();
}

describe('requests with credentials', () => {
  it.each([
    ['authorization', 'Basic dG9wOnNlY3JldA=='],
    ['cookie', 'session=topsecret'],
    ['proxy-authorization', 'Basic dG9wOnNlY3JldA=='],
    ['x-api-key', 'topsecret'],
  ])('pass by the cache with %s unless they are to be stored', async (name, value) => {
    const { cache, written } = watched({});
    const fetch = cachedFetch(cache);
    for (const _ of [1, 2]) await ask(fetch, { [name]: value });
    expect(server.requests).toHaveLength(2);
    expect(written()).toBe('[]');
  });

  it.each(['ttl', 'http'] as const)('are kept apart when they are stored, policy %s', async (policy) => {
    const { cache } = watched({ storeCredentialed: true, policy });
    const fetch = cachedFetch(cache);
    for (const _ of [1, 2]) {
      expect(await ask(fetch, { authorization: 'one' })).toBe('1 for one');
      expect(await ask(fetch, { authorization: 'two' })).toBe('2 for two');
      expect(await ask(fetch, { cookie: 'three' })).toBe('3 for three');
      expect(await ask(fetch, {})).toBe('4 for anybody');
    }
  });

  it('are never in the air together with those of others', async () => {
    const fetch = cachedFetch(memoryCache({ storeCredentialed: true }));
    const users = ['one', 'two', 'three'];
    const answers = await Promise.all(users.map((user) => ask(fetch, { authorization: user })));
    expect(answers.map((answer) => answer.replace(/^\d /, ''))).toEqual(users.map((user) => `for ${user}`));
  });

  it.each(['ttl', 'http'] as const)('leave no credential in the store, policy %s', async (policy) => {
    const { cache, written } = watched({ storeCredentialed: true, policy, credentialHeaders: ['X-Token'] });
    const fetch = cachedFetch(cache);
    await ask(fetch, { authorization: 'Basic topsecret' });
    await ask(fetch, { cookie: 'session=topsecret', 'accept-language': 'de' });
    await ask(fetch, { 'x-token': 'topsecret' });
    expect(written()).toContain('GET ');
    expect(written()).not.toMatch(/topsecret/);
  });

  it('are those with the headers that the user names, too', async () => {
    const fetch = cachedFetch(memoryCache({ credentialHeaders: ['X-Token'] }));
    for (const _ of [1, 2]) await ask(fetch, { 'x-token': 'topsecret' });
    expect(server.requests).toHaveLength(2);
  });

  it('forget for everybody and for themselves what they change', async () => {
    const fetch = cachedFetch(memoryCache({ storeCredentialed: true }));
    await ask(fetch, { authorization: 'one' });
    await ask(fetch, {});
    await (await fetch(`${server.url}a`, { method: 'PUT', headers: { authorization: 'one' } })).text();
    expect(await ask(fetch, { authorization: 'one' })).toBe('4 for one');
    expect(await ask(fetch, {})).toBe('5 for anybody');
  });
});
