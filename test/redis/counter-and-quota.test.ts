import { redisCounter, redisQuota } from 'tideway/redis';
import { afterAll, beforeAll, describe } from 'vitest';
import { quotaContract } from '../contracts/quota.ts';
import { stateCounterContract } from '../contracts/state-counter.ts';
import { CLIENT_KINDS, type OpenClient, openClient, type RedisServer, startRedis } from '../helpers/redis-server.ts';

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});

afterAll(() => server?.close());

describe.each(CLIENT_KINDS)('over %s', (kind) => {
  let open: OpenClient;

  beforeAll(async () => {
    open = await openClient(kind, server.port);
  });

  afterAll(() => open?.close());

  stateCounterContract('A counter on Redis', () => redisCounter(open.client, { key: crypto.randomUUID() }));
  quotaContract('A quota on Redis', (limit) => redisQuota(open.client, { key: crypto.randomUUID(), limit }));
});
