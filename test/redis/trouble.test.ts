import { Redis } from 'ioredis';
import {
  isConfigurationError,
  isConnectionError,
  isRecordTooLargeError,
  isTidewayError,
  isTimeoutError,
} from 'tideway';
import {
  isRedisError,
  type RedisClient,
  redisCache,
  redisCounter,
  redisFrontier,
  redisHttp,
  redisLimiter,
  redisQueue,
  redisQuota,
} from 'tideway/redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { overEachClient } from '../helpers/over-each-client.ts';
import {
  CLIENT_KINDS,
  type OpenClient,
  openClient,
  type RedisServer,
  startRedis,
  startRestFront,
} from '../helpers/redis-server.ts';
import { rejection, thrown } from '../helpers/rejection.ts';

const URL_A = new URL('http://a.example/');

/** One call of each kind, each of which writes. */
function writes(client: RedisClient, key: string): Readonly<Record<string, () => Promise<unknown>>> {
  const limits = [{ concurrency: 1 }];
  return {
    limiter: async () => redisLimiter(client, { prefix: key, limits }).acquire(URL_A),
    counter: async () => redisCounter(client, { key }).increment(),
    quota: async () => redisQuota(client, { key, limit: 5 }).reserve(1),
    queue: async () => redisQueue(client, { key }).put('record'),
    frontier: async () => redisFrontier(client, { key }).add('http://a.example/'),
  };
}

