import { redisFrontier } from 'tideway/redis';
import { afterAll, beforeAll, describe } from 'vitest';
import { frontierContract } from '../contracts/frontier.ts';
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

  frontierContract('A frontier on Redis', (options) =>
    redisFrontier(open.client, { key: crypto.randomUUID(), ...options }),
  );
});
