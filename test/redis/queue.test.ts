import { redisQueue } from 'tideway/redis';
import { recordQueueContract } from '../contracts/record-queue.ts';
import { overEachClient } from '../helpers/over-each-client.ts';
import { CLIENT_KINDS } from '../helpers/redis-server.ts';

overEachClient(CLIENT_KINDS, 'over %s', (redis) => {
  const unique = (record: unknown): string => JSON.stringify(record);
  recordQueueContract('A unique queue on Redis', (options) =>
    redisQueue<unknown>(redis.client, { key: crypto.randomUUID(), unique, ...options }),
  );
  recordQueueContract('A priority queue on Redis', (options) =>
    redisQueue<unknown>(redis.client, { key: crypto.randomUUID(), priority: () => 1, ...options }),
  );
  recordQueueContract('A counting queue on Redis', (options) =>
    redisQueue<unknown>(redis.client, { key: crypto.randomUUID(), unique, priority: 'count', ...options }),
  );
  recordQueueContract('A queue on Redis', (options) =>
    redisQueue<unknown>(redis.client, { key: crypto.randomUUID(), ...options }),
  );
});
