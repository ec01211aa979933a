export { type RedisCacheOptions, redisCache } from './cache.ts';
export { type RedisCounter, type RedisCounterOptions, redisCounter } from './counter.ts';
export { type RedisFrontier, type RedisFrontierOptions, redisFrontier } from './frontier.ts';
export { type RedisLimiterOptions, redisLimiter } from './limiter.ts';
export type { RedisOptions } from './link.ts';
export { redisQueue } from './queue.ts';
export type { RedisQueue, RedisQueueOptions, RedisRecordLease } from './queue-options.ts';
export { type RedisQuota, type RedisQuotaOptions, redisQuota } from './quota.ts';
export type { IoRedisClient, NodeRedisClient, RedisClient, RedisCommands } from './redis-commands.ts';
export { isRedisError, RedisError } from './redis-error.ts';
export { type RedisHttpOptions, redisHttp } from './redis-http.ts';
export {
  type RedisSocket,
  type RedisSocketOptions,
  type RedisSocketStreams,
  redisSocket,
} from './redis-socket.ts';
export { type RedisRobotsOptions, redisRobots } from './robots.ts';
