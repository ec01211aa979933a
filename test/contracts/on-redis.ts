import {
  type RedisClient,
  redisCache,
  redisCounter,
  redisFrontier,
  redisLimiter,
  redisQueue,
  redisQuota,
} from 'tideway/redis';
import { describe, it } from 'vitest';
import { frontierContract } from './frontier.ts';
import { limiterContract } from './limiter.ts';
import { quotaContract } from './quota.ts';
import { recordQueueContract } from './record-queue.ts';
import { responseCacheCases } from './response-cache.ts';
import { stateCounterContract } from './state-counter.ts';

/** What holds of all that is shared over a client of Redis. The client need not be there before the tests run. */
export function contractsOnRedis(client: () => RedisClient): void {
  limiterContract('A limiter on Redis', (limits) => ({
    limiter: redisLimiter(client(), { limits, prefix: crypto.randomUUID() }),
  }));
  stateCounterContract('A counter on Redis', () => redisCounter(client(), { key: crypto.randomUUID() }));
  quotaContract('A quota on Redis', (limit) => redisQuota(client(), { key: crypto.randomUUID(), limit }));
  recordQueueContract('A queue on Redis', (options) =>
    redisQueue<unknown>(client(), { key: crypto.randomUUID(), ...options }),
  );
  frontierContract('A frontier on Redis', (options) =>
    redisFrontier(client(), { key: crypto.randomUUID(), ...options }),
  );

  describe('A cache on Redis', () => {
    it.each(Object.entries(responseCacheCases))('%s', async (_title, run) => {
      await run((options) => redisCache(client(), { prefix: crypto.randomUUID(), ...options }));
    });
  });
}
