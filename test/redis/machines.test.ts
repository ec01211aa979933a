import type { StoredHead } from 'tideway/cache';
import { crawl } from 'tideway/crawl';
import { type Lease, type Limiter, type LimitRule, memoryLimiter } from 'tideway/fetcher';
import { redisCache, redisCounter, redisFrontier, redisLimiter, redisQueue, redisQuota } from 'tideway/redis';
import { jsonLines, Tide } from 'tideway/tide';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenClient, openClient, type RedisServer, startRedis } from '../helpers/redis-server.ts';
import { rejection } from '../helpers/rejection.ts';
import { startServer } from '../helpers/server.ts';

/** Two machines: a client each. */
let server: RedisServer;
let one: OpenClient;
let other: OpenClient;

beforeAll(async () => {
  server = await startRedis();
  one = await openClient('redis', server.port);
  other = await openClient('ioredis', server.port);
});

afterAll(async () => {
  await one?.close();
  await other?.close();
  await server?.close();
});

const SITE = new URL('http://site.example/');
const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('limiters of two machines', () => {
  function pair(rule: LimitRule, leaseTtl = 30_000): readonly [Limiter, Limiter] {
    const options = { limits: [rule], prefix: crypto.randomUUID(), leaseTtl };
    return [redisLimiter(one.client, options), redisLimiter(other.client, options)];
  }

  it('count together, and are told at once when there is room', async () => {
    const [here, there] = pair({ concurrency: 1 });
    const times: number[] = [];
    for (let n = 0; n < 5; n++) {
      const held = await here.acquire(SITE);
      const waiting = Promise.resolve(there.acquire(SITE));
      await sleep(100);
      const released = performance.now();
      held.release();
      const lease = await waiting;
      times.push(performance.now() - released);
      lease.release();
    }
    // The safety net takes a second each time, but for what has passed of it.
    expect(Math.min(...times)).toBeLessThan(700);
  });

  it('take turns', async () => {
    const [here, there] = pair({ concurrency: 1 });
    const order: string[] = [];
    const work = async (limiter: Limiter, name: string): Promise<void> => {
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const lease = await limiter.acquire(SITE);
          order.push(name);
          await sleep(2);
          lease.release();
        }),
      );
    };
    await Promise.all([work(here, 'here'), work(there, 'there')]);
    // Whoever has come first is not served to its end before the other.
    const firstHalf = order.slice(0, 20);
    expect(firstHalf.filter((name) => name === 'here').length).toBeGreaterThanOrEqual(5);
    expect(firstHalf.filter((name) => name === 'there').length).toBeGreaterThanOrEqual(5);
  });

  it('hold to a pause that one of them was asked for', async () => {
    const [here, there] = pair({ key: 'host', concurrency: 5 });
    const paused = performance.now();
    await here.pause(SITE, 300);
    await there.acquire(SITE);
    expect(performance.now() - paused).toBeGreaterThanOrEqual(295);
  });

  it('keep one pace together', async () => {
    const [here, there] = pair({ rate: { requests: 10, interval: 1_000 } });
    const begun = performance.now();
    await Promise.all([1, 2, 3, 4].flatMap(() => [here.acquire(SITE), there.acquire(SITE)]));
    expect(performance.now() - begun).toBeGreaterThanOrEqual(690);
  });

  it('renew what is held, so that a long request keeps its place', async () => {
    const [here, there] = pair({ concurrency: 1 }, 1_500);
    const held = await here.acquire(SITE);
    let hasCome = false;
    const waiting = Promise.resolve(there.acquire(SITE)).then((lease) => {
      hasCome = true;
      return lease;
    });
    await sleep(3_000);
    expect(hasCome).toBe(false);
    held.release();
    await waiting;
  });

  it('give a lease of the same URL twice as two, of which the release of one frees one', async () => {
    const [here, there] = pair({ concurrency: 2 });
    const leases: Lease[] = [await here.acquire(SITE), await here.acquire(SITE)];
    let came = 0;
    const waiting = [there.acquire(SITE), there.acquire(SITE)].map((lease) =>
      Promise.resolve(lease).then(() => came++),
    );
    leases[0]?.release();
    await Promise.race(waiting);
    await sleep(50);
    expect(came).toBe(1);
    leases[1]?.release();
    await Promise.all(waiting);
  });

  it('have the keys of the limiter in memory', () => {
    const limits: LimitRule[] = [
      { url: 'http://site.example/a', concurrency: 1 },
      { key: 'host', concurrency: 2 },
    ];
    const memory = memoryLimiter(limits);
    const redis = redisLimiter(one.client, { limits });
    for (const url of ['http://site.example/a/b', 'http://site.example/ab', 'https://other.example:8080/'].map(
      (text) => new URL(text),
    )) {
      expect(redis.keyOf(url)).toBe(memory.keyOf(url));
    }
  });

  it('leave nothing behind when their time is over', async () => {
    const options = { limits: [{ concurrency: 1 }], prefix: `gone-${crypto.randomUUID()}`, leaseTtl: 500 };
    (await redisLimiter(one.client, options).acquire(SITE)).release();
    await expect.poll(() => server.cli('--scan', '--pattern', `*${options.prefix}*`), { timeout: 10_000 }).toBe('');
  });
});

