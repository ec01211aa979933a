import { createClient } from 'redis';
import type * as Sharing from '../../src/redis/index.ts';
import { type RedisServer, startRedis } from '../helpers/redis-server.ts';
import { median, type Report } from './report.ts';
import { DIST } from './sdk.ts';

/** How many work side by side. */
const WORKERS = 50;

/** How often scripts ran on the server. */
function scripts(server: RedisServer): number {
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(server.cli('info', 'commandstats'))?.[1] ?? 0);
}

function memory(server: RedisServer): number {
  return Number(/used_memory:(\d+)/.exec(server.cli('info', 'memory'))?.[1] ?? 0);
}

/** What sharing over a Redis of this machine costs. */
export async function sharing(report: Report, quick: boolean): Promise<void> {
  const sdk = (await import(new URL('redis.js', DIST).href)) as typeof Sharing;
  const { redisFrontier, redisLimiter, redisQueue } = sdk;
  const server = await startRedis();
  const client = createClient({ socket: { host: '127.0.0.1', port: server.port } });
  await client.connect();
  // What Redis is asked by hand, one after the other: the reference.
  const rounds = quick ? 200 : 5_000;
  const pings: number[] = [];
  for (let n = 0; n < rounds; n++) {
    const started = performance.now();
    await client.ping();
    pings.push(performance.now() - started);
  }
  report.add('redis/a round trip', median(pings) * 1e6, 'ns');

  for (const [title, concurrency] of [
    ['alone', 1],
    [`${WORKERS} at once`, WORKERS],
  ] as const) {
    const limiter = redisLimiter(client, { prefix: title, limits: [{ concurrency: WORKERS }] });
    const url = new URL('http://site.example/');
    const operations = quick ? 1_000 : 50_000;
    const before = scripts(server);
    let left = operations;
    const started = performance.now();
    const work = async (): Promise<void> => {
      while (left-- > 0) (await limiter.acquire(url)).release();
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    const seconds = (performance.now() - started) / 1e3;
    report.add(`redis/limiter/${title}/acquire and release`, operations / seconds, 'requests/s');
    report.add(`redis/limiter/${title}/round trips each`, (scripts(server) - before) / operations, 'ratio', {
      most: 2,
    });
  }

  const records = quick ? 2_000 : 100_000;
  const record = JSON.stringify({ id: 1, text: 'x'.repeat(200) });
  const through = async (put: () => Promise<unknown>, take: () => Promise<unknown>): Promise<number> => {
    const many = async (one: () => Promise<unknown>): Promise<void> => {
      let left = records;
      const work = async (): Promise<void> => {
        while (left-- > 0) await one();
      };
      await Promise.all(Array.from({ length: WORKERS }, work));
    };
    const started = performance.now();
    await Promise.all([many(put), many(take)]);
    return records / ((performance.now() - started) / 1e3);
  };
  // Those who wait block their connection: each has one of its own.
  const blocking = client.duplicate();
  await blocking.connect();
  const plain = await through(
    () => client.lPush('plain', record),
    async () => JSON.parse((await blocking.brPop('plain', 0))?.element ?? ''),
  );
  const queue = redisQueue<unknown>(client, { key: 'bench', maxSize: records });
  const parsed: unknown = JSON.parse(record);
  const own = await through(
    () => queue.put(parsed),
    () => queue.take(),
  );
  report.add('redis/queue/LPUSH and BRPOP', plain, 'records/s');
  report.add('redis/queue/put and take', own, 'records/s');
  report.add('redis/queue/put and take to LPUSH and BRPOP', own / plain, 'ratio');

  const urls = quick ? 2_000 : 200_000;
  for (const hosts of quick ? [100] : [1_000, 100_000]) {
    const frontier = redisFrontier(client, { key: `bench-${hosts}` });
    const before = memory(server);
    const started = performance.now();
    for (let n = 0; n < urls; n += 1_000) {
      await frontier.add(
        Array.from({ length: 1_000 }, (_, m) => `http://host-${(n + m) % hosts}.example/articles/2024/page-${n + m}`),
      );
    }
    const added = performance.now();
    report.add(`redis/frontier/${hosts} hosts/added`, urls / ((added - started) / 1e3), 'requests/s');
    report.add(`redis/frontier/${hosts} hosts/a URL that waits`, (memory(server) - before) / urls, 'B');
    let done = 0;
    for (let leases = await frontier.lease(100); leases.length > 0; leases = await frontier.lease(100)) {
      await Promise.all(leases.map((lease) => frontier.ack(lease)));
      done += leases.length;
    }
    const drained = performance.now();
    report.add(`redis/frontier/${hosts} hosts/leased and done`, urls / ((drained - added) / 1e3), 'requests/s');
    report.add(`redis/frontier/${hosts} hosts/a URL that is done`, (memory(server) - before) / urls, 'B');
    report.sanity(`redis/frontier/${hosts} hosts`, done === urls ? [] : [`${done} of ${urls} tasks`]);
    await frontier.clear();
  }
  blocking.destroy();
  client.destroy();
  await server.close();
}
