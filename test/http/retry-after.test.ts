import { Connection, type ConnectionOptions, path } from 'tideway';
import { afterEach, expect, test, vi } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { inTurn, startServer } from '../helpers/server.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** The first wait that a server's `Retry-After` leads to; undefined when there is no other try. */
async function firstWait(value: string, options: ConnectionOptions = {}, status = 503): Promise<number | undefined> {
  let wait: number | undefined;
  const connection = new Connection({
    retry: { backoff: 1 },
    ...options,
    fetch: async () => new Response('', { status, headers: { 'retry-after': value } }),
    hooks: {
      beforeRetry: ({ delay }) => {
        wait = delay;
        throw new Error('enough');
      },
    },
  });
  await rejection(connection.json(path`/items`));
  return wait;
}

test.each([408, 429, 502, 503, 504])('Seconds of an answer of %i are waited for, without jitter', async (status) => {
  expect(await firstWait('7', {}, status)).toBe(7000);
});

test('Parts of a second and no wait at all are taken as well', async () => {
  expect(await firstWait('0')).toBe(0);
  expect(await firstWait('0.25')).toBe(250);
  expect(await firstWait(' 3 ')).toBe(3000);
});

test.each([
  ['the format of today', 'Wed, 21 Oct 2026 07:28:05 GMT'],
  ['that of RFC 850', 'Wednesday, 21-Oct-26 07:28:05 GMT'],
  ['that of C', 'Wed Oct 21 07:28:05 2026 GMT'],
])('A date in %s is waited for', async (_title, date) => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 9, 21, 7, 28, 0) });
  expect(await firstWait(date)).toBe(5000);
});

test('A date that has passed is no wait', async () => {
  expect(await firstWait('Wed, 21 Oct 2015 07:28:00 GMT')).toBe(0);
});

test.each(['soon', '', '-5', '1e3', '0x10', '5 minutes', '2026-10-21', 'Infinity', 'NaN', 'Wed, 99 Foo 2026'])(
  'What is neither (%j) is a wait as if nothing had been said',
  async (value) => {
    const wait = await firstWait(value, { retry: { backoff: 3 } });
    expect(wait).toBeGreaterThanOrEqual(0);
    expect(wait).toBeLessThanOrEqual(3);
  },
);

test.each([408, 429, 502, 503, 504])('A wait of an hour, asked for by a %i, is an error at once', async (status) => {
  await using server = await startServer(inTurn([status, { 'retry-after': '3600' }], 200));
  const error = await rejection(new Connection({ endpoint: server.url }).json(path`/items`));
  expect(error).toMatchObject({ status, retryAfter: 3_600_000 });
  expect(server.requests).toHaveLength(1);
});

test('A wait of half a minute is the longest, unless `maxRetryAfter` says otherwise', async () => {
  expect(await firstWait('30')).toBe(30_000);
  expect(await firstWait('30.001')).toBeUndefined();
  expect(await firstWait('31', { retry: { maxRetryAfter: 31_000 } })).toBe(31_000);
  expect(await firstWait('2', { retry: { maxRetryAfter: 1999 } })).toBeUndefined();
});

test('A minute is the longest time before the last try, unless `maxTime` says otherwise', async () => {
  const patient = { maxRetryAfter: Number.POSITIVE_INFINITY };
  expect(await firstWait('59', { retry: patient })).toBe(59_000);
  expect(await firstWait('60.001', { retry: patient })).toBeUndefined();
  expect(await firstWait('61', { retry: { ...patient, maxTime: 62_000 } })).toBe(61_000);
});

test.each(['999999', '99999999999999999999', 'Wed, 21 Oct 2065 07:28:00 GMT'])(
  'A 503 with `Retry-After: %s` is an error at once that tells of it',
  async (value) => {
    await using server = await startServer(inTurn([503, { 'retry-after': value }], 200));
    const error = await rejection(new Connection({ endpoint: server.url }).json(path`/items`));
    expect(error).toMatchObject({ code: 'ERR_SERVER', status: 503, retryAfter: expect.any(Number) });
    expect((error as { retryAfter: number }).retryAfter).toBeGreaterThan(999_000);
    expect(server.requests).toHaveLength(1);
  },
);

test('A wait that would pass `maxTime` is an error at once that tells of it', async () => {
  await using server = await startServer(inTurn([429, { 'retry-after': '20' }], 200));
  const connection = new Connection({ endpoint: server.url, retry: { maxTime: 10_000 } });
  expect(await rejection(connection.json(path`/items`))).toMatchObject({ code: 'ERR_RATE_LIMIT', retryAfter: 20_000 });
  expect(server.requests).toHaveLength(1);
});

test('The wait of a server is really waited for', async () => {
  await using server = await startServer(inTurn([503, { 'retry-after': '0.06' }], 200));
  const started = performance.now();
  await new Connection({ endpoint: server.url, retry: { backoff: 1 } }).json(path`/items`);
  expect(performance.now() - started).toBeGreaterThan(55);
  expect(server.requests).toHaveLength(2);
});

test('An error that is not tried again tells of the wait too', async () => {
  await using server = await startServer(inTurn([413, { 'retry-after': '7' }]));
  const error = await rejection(new Connection({ endpoint: server.url }).json(path`/items`));
  expect(error).toMatchObject({ status: 413, retryAfter: 7000 });
});

test('Without the header there is no `retryAfter`', async () => {
  await using server = await startServer(inTurn(404));
  const error = await rejection(new Connection({ endpoint: server.url }).json(path`/items`));
  expect(error).toMatchObject({ status: 404, retryAfter: undefined });
});
