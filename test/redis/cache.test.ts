import { redisCache } from 'tideway/redis';
import { describe, it } from 'vitest';
import { responseCacheCases } from '../contracts/response-cache.ts';
import { overEachClient } from '../helpers/over-each-client.ts';
import { CLIENT_KINDS } from '../helpers/redis-server.ts';

overEachClient(CLIENT_KINDS, 'over %s', (redis) => {
  describe.each([false, true])('a cache on Redis, compressed: %s,', (compress) => {
    it.each(Object.entries(responseCacheCases))('%s', async (_title, run) => {
      await run((options) => redisCache(redis.client, { prefix: crypto.randomUUID(), compress, ...options }));
    });
  });
});
