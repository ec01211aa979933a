import { redisCounter, redisQuota } from 'tideway/redis';
import { quotaContract } from '../contracts/quota.ts';
import { stateCounterContract } from '../contracts/state-counter.ts';
import { overEachClient } from '../helpers/over-each-client.ts';
import { CLIENT_KINDS } from '../helpers/redis-server.ts';

overEachClient(CLIENT_KINDS, 'over %s', (redis) => {
  stateCounterContract('A counter on Redis', () => redisCounter(redis.client, { key: crypto.randomUUID() }));
  quotaContract('A quota on Redis', (limit) => redisQuota(redis.client, { key: crypto.randomUUID(), limit }));
});
