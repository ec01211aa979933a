import type { RedisClient } from 'tideway/redis';
import { afterAll, beforeAll, describe } from 'vitest';
import { type ClientKind, type OpenClient, openClient, type RedisServer, startRedis } from './redis-server.ts';

/** What the tests over one kind of client have; its parts are there as soon as a test or a hook of theirs runs. */
export interface RedisOfTests {
  readonly kind: ClientKind;
  readonly client: RedisClient;
  /** The server of this client alone. */
  readonly server: RedisServer;
}

/** Describes the same tests for each kind of client; `%s` in the title is the kind. */
export function overEachClient(
  kinds: readonly ClientKind[],
  title: string,
  describeTests: (redis: RedisOfTests) => void,
): void {
  describe.each(kinds)(title, (kind) => {
    let server: RedisServer;
    let open: OpenClient;

    beforeAll(async () => {
      server = await startRedis();
      open = await openClient(kind, server.port);
    });

    afterAll(async () => {
      await open?.close();
      await server?.close();
    });

    describeTests({
      kind,
      get client() {
        return open.client;
      },
      get server() {
        return server;
      },
    });
  });
}
