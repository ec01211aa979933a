import { redisLimiter } from 'tideway/redis';
import { limiterContract } from '../contracts/limiter.ts';
import { overEachClient } from '../helpers/over-each-client.ts';
import { CLIENT_KINDS } from '../helpers/redis-server.ts';

overEachClient(CLIENT_KINDS, 'over %s', (redis) => {
  limiterContract(`A limiter on Redis over ${redis.kind}`, (limits) => ({
    limiter: redisLimiter(redis.client, { limits, prefix: crypto.randomUUID() }),
  }));
});
