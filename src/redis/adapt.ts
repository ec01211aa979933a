import { expected } from '../errors/index.ts';
import { ioRedis } from './io-redis.ts';
import { nodeRedis } from './node-redis.ts';
import type { IoRedisClient, NodeRedisClient, RedisClient, RedisCommands } from './redis-commands.ts';

/** One for each client, so that all that listens shares a connection. */
const ADAPTED: WeakMap<object, RedisCommands> = new WeakMap();

/**
 * What any client does when it looks like the others.
 *
 * @throws ConfigurationError for what is no client.
 */
export function adapt(client: RedisClient): RedisCommands {
  if (typeof client !== 'object' || client === null) return refuse(client);
  const known = ADAPTED.get(client);
  if (known) return known;
  const has = (name: string): boolean => typeof (client as unknown as Record<string, unknown>)[name] === 'function';
  let commands: RedisCommands;
  if (has('send')) commands = client as RedisCommands;
  else if (has('call') && has('evalsha')) commands = ioRedis(client as IoRedisClient);
  else if (has('sendCommand') && has('evalSha')) commands = nodeRedis(client as NodeRedisClient);
  else return refuse(client);
  ADAPTED.set(client, commands);
  return commands;
}

function refuse(client: unknown): never {
  return expected('a client of `redis` or `ioredis`, or one of redisHttp() or redisSocket()', client);
}
