import { redisQueue } from 'tideway/redis';
import { afterAll, beforeAll, describe } from 'vitest';
import { recordQueueContract } from '../contracts/record-queue.ts';
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

  const unique = (record: unknown): string => JSON.stringify(record);
  recordQueueContract('A unique queue on Redis', (options) =>
    redisQueue<unknown>(open.client, { key: crypto.randomUUID(), unique, ...options }),
  );
  recordQueueContract('A priority queue on Redis', (options) =>
    redisQueue<unknown>(open.client, { key: crypto.randomUUID(), priority: () => 1, ...options }),
  );
  recordQueueContract('A counting queue on Redis', (options) =>
    redisQueue<unknown>(open.client, { key: crypto.randomUUID(), unique, priority: 'count', ...options }),
  );
  recordQueueContract('A queue on Redis', (options) =>
    redisQueue<unknown>(open.client, { key: crypto.randomUUID(), ...options }),
  );
});