overEachClient([...CLIENT_KINDS, 'socket'], 'over %s, trouble', (redis) => {
  it('with something else under a key is told, and nothing of it is shown', async () => {
    const key = crypto.randomUUID();
    const parts = { limit: `${key}:#0 }:state`, counter: `${key}}:state`, quota: `${key}}:state` };
    for (const [type, rest] of Object.entries(parts)) redis.server.cli('set', `{tideway:1:${type}:${rest}`, 'secret');
    redis.server.cli('set', `{tideway:1:queue:${key}}:stream`, 'secret');
    redis.server.cli('set', `{tideway:1:frontier:${key}}:tasks`, 'secret');
    for (const [name, write] of Object.entries(writes(redis.client, key))) {
      const error = await rejection(write());
      expect(error, name).toSatisfy(isRedisError);
      expect(error, name).toMatchObject({
        code: 'ERR_REDIS',
        reply: 'WRONGTYPE',
        message: 'Redis refused a command: something else is stored under the key (WRONGTYPE)',
      });
      expect(JSON.stringify(error), name).not.toContain('secret');
    }
  });

  it('with data of a newer version is told', async () => {
    const key = crypto.randomUUID();
    for (const type of ['counter', 'quota', 'queue', 'frontier']) {
      redis.server.cli('hset', `{tideway:1:${type}:${key}}:state`, 'v', '2');
    }
    redis.server.cli('hset', `{tideway:1:limit:${key}:#0 }:state`, 'v', '2');
    for (const [name, write] of Object.entries(writes(redis.client, key))) {
      const error = await rejection(write());
      expect(error, name).toSatisfy(isConfigurationError);
      expect((error as Error).message, name).toBe('Expected data of version 1 under the key in Redis, got version 2');
    }
  });

  it('with what is under the keys of a cache is told', async () => {
    const prefix = crypto.randomUUID();
    const cache = redisCache(redis.client, { prefix });
    const now = Date.now();
    const head = { status: 200, statusText: '', headers: [], storedAt: now, keepUntil: now + 60_000 };
    await cache.put('k', head, new Blob(['text']).stream() as ReadableStream<Uint8Array<ArrayBuffer>>);
    const [name = ''] = redis.server.cli('--scan', '--pattern', `*${prefix}*:entry`).split('\n');
    redis.server.cli('hset', name, 'v', '2');
    expect(await rejection(cache.get('k'))).toMatchObject({
      code: 'ERR_CONFIGURATION',
      message: 'Expected data of version 1 under the key in Redis, got version 2',
    });
    redis.server.cli('set', name, 'secret');
    expect(await rejection(cache.get('k'))).toMatchObject({ code: 'ERR_REDIS', reply: 'WRONGTYPE' });
  });

  it('with a full memory is told, what was done can still be told, and all goes on when there is room', async () => {
    const key = crypto.randomUUID();
    const records = redisQueue<string>(redis.client, { key });
    const limiter = redisLimiter(redis.client, { prefix: key, limits: [{ key: 'host', concurrency: 1 }] });
    await records.put('first');
    const lease = await records.lease();
    const held = await limiter.acquire(URL_A);
    redis.server.cli('config', 'set', 'maxmemory', '1');
    try {
      const { quota, queue, frontier } = writes(redis.client, crypto.randomUUID());
      for (const write of [quota, queue, frontier]) {
        expect(await rejection(write?.() as Promise<unknown>)).toMatchObject({ code: 'ERR_REDIS', reply: 'OOM' });
      }
      expect(await lease?.ack()).toBe(true);
      held.release();
    } finally {
      redis.server.cli('config', 'set', 'maxmemory', '0');
    }
    await limiter.acquire(URL_A);
    await records.put('second');
    expect(await records.take()).toBe('second');
  });

  it('with a replica, which cannot be written to, is told', async () => {
    redis.server.cli('replicaof', '127.0.0.1', '1');
    try {
      for (const [name, write] of Object.entries(writes(redis.client, crypto.randomUUID()))) {
        expect(await rejection(write()), name).toMatchObject({ code: 'ERR_REDIS', reply: 'READONLY' });
      }
    } finally {
      redis.server.cli('replicaof', 'no', 'one');
    }
  });

  it('with scripts that were forgotten is none', async () => {
    const key = crypto.randomUUID();
    const counter = redisCounter(redis.client, { key });
    for (let n = 1; n <= 3; n++) {
      expect(await counter.increment()).toBe(n);
      expect(redis.server.cli('script', 'flush')).toBe('OK');
    }
  });

  it('with what is too long is told before anything is sent', async () => {
    const key = crypto.randomUUID();
    const text = 'x'.repeat(50_000_000);
    const before = redis.server.cli('info', 'stats').match(/total_net_input_bytes:(\d+)/)?.[1];
    expect(await rejection(redisQueue(redis.client, { key }).put(text))).toSatisfy(isRecordTooLargeError);
    const frontier = redisFrontier(redis.client, { key });
    const task = { url: 'http://a.example/', data: text };
    expect(await rejection(frontier.add(['http://b.example/', task]))).toSatisfy(isRecordTooLargeError);
    const after = redis.server.cli('info', 'stats').match(/total_net_input_bytes:(\d+)/)?.[1];
    expect(Number(after) - Number(before)).toBeLessThan(100_000);
    expect(await frontier.size()).toBe(0);
    const cache = redisCache(redis.client, { prefix: key });
    const now = Date.now();
    const head = { status: 200, statusText: '', headers: [], storedAt: now, keepUntil: now + 60_000 };
    expect(await rejection(cache.put('k', head, new Blob([text]).stream()))).toSatisfy(isConnectionError);
    expect(await cache.get('k')).toBeUndefined();
  });
});

