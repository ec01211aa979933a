import { redisQueue } from 'tideway/redis';
import { afterAll, beforeAll, describe } from 'vitest';
import { contractsOnRedis } from '../contracts/on-redis.ts';
import { recordQueueContract } from '../contracts/record-queue.ts';
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

  contractsOnRedis(() => open.client);
  recordQueueContract('A unique queue with priorities on Redis', (options) =>
    redisQueue<unknown>(open.client, {
      key: crypto.randomUUID(),
      unique: (record) => JSON.stringify(record),
      priority: () => 0,
      ...options,
    }),
  );
});