describe('what tides of two machines share', () => {
  const endless = (): Response => {
    let n = 0;
    return new Response(
      new ReadableStream({
        pull: async (controller) => {
          await sleep(1);
          controller.enqueue(new TextEncoder().encode(`{"n":${n++}}\n`));
        },
      }),
    );
  };

  it('is stopped by one of them, within a second', async () => {
    const key = crypto.randomUUID();
    const make = (client: OpenClient['client']): Tide<unknown> =>
      new Tide('http://stream.example/', {
        framing: jsonLines(),
        fetch: async () => endless(),
        counter: redisCounter(client, { key }),
      });
    const tide = make(one.client);
    const running = tide.on();
    const counter = redisCounter(other.client, { key });
    await expect.poll(() => counter.read(), { timeout: 10_000 }).toMatchObject({ state: 'started' });
    await counter.stop();
    const run = await running;
    expect(run.reason).toBe('off');
    expect(await counter.read()).toMatchObject({ state: 'stopped', total: run.delivered });
  });

  it('is a quota that is exact', async () => {
    const key = crypto.randomUUID();
    const deliver = async (client: OpenClient['client']): Promise<number> => {
      const tide = new Tide('http://stream.example/', { framing: jsonLines(), fetch: async () => endless() });
      const run = await tide.on({ quota: redisQuota(client, { key, limit: 150 }) });
      expect(run.reason).toBe('quota');
      return run.delivered;
    };
    const delivered = await Promise.all([deliver(one.client), deliver(other.client), deliver(one.client)]);
    expect(delivered.reduce((sum, n) => sum + n)).toBe(150);
  });

  it('comes back of a quota, when one who had reserved it is dead', async () => {
    const key = crypto.randomUUID();
    const dead = await openClient('ioredis', server.port);
    const quota = redisQuota(dead.client, { key, limit: 10, leaseTtl: 500 });
    const share = await quota.reserve(4);
    await (await quota.reserve(6)).settle(6);
    expect(share.granted).toBe(4);
    await dead.close();
    const rest = await redisQuota(other.client, { key, limit: 10 }).reserve(10);
    expect(rest.granted).toBe(4);
  });

  it('is refused where the other one has another limit', async () => {
    const key = crypto.randomUUID();
    await redisQuota(one.client, { key, limit: 10 }).reserve(1);
    await expect(redisQuota(other.client, { key, limit: 11 }).reserve(1)).rejects.toMatchObject({
      code: 'ERR_CONFIGURATION',
      message: 'Expected a quota of 10 records, as it was begun, got `11` (number)',
    });
  });

  it('counts as stopped when the only tide was on a machine that died', async () => {
    const key = crypto.randomUUID();
    const dead = await openClient('redis', server.port);
    await redisCounter(dead.client, { key, leaseTtl: 2_000 }).start();
    const counter = redisCounter(one.client, { key });
    expect(await counter.read()).toMatchObject({ state: 'started' });
    await dead.close();
    await expect.poll(() => counter.read(), { timeout: 10_000 }).toMatchObject({ state: 'stopped' });
  });
});

