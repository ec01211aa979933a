import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RedisServer, startRedis } from '../helpers/redis-server.ts';

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});

afterAll(() => server?.close());

it('lets a program end as soon as it is done', () => {
  const program = `
    import { setImmediate as immediate } from 'node:timers/promises';
    import { createClient } from 'redis';
    import { redisCounter, redisFrontier, redisLimiter, redisQueue, redisQuota } from './src/redis/index.ts';
    const client = createClient({ socket: { host: '127.0.0.1', port: ${server.port} } });
    await client.connect();
    const lease = await redisLimiter(client, { limits: [{ concurrency: 1 }] }).acquire(new URL('http://a.example/'));
    const share = await redisQuota(client, { key: 'end', limit: 10 }).reserve(2);
    const counter = redisCounter(client, { key: 'end' });
    const end = await counter.start();
    const forget = await counter.onStop(() => {});
    const queue = redisQueue(client, { key: 'end' });
    await queue.put(1);
    await (await queue.lease()).ack();
    const frontier = redisFrontier(client, { key: 'end' });
    await frontier.add('http://a.example/');
    await frontier.ack((await frontier.lease(1))[0]);
    lease.release();
    await share.settle(2);
    await end();
    forget();
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    // What is not awaited takes its time; renewals are ten seconds apart.
    for (const begun = performance.now(); timers() > 0 && performance.now() - begun < 8_000; ) await immediate();
    console.log(timers());
    process.exit();
  `;
  const { stderr, stdout } = spawnSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(stdout.trim()).toBe('0');
});
