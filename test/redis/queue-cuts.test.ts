import { type RedisQueueOptions, redisQueue } from 'tideway/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openClient, type RedisServer, startRedis } from '../helpers/redis-server.ts';

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});

afterAll(() => server?.close());

const word = (text: string): string => text;
const KINDS: Readonly<Record<string, Partial<RedisQueueOptions<string>>>> = {
  plain: {},
  unique: { unique: word },
  'by priority': { priority: (text) => text.length },
  'by count': { unique: word, priority: 'count' },
};

describe.each(['redis', 'ioredis', 'socket'] as const)('over %s, a queue whose connections are cut', (client) => {
  it.each(Object.entries(KINDS))(
    '%s, has every record acknowledged as often as it was put',
    async (_kind, options) => {
      const PUTS = 100;
      const machines = await Promise.all([1, 2, 3].map(() => openClient(client, server.port)));
      const key = crypto.randomUUID();
      const [producer, ...consumers] = machines.map((machine) =>
        redisQueue<string>(machine.client, { key, timeout: 20_000, ...options }),
      );
      // As often as there is something under way, however slow the machine is.
      const cutSoon = (): void =>
        void setTimeout(() => server.cli('client', 'kill', 'type', 'normal'), Math.random() * 5);
      try {
        let acked = 0;
        const consume = async (queue: (typeof consumers)[number]): Promise<void> => {
          for (let lease = await queue.lease(); lease; lease = await queue.lease()) {
            if (Math.random() < 0.1) cutSoon();
            if (Math.random() < 0.3) await lease.release();
            else if (await lease.ack()) acked += lease.count;
          }
        };
        const consuming = Promise.all(consumers.map(consume));
        for (let n = 0; n < PUTS; n += 4) {
          cutSoon();
          await Promise.all([0, 1, 2, 3].map((m) => producer?.put('x'.repeat(1 + ((n + m) % 7)))));
        }
        expect(await producer?.total()).toBe(PUTS);
        await producer?.close();
        await consuming;
        expect(acked).toBe(PUTS);
      } finally {
        await Promise.all(machines.map((machine) => machine.close()));
      }
    },
    60_000,
  );
});
