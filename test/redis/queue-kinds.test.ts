import { type RedisQueue, redisQueue } from 'tideway/redis';
import { beforeEach, describe, expect, it } from 'vitest';
import { overEachClient } from '../helpers/over-each-client.ts';
import { CLIENT_KINDS } from '../helpers/redis-server.ts';
import { rejection, thrown } from '../helpers/rejection.ts';

interface Page {
  readonly url: string;
  readonly rank?: number;
}

overEachClient(CLIENT_KINDS, 'over %s', (redis) => {
  let key: string;

  beforeEach(() => {
    key = crypto.randomUUID();
  });

  async function putAll<T>(queue: RedisQueue<T>, ...records: readonly T[]): Promise<void> {
    for (const record of records) await queue.put(record);
  }

  async function takeAll<T>(queue: RedisQueue<T>): Promise<readonly T[]> {
    await queue.close();
    const all: T[] = [];
    for await (const record of queue) all.push(record);
    return all;
  }

  const a: Page = { url: 'http://a.example/' };
  const b: Page = { url: 'http://b.example/' };
  const c: Page = { url: 'http://c.example/' };

  describe('a queue with unique records', () => {
    const make = (): RedisQueue<Page> => redisQueue<Page>(redis.client, { key, unique: ({ url }) => url });

    it('has a record once while it waits, at its first place and as it was first', async () => {
      const queue = make();
      await putAll(queue, a, b, { ...a, rank: 9 }, c, b);
      expect(await queue.size()).toBe(3);
      expect(await queue.total()).toBe(5);
      expect(await queue.dropped()).toBe(0);
      expect(await takeAll(queue)).toEqual([a, b, c]);
    });

    it('takes it again once somebody has it', async () => {
      const queue = make();
      await putAll(queue, a, a);
      const lease = await queue.lease();
      expect(lease?.count).toBe(2);
      await queue.put(a);
      expect(await queue.size()).toBe(1);
      expect(await lease?.ack()).toBe(true);
      const again = await queue.lease();
      expect(again).toMatchObject({ record: a, count: 1 });
    });

    it('has it once again when it is released, or its lease ends, and loses no count', async () => {
      const queue = make();
      await putAll(queue, a, b, a);
      const released = await queue.lease();
      await queue.put(a);
      await released?.release();
      expect(await queue.size()).toBe(2);
      const ending = await queue.lease({ ttl: 50 });
      expect(ending).toMatchObject({ record: a, count: 3 });
      await queue.put(a);
      await expect.poll(() => queue.leased(), { timeout: 10_000 }).toBe(0);
      expect(await queue.size()).toBe(2);
      expect(await ending?.ack()).toBe(false);
      expect(await queue.lease()).toMatchObject({ record: a, count: 4 });
      expect(await queue.take()).toEqual(b);
    });

    it('hands each record to one of many consumers, whoever puts it how often', async () => {
      const queues = [make(), make(), make()];
      const urls = Array.from({ length: 100 }, (_, n) => `http://site.example/${n % 20}`);
      await Promise.all(urls.map((url, n) => queues[n % 3]?.put({ url })));
      const all = await Promise.all(queues.map((queue) => takeAll(queue)));
      expect(all.flat()).toHaveLength(20);
      expect(new Set(all.flat().map(({ url }) => url)).size).toBe(20);
    });

    it('takes a record again that somebody has deleted by other means', async () => {
      const queue = make();
      await putAll(queue, a, b);
      redis.server.cli('xtrim', `{tideway:1:queue:${key}}:stream`, 'maxlen', '0');
      await putAll(queue, a, c);
      expect(await takeAll(queue)).toEqual([a, c]);
    });

    it('needs no room for what is there', async () => {
      const queue = redisQueue<Page>(redis.client, { key, unique: ({ url }) => url, maxSize: 1, overflow: 'fail' });
      await putAll(queue, a, a);
      expect(await rejection(queue.put(b))).toMatchObject({ code: 'ERR_QUEUE_FULL' });
    });
  });

  describe('a queue with priorities', () => {
    const priority = ({ rank = 0 }: Page): number => rank;

    it('hands out higher ones first, and equals in their order', async () => {
      const queue = redisQueue<Page>(redis.client, { key, priority });
      const ranked = [a, { ...b, rank: 1.5 }, { ...c, rank: -2 }, { ...a, rank: 1.5 }, { ...b, rank: 1e21 }, b];
      await putAll(queue, ...ranked);
      expect(await takeAll(queue)).toEqual([4, 1, 3, 0, 5, 2].map((n) => ranked[n]));
    });

    it('gives a record its place again that was released, or whose lease ended', async () => {
      const queue = redisQueue<Page>(redis.client, { key, priority });
      await putAll(queue, { ...a, rank: 1 }, { ...b, rank: 1 });
      await (await queue.lease())?.release();
      await queue.lease({ ttl: 50 });
      await queue.put({ ...c, rank: 2 });
      await expect.poll(() => queue.size(), { timeout: 10_000 }).toBe(3);
      expect((await takeAll(queue)).map(({ url }) => url)).toEqual([c.url, a.url, b.url]);
    });

    it('drops the oldest of the lowest priority where it is full, also what is new', async () => {
      const queue = redisQueue<Page>(redis.client, { key, priority, maxSize: 2, overflow: 'dropOldest' });
      await putAll(queue, a, { ...b, rank: 1 }, c, { ...a, rank: -1 });
      expect(await queue.dropped()).toBe(2);
      expect(await takeAll(queue)).toEqual([{ ...b, rank: 1 }, c]);
    });

    it('keeps unique records, too', async () => {
      const queue = redisQueue<Page>(redis.client, { key, priority, unique: ({ url }) => url });
      await putAll(queue, a, { ...b, rank: 1 }, { ...a, rank: 5 });
      expect(await takeAll(queue)).toEqual([{ ...b, rank: 1 }, a]);
    });

    it('refuses a priority that is no number, and goes on', async () => {
      const queue = redisQueue<Page>(redis.client, { key, priority: ({ rank }) => rank as number });
      expect(await rejection(queue.put(a))).toMatchObject({
        code: 'ERR_CONFIGURATION',
        message: 'Expected `priority` to answer with a finite number, got `NaN` (number)',
      });
      await queue.put({ ...a, rank: 1 });
      expect(await queue.size()).toBe(1);
    });
  });

  it('a counting queue hands out first what was put most often, with its count', async () => {
    const queue = redisQueue<string>(redis.client, { key, unique: (word) => word, priority: 'count' });
    await putAll(queue, 'one', 'three', 'two', 'three', 'two', 'three', 'also two', 'also two');
    const counts: [string, number][] = [];
    await queue.close();
    for (let lease = await queue.lease(); lease; lease = await queue.lease()) {
      counts.push([lease.record, lease.count]);
      await lease.ack();
    }
    expect(counts).toEqual([
      ['three', 3],
      ['two', 2],
      ['also two', 2],
      ['one', 1],
    ]);
    expect(await queue.total()).toBe(8);
  });

  it('a queue that is taken for one of another kind is told, until it is cleared', async () => {
    await redisQueue<string>(redis.client, { key, unique: (word) => word }).put('a');
    const plain = redisQueue<string>(redis.client, { key });
    const calls = [plain.put('b'), plain.take(), plain.size(), plain.close()];
    for (const error of await Promise.all(calls.map(rejection))) {
      expect(error).toMatchObject({
        code: 'ERR_CONFIGURATION',
        message: 'Expected a queue that is unique, as it was begun, got `plain`',
      });
    }
    await plain.clear();
    await plain.put('b');
    expect(await plain.take()).toBe('b');
  });
});

describe('options of queues', () => {
  const none = { send: async () => [] };
  it.each([
    [
      () => redisQueue(none, { key: 'k', unique: 1 as never }),
      'Expected `unique` to be of type function, got `1` (number)',
    ],
    [
      () => redisQueue(none, { key: 'k', priority: 'high' as never }),
      'Expected `priority` to be of type function, got `high`',
    ],
    [
      () => redisQueue(none, { key: 'k', priority: 'count' }),
      "Expected `priority: 'count'` to come with `unique`, got `undefined` (undefined)",
    ],
  ])('that cannot work are refused: %s', (make, message) => {
    expect(thrown(make)).toMatchObject({ code: 'ERR_CONFIGURATION', message });
  });

  it('whose functions fail reject the put', async () => {
    const failure = new Error('mine');
    const queue = redisQueue<string>(none, {
      key: 'k',
      unique: () => {
        throw failure;
      },
    });
    expect(await rejection(queue.put('a'))).toBe(failure);
    const empty = redisQueue<string>(none, { key: 'k', unique: () => '' });
    expect(await rejection(empty.put('a'))).toMatchObject({
      message: 'Expected `unique(record)` to be text of 1 to 4096 characters, got ``',
    });
  });
});
