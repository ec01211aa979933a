import { type RedisCommands, redisLimiter, redisQueue, redisSocket } from 'tideway/redis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectSocket, type OpenClient, openClient, type RedisServer, startRedis } from '../helpers/redis-server.ts';

let server: RedisServer;
let other: OpenClient;

beforeAll(async () => {
  server = await startRedis();
  other = await openClient('redis', server.port);
});

afterAll(async () => {
  await other?.close();
  await server?.close();
});

const SITE = new URL('http://site.example/');

/** A machine whose network fails for as long as it is told to. */
function cutOff(): RedisCommands & { isCut: boolean; close(): void } {
  const client = redisSocket({ url: `redis://127.0.0.1:${server.port}`, connect: connectSocket });
  return {
    isCut: false,
    close: () => client.close(),
    send(...args) {
      if (this.isCut) throw new Error('no route to host');
      return client.send(...args);
    },
  };
}

it('a lease of a limiter that ran out frees no other one when it is released', async () => {
  const here = cutOff();
  try {
    const options = { limits: [{ concurrency: 1 }], prefix: crypto.randomUUID(), leaseTtl: 1_000, timeout: 500 };
    const lost = await redisLimiter(here, options).acquire(SITE);
    here.isCut = true;
    const there = redisLimiter(other.client, { ...options, leaseTtl: 60_000, timeout: 20_000 });
    // It comes when the time of the other one is over.
    await there.acquire(SITE);
    here.isCut = false;
    lost.release();
    const controller = new AbortController();
    setTimeout(() => controller.abort('nothing came'), 2_000);
    await expect(there.acquire(SITE, { signal: controller.signal })).rejects.toBe('nothing came');
  } finally {
    here.close();
  }
});

it('a lease of a queue that ran out takes no record from the one who has it then', async () => {
  const here = cutOff();
  try {
    const key = crypto.randomUUID();
    const queue = redisQueue<string>(here, { key });
    await queue.put('record');
    const lost = await queue.lease({ ttl: 50 });
    const there = redisQueue<string>(other.client, { key });
    const lease = await there.lease({ ttl: 60_000 });
    await lost?.release();
    expect(await lost?.ack()).toBe(false);
    expect(await there.leased()).toBe(1);
    expect(await lease?.ack()).toBe(true);
  } finally {
    here.close();
  }
});