describe('a queue of two machines', () => {
  it('hands a record from one to the other at once', async () => {
    const key = crypto.randomUUID();
    const [here, there] = [redisQueue<number>(one.client, { key }), redisQueue<number>(other.client, { key })];
    const times: number[] = [];
    for (let n = 0; n < 5; n++) {
      const taking = there.take();
      await sleep(100);
      const put = performance.now();
      await here.put(n);
      expect(await taking).toBe(n);
      times.push(performance.now() - put);
    }
    // The safety net takes a second each time, but for what has passed of it.
    expect(Math.min(...times)).toBeLessThan(700);
  });

  it('hands out again what a dead consumer held, and is a stream with a group', async () => {
    const key = crypto.randomUUID();
    const queue = redisQueue<string>(one.client, { key, group: 'readers' });
    const dead = await openClient('redis', server.port);
    await queue.put('a');
    await queue.put('b');
    const lease = await redisQueue<string>(dead.client, { key, group: 'readers' }).lease({ ttl: 2_000 });
    expect(lease?.record).toBe('a');
    expect(await queue.leased()).toBe(1);
    expect(server.cli('xinfo', 'groups', `{tideway:1:queue:${key}}:stream`)).toContain('readers');
    await dead.close();
    expect([await queue.take(), await queue.take()].toSorted()).toEqual(['a', 'b']);
  });

  it('lends a record that other programs put into the stream, if it is JSON', async () => {
    const key = crypto.randomUUID();
    const queue = redisQueue<unknown>(one.client, { key });
    server.cli('xadd', `{tideway:1:queue:${key}}:stream`, '*', 'json', '{"from":"elsewhere"}');
    expect(await queue.take()).toEqual({ from: 'elsewhere' });
    server.cli('xadd', `{tideway:1:queue:${key}}:stream`, '*', 'json', '{');
    await expect(queue.take()).rejects.toMatchObject({ code: 'ERR_DECODE' });
  });
});

describe('a frontier of two machines', () => {
  it('lets a host rest, whoever had it last', async () => {
    const options = { key: crypto.randomUUID(), delay: 300 };
    const [here, there] = [redisFrontier(one.client, options), redisFrontier(other.client, options)];
    await here.add(['http://a.example/1', 'http://a.example/2', 'http://b.example/1']);
    const first = await here.lease(10);
    expect(first.map(({ task }) => task.url)).toEqual(['http://a.example/1', 'http://b.example/1']);
    expect(await there.lease(10)).toEqual([]);
    const ended = performance.now();
    for (const lease of first) await here.ack(lease);
    expect(await there.lease(1)).toEqual([]);
    expect(there.dueIn?.()).toBeLessThanOrEqual(300);
    await expect.poll(async () => (await there.lease(1)).length, { interval: 10, timeout: 10_000 }).toBe(1);
    expect(performance.now() - ended).toBeGreaterThanOrEqual(295);
  });

  it('lets a host rest for as long as it asks for', async () => {
    const options = { key: crypto.randomUUID() };
    const [here, there] = [redisFrontier(one.client, options), redisFrontier(other.client, options)];
    await here.setDelay('a.example', 300);
    await here.add(['http://a.example/1', 'http://a.example/2', 'http://b.example/1', 'http://b.example/2']);
    const leases = await there.lease(10);
    expect(leases).toHaveLength(3);
    for (const lease of leases) await there.ack(lease);
    expect(await here.lease(10)).toEqual([]);
    await expect.poll(async () => (await here.lease(1)).length, { interval: 10, timeout: 10_000 }).toBe(1);
  });

  it.each(['obey', 'report'] as const)(
    'share a Crawl-delay that one of them meets, with `robots: %j`',
    async (robots) => {
      await using site = await startServer((response, { url }) => {
        response.end(url === '/robots.txt' ? 'User-agent: *\nCrawl-delay: 50' : 'page');
      });
      const key = crypto.randomUUID();
      const [here, there] = [redisFrontier(one.client, { key }), redisFrontier(other.client, { key })];
      const controller = new AbortController();
      const crawling = crawl({
        start: site.url,
        frontier: here,
        polite: { userAgent: 'acme/1.0', robots },
        handler: () => {},
        signal: controller.signal,
      });
      const delayOf = (): string => server.cli('hget', `{tideway:1:frontier:${key}}:delays`, '127.0.0.1');
      if (robots === 'report') {
        expect(await crawling).toMatchObject({ pages: 1 });
        expect(delayOf()).toBe('');
        return;
      }
      await expect.poll(delayOf, { timeout: 10_000 }).toBe('50000');
      // The page waits for its turn after robots.txt; given back, its host rests.
      controller.abort('enough');
      expect(await rejection(crawling)).toBe('enough');
      expect(await there.lease(1)).toEqual([]);
      expect(there.dueIn?.()).toBeGreaterThan(20_000);
      expect(there.dueIn?.()).toBeLessThanOrEqual(50_000);
    },
  );

  it('goes by the time of the server: clocks may differ by an hour', async () => {
    const key = crypto.randomUUID();
    const ahead = redisFrontier(one.client, { key, clock: () => Date.now() + 3_600_000 });
    const there = redisFrontier(other.client, { key });
    await ahead.add('http://a.example/1');
    const [lease] = await ahead.lease(1);
    if (!lease) throw new Error('Expected a lease, got none');
    const failed = performance.now();
    expect(await ahead.fail(lease, { retryAt: Date.now() + 3_600_000 + 300 })).toBe(true);
    await expect.poll(async () => (await there.lease(1)).length, { interval: 10, timeout: 10_000 }).toBe(1);
    expect(performance.now() - failed).toBeGreaterThanOrEqual(250);
  });

  it('refuses more than it may know, and forgets all when it is told to', async () => {
    const frontier = redisFrontier(one.client, { key: crypto.randomUUID(), maxSize: 2 });
    await frontier.add(['http://a.example/1', 'http://a.example/2']);
    await expect(frontier.add('http://a.example/3')).rejects.toMatchObject({ code: 'ERR_QUEUE_FULL' });
    expect(await frontier.add('http://a.example/1')).toBe(0);
    expect(await frontier.seen()).toBe(2);
    await frontier.clear();
    expect(await frontier.add('http://a.example/3')).toBe(1);
  });
});

