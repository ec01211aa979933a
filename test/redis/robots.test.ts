import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isRobotsDisallowedError } from 'tideway';
import { polite } from 'tideway/crawl';
import { Fetcher } from 'tideway/fetcher';
import { type RedisClient, redisRobots } from 'tideway/redis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { overEachClient } from '../helpers/over-each-client.ts';
import { CLIENT_KINDS, openClient, startRedis } from '../helpers/redis-server.ts';
import { rejection } from '../helpers/rejection.ts';

let site: Server;
let origin: string;
/** Paths that were asked for. */
let asked: string[];
/** What the site has for a robots.txt, and how its server answers. */
let robots: { status: number; text: string };

beforeEach(async () => {
  asked = [];
  robots = { status: 200, text: 'User-agent: *\nDisallow: /private\n' };
  site = createServer(({ url = '' }, response) => {
    asked.push(url);
    if (url === '/robots.txt') response.writeHead(robots.status).end(robots.text);
    else response.end('page');
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
});

afterEach(async () => {
  site.closeAllConnections();
  await new Promise((resolve) => site.close(resolve));
});

/** A crawler of one machine, with what it was told of as failures. */
function machine(client: RedisClient, prefix: string, timeout = 5_000): { fetcher: Fetcher; failures: unknown[] } {
  const robotsCache = redisRobots(client, { prefix, timeout });
  const fetcher = new Fetcher({ policy: polite({ userAgent: 'acme/1.0', delay: 0, robotsCache }), retry: false });
  const failures: unknown[] = [];
  fetcher.on('error', (error: unknown) => void failures.push(error));
  return { fetcher, failures };
}

const timesOf = (path: string): number => asked.filter((one) => one === path).length;

overEachClient(CLIENT_KINDS, 'robots.txt of several machines, over %s,', (redis) => {
  let prefix: string;

  beforeEach(() => {
    prefix = crypto.randomUUID();
  });

  it('is asked for once, also by those who begin together, and held to by all', async () => {
    const machines = Array.from({ length: 4 }, () => machine(redis.client, prefix));
    const pages = await Promise.all(machines.map(({ fetcher }, n) => fetcher.fetch(`${origin}/page/${n}`)));
    expect(pages.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    for (const { failures, fetcher } of machines) {
      expect(await rejection(fetcher.fetch(`${origin}/private/1`))).toSatisfy(isRobotsDisallowedError);
      expect(failures).toEqual([]);
    }
    expect(timesOf('/robots.txt')).toBe(1);
    expect(asked).not.toContain('/private/1');
  });

  it('that is not there allows all, and is asked for once', async () => {
    robots = { status: 404, text: 'no such page' };
    for (const { fetcher } of [machine(redis.client, prefix), machine(redis.client, prefix)]) {
      expect((await fetcher.fetch(`${origin}/private/1`)).status).toBe(200);
    }
    expect(timesOf('/robots.txt')).toBe(1);
  });

  it.each([503, 429])(
    'that is answered with %d forbids all to all, and is left alone by the others',
    async (status) => {
      robots = { status, text: '' };
      const first = await rejection(machine(redis.client, prefix).fetcher.fetch(`${origin}/page`));
      expect(first).toSatisfy(isRobotsDisallowedError);
      const before = timesOf('/robots.txt');
      robots = { status: 200, text: '' };
      const second = await rejection(machine(redis.client, prefix).fetcher.fetch(`${origin}/page`));
      expect(second).toMatchObject({
        code: 'ERR_ROBOTS_DISALLOWED',
        rule: `${origin}/robots.txt is not known, as it was answered with ${status}`,
      });
      expect((second as { retryAfter: number }).retryAfter).toBeGreaterThan(0);
      expect(timesOf('/robots.txt')).toBe(before);
      expect(asked).not.toContain('/page');
    },
  );

  it('is asked for by the next one when the one that asked is dead', async () => {
    redis.server.cli('set', `{tideway:1:robots:${prefix}:${origin}}:flight`, 'dead', 'px', '300');
    expect((await machine(redis.client, prefix).fetcher.fetch(`${origin}/page`)).status).toBe(200);
    expect(timesOf('/robots.txt')).toBe(1);
  });

  it('is asked for again when its time is over', async () => {
    const cache = redisRobots(redis.client, { prefix });
    await cache.put(origin, { status: 200, text: 'User-agent: *\nDisallow: /', keep: 50 });
    await expect.poll(() => cache.get(origin), { timeout: 10_000 }).toBeUndefined();
    await cache.put(origin, undefined);
    expect((await machine(redis.client, prefix).fetcher.fetch(`${origin}/page`)).status).toBe(200);
  });

  it.each([
    ['something else', ['set', 'text']],
    ['data of a newer version', ['hset', 'v', '2']],
  ])('is asked for by each and held to where Redis has %s under the key', async (_title, [command = '', ...args]) => {
    redis.server.cli(command, `{tideway:1:robots:${prefix}:${origin}}:entry`, ...args);
    const { failures, fetcher } = machine(redis.client, prefix);
    expect(await rejection(fetcher.fetch(`${origin}/private/1`))).toSatisfy(isRobotsDisallowedError);
    expect((await fetcher.fetch(`${origin}/page`)).status).toBe(200);
    expect(failures.length).toBeGreaterThanOrEqual(1);
    expect(asked).not.toContain('/private/1');
  });
});

it('robots.txt is held to where Redis is gone', async () => {
  const gone = await startRedis();
  const open = await openClient('ioredis', gone.port);
  try {
    await gone.stop();
    const { failures, fetcher } = machine(open.client, 'gone', 200);
    expect(await rejection(fetcher.fetch(`${origin}/private/1`))).toSatisfy(isRobotsDisallowedError);
    expect((await fetcher.fetch(`${origin}/page`)).status).toBe(200);
    expect(timesOf('/robots.txt')).toBe(1);
    await expect.poll(() => failures.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(1);
    expect(asked).not.toContain('/private/1');
  } finally {
    await open.close();
    await gone.close();
  }
});