describe.each([...CLIENT_KINDS, 'socket'] as const)('over %s, Redis that is gone', (kind) => {
  let server: RedisServer;
  let open: OpenClient;

  beforeEach(async () => {
    server = await startRedis({ persistent: true });
    open = await openClient(kind, server.port);
  });

  afterEach(async () => {
    await open?.close();
    await server?.close();
  });

  it('is an error within the timeout, and no trouble any more when it is back', async () => {
    const key = crypto.randomUUID();
    const timeout = 1_000;
    const limiter = redisLimiter(open.client, { prefix: key, timeout, limits: [{ concurrency: 1 }] });
    const counter = redisCounter(open.client, { key, timeout });
    const queue = redisQueue(open.client, { key, timeout });
    const held = await limiter.acquire(URL_A);
    await counter.increment(5);
    await queue.put('before');
    const waiting = rejection(Promise.resolve(limiter.acquire(URL_A)));
    await server.stop();
    const errors = await Promise.all([
      waiting,
      rejection(counter.increment(1)),
      rejection(queue.take()),
      rejection(redisQuota(open.client, { key, timeout, limit: 1 }).reserve(1)),
      rejection(redisFrontier(open.client, { key, timeout }).lease(1)),
      rejection(redisCache(open.client, { prefix: key, timeout }).get('k')),
    ]);
    for (const error of errors) {
      expect(isConnectionError(error) || isTimeoutError(error), String(error)).toBe(true);
      expect(isTidewayError(error)).toBe(true);
    }
    held.release();
    await server.restart();
    await expect.poll(() => queue.take().catch(() => 'not yet'), { timeout: 15_000 }).toBe('before');
    await limiter.acquire(URL_A);
    // Nobody knows whether what failed was counted; what did not fail was.
    expect([5, 6]).toContain((await counter.read()).total);
  });

  it('hands out at once what it had lent to one whom it could not tell', async () => {
    const key = crypto.randomUUID();
    const [queue, patient] = [redisQueue(open.client, { key, timeout: 300 }), redisQueue(open.client, { key })];
    await patient.put('first');
    // The server knows the scripts then.
    expect(await patient.take()).toBe('first');
    await patient.put('record');
    // It does what it was asked for when nobody waits any more.
    server.cli('client', 'pause', '1000', 'all');
    expect(await rejection(queue.take())).toSatisfy(isTidewayError);
    // Leases of those who died hold for half a minute.
    await expect.poll(() => queue.take().catch(() => 'not yet'), { timeout: 15_000 }).toBe('record');
  });

  it('for a moment only is not even noticed', async () => {
    const key = crypto.randomUUID();
    const counter = redisCounter(open.client, { key });
    await counter.increment();
    await server.stop();
    const counting = counter.increment();
    await server.restart();
    expect(await counting).toBe(2);
  });
});

describe.each(['redis', 'ioredis', 'socket'] as const)('over %s, connections that are cut again and again', (kind) => {
  it('count nothing twice, and lose nothing', { timeout: 60_000 }, async () => {
    const server = await startRedis();
    const open = await openClient(kind, server.port);
    try {
      const key = crypto.randomUUID();
      const timeout = 20_000;
      const counter = redisCounter(open.client, { key, timeout });
      const queue = redisQueue<number>(open.client, { key, timeout });
      const quota = redisQuota(open.client, { key, limit: 400, timeout });
      // As often as there is something under way, however slow the machine is.
      const cut = (): void => void server.cli('client', 'kill', 'type', 'normal');
      let granted = 0;
      for (let n = 0; n < 100; n++) {
        if (n % 2 === 0) setTimeout(cut, Math.random() * 3);
        const share = await quota.reserve(3);
        granted += share.granted;
        await Promise.all([counter.increment(), queue.put(n), share.settle(share.granted)]);
      }
      expect(await counter.read()).toMatchObject({ total: 100 });
      expect(await queue.size()).toBe(100);
      expect(await quota.remaining()).toBe(400 - granted);
      const seen = await Promise.all(Array.from({ length: 100 }, () => queue.take()));
      expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => n));
    } finally {
      await open.close();
      await server.close();
    }
  });
});

