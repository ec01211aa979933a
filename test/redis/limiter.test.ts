import { redisLimiter } from 'tideway/redis';
import { afterAll, beforeAll, describe } from 'vitest';
import { limiterContract } from '../contracts/limiter.ts';
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

  limiterContract(`A limiter on Redis over ${kind}`, (limits) => ({
    limiter: redisLimiter(open.client, { limits, prefix: crypto.randomUUID() }),
  }));
});