describe('a cache of two machines', () => {
  const headOf = (now: number): StoredHead => ({
    status: 200,
    statusText: 'OK',
    headers: [['content-type', 'text/plain']],
    storedAt: now,
    keepUntil: now + 60_000,
  });
  const bodyOf = (text: string): ReadableStream<Uint8Array<ArrayBuffer>> =>
    new Blob([text]).stream() as ReadableStream<Uint8Array<ArrayBuffer>>;

  it('has on one what the other has stored, with times of its own clock', async () => {
    const prefix = crypto.randomUUID();
    const ahead = (): number => Date.now() + 3_600_000;
    const here = redisCache(one.client, { prefix, clock: ahead });
    const there = redisCache(other.client, { prefix, clock: Date.now });
    const now = ahead();
    await here.put('k', headOf(now), bodyOf('text'));
    const stored = await there.get('k');
    expect(Math.abs((stored?.head.storedAt ?? 0) - (now - 3_600_000))).toBeLessThan(5_000);
    expect(await new Response(stored?.open()).text()).toBe('text');
    await there.clear();
    expect(await here.get('k')).toBeUndefined();
  });

  it('stores no address and no text of a key', async () => {
    const prefix = crypto.randomUUID();
    await redisCache(one.client, { prefix }).put('GET http://a.example/?secret', headOf(Date.now()), bodyOf('x'));
    const names = server.cli('--scan', '--pattern', `*${prefix}*`);
    expect(names).not.toBe('');
    expect(names).not.toContain('secret');
  });

  it('waits for the one that fetches the same already, where it is told to', async () => {
    const options = { prefix: crypto.randomUUID(), flightTimeout: 10_000 };
    const [here, there] = [redisCache(one.client, options), redisCache(other.client, options)];
    expect(await here.get('k')).toBeUndefined();
    const waiting = there.get('k');
    await sleep(100);
    await here.put('k', headOf(Date.now()), bodyOf('once'));
    expect(await new Response((await waiting)?.open()).text()).toBe('once');
  });

  it('waits no longer for one that stores nothing than it is told to', async () => {
    const options = { prefix: crypto.randomUUID(), flightTimeout: 200 };
    expect(await redisCache(one.client, options).get('k')).toBeUndefined();
    expect(await redisCache(other.client, options).get('k')).toBeUndefined();
  });
});
