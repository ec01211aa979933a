import { redisCache, redisCounter, redisFrontier, redisLimiter, redisQueue, redisQuota } from 'tideway/redis';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { frontierContract } from '../contracts/frontier.ts';
import { limiterContract } from '../contracts/limiter.ts';
import { quotaContract } from '../contracts/quota.ts';
import { recordQueueContract } from '../contracts/record-queue.ts';
import { responseCacheCases } from '../contracts/response-cache.ts';
import { stateCounterContract } from '../contracts/state-counter.ts';
import { type OpenClient, openClusterClient, startRedisCluster } from '../helpers/redis-server.ts';

let cluster: Awaited<ReturnType<typeof startRedisCluster>>;

beforeAll(async () => {
  cluster = await startRedisCluster();
}, 60_000);

afterAll(() => cluster?.close());

describe.each(['redis', 'ioredis'] as const)('on a cluster of three nodes, over %s', (kind) => {
  let open: OpenClient;

  beforeAll(async () => {
    open = await openClusterClient(kind, cluster.ports);
  });

  afterAll(() => open?.close());

  limiterContract('A limiter', (limits) => ({
    limiter: redisLimiter(open.client, { limits, prefix: crypto.randomUUID() }),
  }));
  stateCounterContract('A counter', () => redisCounter(open.client, { key: crypto.randomUUID() }));
  quotaContract('A quota', (limit) => redisQuota(open.client, { key: crypto.randomUUID(), limit }));
  recordQueueContract('A queue', (options) =>
    redisQueue<unknown>(open.client, { key: crypto.randomUUID(), ...options }),
  );
  recordQueueContract('A unique queue with priorities', (options) =>
    redisQueue<unknown>(open.client, {
      key: crypto.randomUUID(),
      unique: (record) => JSON.stringify(record),
      priority: () => 0,
      ...options,
    }),
  );
  frontierContract('A frontier', (options) => redisFrontier(open.client, { key: crypto.randomUUID(), ...options }));

  describe('A cache', () => {
    it.each(Object.entries(responseCacheCases))('%s', async (_title, run) => {
      await run((options) => redisCache(open.client, { prefix: crypto.randomUUID(), ...options }));
    });
  });
});
