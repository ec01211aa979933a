import { redisFrontier } from 'tideway/redis';
import { frontierContract } from '../contracts/frontier.ts';
import { overEachClient } from '../helpers/over-each-client.ts';
import { CLIENT_KINDS } from '../helpers/redis-server.ts';

overEachClient(CLIENT_KINDS, 'over %s', (redis) => {
  frontierContract('A frontier on Redis', (options) =>
    redisFrontier(redis.client, { key: crypto.randomUUID(), ...options }),
  );
});
