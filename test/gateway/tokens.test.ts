import fc from 'fast-check';
import { isConfigurationError } from 'tideway';
import { createGateway, mintToken, verifyToken } from 'tideway/gateway';
import { describe, expect, test } from 'vitest';
import { prints } from '../helpers/prints.ts';
import { rejection, thrown } from '../helpers/rejection.ts';
import { messageOf, openWorld, SECRET } from './gateway-world.ts';

const PATH = '/storage/items/123/1/1';
const bearer = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } });
const encode = (claims: unknown): string => Buffer.from(JSON.stringify(claims)).toString('base64url');

describe('a token', () => {
  test('opens its projects with its methods, and nothing else', async () => {
    const { ask } = await openWorld();
    const token = await mintToken({ secret: SECRET, projects: [456], methods: ['GET'] });
    expect((await ask('/storage/items/456/1/1', bearer(token))).status).toBe(200);
    expect((await ask('/storage/items/456/1/1', { ...bearer(token), method: 'HEAD' })).status).toBe(200);
    const other = await ask(PATH, bearer(token));
    expect([other.status, await messageOf(other)]).toEqual([403, 'The token does not open project 123']);
    const written = await ask('/storage/items/456/1/2', { ...bearer(token), method: 'POST', body: '{"n":1}\n' });
    expect([written.status, await messageOf(written)]).toEqual([403, 'The token does not allow the method']);
  });

  test('reads by default, for ten minutes', async () => {
    const token = await mintToken({ secret: SECRET, projects: [1], clock: () => 1000 });
    expect(await verifyToken(token, { secret: SECRET, clock: () => 1000 })).toEqual({
      projects: [1],
      methods: ['GET'],
      expiresAt: 601_000,
    });
  });

  test('is worth nothing from the millisecond on at which it expires', async () => {
    let now = 1_000_000;
    const { ask, passed } = await openWorld({ clock: () => now });
    const token = await mintToken({ secret: SECRET, projects: [123], expiresIn: 5000, clock: () => now });
    now += 4999;
    expect((await ask(PATH, bearer(token))).status).toBe(200);
    now += 1;
    const late = await ask(PATH, bearer(token));
    expect(late.status).toBe(401);
    expect(late.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(passed).toHaveLength(1);
  });

  test('is refused when it is missing, of another scheme, doubled, endless or of another secret', async () => {
    const { ask, gateway, passed, emulator } = await openWorld();
    const token = await mintToken({ secret: SECRET, projects: [123] });
    const foreign = await mintToken({ secret: SECRET.toUpperCase(), projects: [123] });
    const [version = '', , signature = ''] = token.split('.');
    const forged = [
      '',
      'Bearer',
      `Basic ${btoa(`${emulator.apiKey}:`)}`,
      `Bearer ${emulator.apiKey}`,
      `Bearer ${foreign}`,
      `Bearer ${token}, Bearer ${token}`,
      `Bearer ${token} `.repeat(2),
      `Bearer ${token}A`,
      `Bearer A${token}`,
      `Bearer ${version}.${encode({ projects: [123, 456], methods: ['GET'], expiresAt: 9e15 })}.${signature}`,
      `Bearer ${version}.${encode({ projects: [123], methods: ['GET'], expiresAt: 9e15 })}.`,
      `Bearer ${version}.${encode({ alg: 'none' })}..`,
      `Bearer ${token.slice(0, token.lastIndexOf('.'))}`,
      `Bearer ${'a'.repeat(100_000)}`,
    ];
    for (const authorization of forged) {
      expect((await ask(PATH, { headers: { authorization } })).status, authorization.slice(0, 200)).toBe(401);
    }
    expect((await gateway.fetch(new Request(`https://gateway.test/api${PATH}?token=${token}`))).status).toBe(401);
    expect(passed).toHaveLength(0);
  });

  test('is worth nothing when any character of it is another one', async () => {
    const token = await mintToken({ secret: SECRET, projects: [123] });
    // The last character of a signature of 32 bytes has two bits that say nothing.
    const place = fc.integer({ min: 0, max: token.length - 2 });
    const character = fc.constantFrom(...'ABCxyz019-_.%+/= é');
    await fc.assert(
      fc.asyncProperty(place, character, async (at, other) => {
        fc.pre(token[at] !== other);
        const changed = token.slice(0, at) + other + token.slice(at + 1);
        expect(await verifyToken(changed, { secret: SECRET })).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  test('can be made and read with a secret of bytes, which is copied', async () => {
    const secret = crypto.getRandomValues(new Uint8Array(32));
    const gateway = createGateway({ auth: 'key', secret, fetch: async () => new Response('passed') });
    const token = await mintToken({ secret, projects: [123] });
    secret.fill(0);
    const answer = await gateway.fetch(new Request(`https://gateway.test${PATH}`, bearer(token)));
    expect(await answer.text()).toBe('passed');
  });
});

describe('options that cannot work', () => {
  test('of a gateway are refused, and no secret is shown', () => {
    const key = 'c0ffee'.repeat(6);
    const options = { auth: key, secret: SECRET };
    const wrong = [
      undefined,
      { ...options, secret: 'short-secret-of-31-bytes-000000' },
      { ...options, secret: new Uint8Array(31) },
      { ...options, secret: undefined },
      { ...options, auth: '' },
      { ...options, auth: `:${key}` },
      { ...options, auth: { key } },
      { ...options, origins: 'https://app.example' },
      { ...options, origins: ['https://app.example/'] },
      { ...options, origins: ['*'] },
      { ...options, basePath: 'api' },
      { ...options, basePath: '/api/' },
      { ...options, basePath: '/a/../b' },
      { ...options, endpoint: `https://${key}@storage.test/` },
      { ...options, timeout: 0 },
      { ...options, idleTimeout: -1 },
      { ...options, maxBodyBytes: 0.5 },
      { ...options, fetch: 'fetch' },
    ];
    for (const one of wrong) {
      const error = thrown(() => createGateway(one as never));
      expect(isConfigurationError(error), JSON.stringify(one)).toBe(true);
      expect(prints(error)).not.toMatch(/c0ffee|short-secret|a secret of the tests/);
    }
  });

  test('of a token are refused: no project, odd methods, a life of more than a day, too many projects', async () => {
    const many = Array.from({ length: 2000 }, (_, n) => n + 1);
    const wrong = [
      { projects: [] },
      { projects: ['123'] },
      { projects: [0] },
      { projects: many },
      { projects: [1], methods: ['get'] },
      { projects: [1], methods: [] },
      { projects: [1], methods: ['OPTIONS'] },
      { projects: [1], expiresIn: 0 },
      { projects: [1], expiresIn: 86_400_001 },
      { projects: [1], expiresIn: Number.POSITIVE_INFINITY },
      { projects: [1], secret: 'short' },
    ];
    for (const one of wrong) {
      const error = await rejection(mintToken({ secret: SECRET, ...one } as never));
      expect(isConfigurationError(error), JSON.stringify(one).slice(0, 100)).toBe(true);
    }
  });
});
