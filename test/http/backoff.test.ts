import { Connection, isServerError, path, type RetryOptions } from 'tideway';
import { afterEach, expect, test, vi } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { inTurn, startServer } from '../helpers/server.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** The waits before each repetition of a request that always fails, when chance is `random`. They are not waited for. */
async function waits(random: number, retry: RetryOptions): Promise<number[]> {
  vi.spyOn(Math, 'random').mockReturnValue(random);
  const delays: number[] = [];
  const stop = new Error('enough');
  const connection = new Connection({
    fetch: async () => new Response('', { status: 503 }),
    retry,
    hooks: {
      beforeRetry: ({ delay, attempt }) => {
        delays.push(delay);
        if (attempt === retry.attempts) throw stop;
        vi.spyOn(globalThis, 'setTimeout').mockImplementationOnce(((callback: () => void) => {
          callback();
        }) as typeof setTimeout);
      },
    },
  });
  await rejection(connection.json(path`/items`));
  return delays;
}

test('The upper bound of the wait doubles with every repetition', async () => {
  expect(await waits(1, { attempts: 5, backoff: 10, maxTime: 1e6 })).toEqual([10, 20, 40, 80]);
});

test('The first wait is at most half a second', async () => {
  expect(await waits(1, { attempts: 4 })).toEqual([500, 1000, 2000]);
});

test('A wait is anything from nothing to its upper bound', async () => {
  expect(await waits(0, { attempts: 4, backoff: 10 })).toEqual([0, 0, 0]);
  expect(await waits(0.5, { attempts: 4, backoff: 10 })).toEqual([5, 10, 20]);
});

test('A wait is never longer than half a minute', async () => {
  const delays = await waits(1, { attempts: 12, backoff: 10_000, maxTime: 1e9 });
  expect(delays.slice(0, 3)).toEqual([10_000, 20_000, 30_000]);
  expect(new Set(delays.slice(2))).toEqual(new Set([30_000]));
});

test('Two requests that fail together do not come back together', async () => {
  const delays = new Set<number>();
  const connection = new Connection({
    fetch: async () => new Response('', { status: 503 }),
    retry: { backoff: 1 },
    hooks: {
      beforeRetry: ({ delay }) => {
        delays.add(delay);
      },
    },
  });
  await Promise.all(Array.from({ length: 10 }, () => rejection(connection.json(path`/items`))));
  expect(delays.size).toBe(30);
});

test('The wait is waited for', async () => {
  await using server = await startServer(inTurn(503, 200));
  vi.spyOn(Math, 'random').mockReturnValue(0.999_999);
  const started = performance.now();
  await new Connection({ endpoint: server.url, retry: { backoff: 60 } }).json(path`/items`);
  // Timers may be a millisecond early.
  expect(performance.now() - started).toBeGreaterThan(55);
});

test('No try begins when its wait would pass `maxTime`', async () => {
  await using server = await startServer(inTurn(503));
  vi.spyOn(Math, 'random').mockReturnValue(0.999_999);
  const connection = new Connection({ endpoint: server.url });
  const error = await rejection(connection.json(path`/items`, { retry: { backoff: 5000, maxTime: 4000 } }));
  expect(error).toSatisfy(isServerError);
  expect(server.requests).toHaveLength(1);
});

test('Time that tries take counts against `maxTime`', async () => {
  const slow = async (): Promise<Response> => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return new Response('', { status: 503 });
  };
  let tries = 0;
  const connection = new Connection({
    fetch: () => {
      tries++;
      return slow();
    },
    retry: { attempts: 100, backoff: 1, maxTime: 300 },
  });
  expect(await rejection(connection.json(path`/items`))).toSatisfy(isServerError);
  expect(tries).toBeGreaterThan(1);
  expect(tries).toBeLessThan(11);
});

test('`maxTime` ends no try that is under way', async () => {
  const connection = new Connection({
    fetch: async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return Response.json('late');
    },
    retry: { maxTime: 5 },
  });
  expect(await connection.json(path`/items`)).toBe('late');
});