describe('what is refused', () => {
  it('a password that is missing, by a server that wants one', async () => {
    const server = await startRedis({ args: ['--requirepass', 'secret'] });
    const open = await openClient('ioredis', server.port);
    try {
      for (const [name, write] of Object.entries(writes(open.client, 'k'))) {
        expect(await rejection(write()), name).toMatchObject({ code: 'ERR_REDIS', reply: 'NOAUTH' });
      }
    } finally {
      await open.close();
      await server.close();
    }
  });

  it('a password that is wrong, which is not shown', async () => {
    const server = await startRedis({ args: ['--requirepass', 'right'] });
    const client = new Redis({ port: server.port, host: '127.0.0.1', password: 'wr0ng', retryStrategy: () => 20 });
    client.on('error', () => {});
    try {
      const error = await rejection(redisCounter(client, { key: 'k' }).increment());
      expect(error).toMatchObject({ code: 'ERR_REDIS', reply: expect.stringMatching(/^(NOAUTH|WRONGPASS)$/) });
      expect(String((error as Error).stack) + JSON.stringify(error)).not.toContain('wr0ng');
    } finally {
      client.disconnect();
      await server.close();
    }
  });

  it('a wrong token, which is not shown', async () => {
    const server = await startRedis();
    const front = await startRestFront(server.port);
    try {
      const error = await rejection(redisCounter(redisHttp({ url: front.url, token: 's3cret' }), { key: 'k' }).read());
      expect(error).toMatchObject({ code: 'ERR_REDIS', reply: 'WRONGPASS' });
      expect(String((error as Error).stack) + JSON.stringify(error)).not.toContain('s3cret');
    } finally {
      await front.close();
      await server.close();
    }
  });

  it('a client that is closed, at once', async () => {
    const server = await startRedis();
    try {
      for (const kind of ['redis', 'ioredis', 'socket'] as const) {
        const open = await openClient(kind, server.port);
        const counter = redisCounter(open.client, { key: 'k', timeout: 600_000 });
        await counter.increment();
        await open.close();
        expect(await rejection(counter.increment()), kind).toSatisfy(isConnectionError);
      }
    } finally {
      await server.close();
    }
  });

  const none = { send: async () => [] };
  it.each([
    [
      () => redisLimiter(null as never),
      'Expected a client of `redis` or `ioredis`, or one of redisHttp() or redisSocket(), got null',
    ],
    [
      () => redisLimiter({} as never),
      'Expected a client of `redis` or `ioredis`, or one of redisHttp() or redisSocket(), got object',
    ],
    [
      () => redisLimiter(none, { leaseTtl: 499 }),
      'Expected `leaseTtl` to be an integer from 500 and up, got `499` (number)',
    ],
    [() => redisLimiter(none, { prefix: '' }), 'Expected `prefix` to be text of 1 to 4096 characters, got ``'],
    [
      () => redisCounter(none, {} as never),
      'Expected `key` to be text of 1 to 4096 characters, got `undefined` (undefined)',
    ],
    [
      () => redisCounter(none, undefined as never),
      'Expected `key` to be text of 1 to 4096 characters, got `undefined` (undefined)',
    ],
    [
      () => redisCounter(none, { key: 'k', timeout: 0 }),
      'Expected `timeout` to be milliseconds from above 0 to 2147483647, got `0` (number)',
    ],
    [
      () => redisQuota(none, { key: 'k' } as never),
      'Expected `limit` to be an integer from 1 and up, got `NaN` (number)',
    ],
    [
      () => redisQueue(none, { key: 'k', overflow: 'drop' as never }),
      'Expected `overflow` to be one of wait, dropOldest, dropNewest, fail, got `drop`',
    ],
    [
      () => redisFrontier(none, { key: 'k', delay: -1 }),
      'Expected `delay` to be milliseconds from above 0 to 2147483647, got `-1` (number)',
    ],
    [() => redisCache(none, { compress: 1 as never }), 'Expected `compress` to be a boolean, got `1` (number)'],
    [() => redisHttp({ url: 'redis://h', token: 't' }), 'Expected `url` to be a URL of http or https, got string'],
    [
      () => redisHttp({ url: 'https://u:p@h/', token: 't' }),
      'Expected `url` to have neither a query, a fragment nor a credential, got `one with it`',
    ],
    [() => redisHttp({ url: 'https://h/', token: 'a\nb' }), 'Expected `token` to be visible ASCII text, got string'],
  ])('%s', (make, message) => {
    expect(thrown(make)).toMatchObject({ code: 'ERR_CONFIGURATION', message });
  });
});

it('a reply over HTTP that is too long is not read to its end', async () => {
  const chunk = new Uint8Array(1024 * 1024).fill(0x20);
  let chunks = 0;
  const endless = async (): Promise<Response> =>
    new Response(
      new ReadableStream({
        pull(controller) {
          chunks++;
          controller.enqueue(chunk);
        },
      }),
    );
  const client = redisHttp({ url: 'http://redis.example/', token: 't', fetch: endless });
  const error = await rejection(client.send(['GET', 'k'], 'k', new AbortController().signal));
  expect(error).toMatchObject({ code: 'ERR_CONNECTION', message: 'The reply of Redis over HTTP is too long' });
  expect(chunks).toBeLessThan(80);
});
