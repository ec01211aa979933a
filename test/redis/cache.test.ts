import { redisCache } from 'tideway/redis';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { responseCacheCases } from '../contracts/response-cache.ts';
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

  describe.each([false, true])('a cache on Redis, compressed: %s,', (compress) => {
    it.each(Object.entries(responseCacheCases))('%s', async (_title, run) => {
      await run((options) => redisCache(open.client, { prefix: crypto.randomUUID(), compress, ...options }));
    });
  });
});
