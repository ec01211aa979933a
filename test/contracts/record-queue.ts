import { isConfigurationError, isQueueFullError } from 'tideway';
import type { Overflow, RecordQueue } from 'tideway/tide';
import { describe, expect, it } from 'vitest';
import { rejection } from '../helpers/rejection.ts';

/** A queue with its drop count. */
export type MeasuredQueue = RecordQueue<unknown> & { readonly dropped: number | (() => Promise<number>) };

/** Makes a queue that is new and empty. */
export type MakeQueue = (options: {
  readonly maxSize?: number;
  readonly overflow?: Overflow;
}) => MeasuredQueue | Promise<MeasuredQueue>;

/** A lease that ends soon, in milliseconds. */
const SOON = 60;

async function droppedOf(queue: MeasuredQueue): Promise<number> {
  return typeof queue.dropped === 'function' ? queue.dropped() : queue.dropped;
}

async function putAll(queue: RecordQueue<unknown>, ...records: readonly unknown[]): Promise<void> {
  for (const record of records) await queue.put(record);
}

/** Whether a promise is still open after some turns of the event loop. */
async function isOpen(promise: unknown): Promise<boolean> {
  const open = Symbol('open');
  const later = new Promise((resolve) => setTimeout(() => resolve(open), 30));
  return (await Promise.race([promise, later])) === open;
}

/** What a {@link RecordQueue} must do, whatever it keeps its records in. */
export function recordQueueContract(name: string, make: MakeQueue): void {
  describe(`${name} as a RecordQueue`, () => {
    it('hands out records in the order in which they were put', async () => {
      const queue = await make({});
      await putAll(queue, 'a', { b: [1, null] }, 3);
      expect(await queue.size()).toBe(3);
      expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(['a', { b: [1, null] }, 3]);
      expect(await queue.size()).toBe(0);
    });

    it('takes falsy values for records', async () => {
      const queue = await make({});
      await putAll(queue, 0, '', false, null);
      expect([await queue.take(), await queue.take(), await queue.take(), await queue.take()]).toEqual([
        0,
        '',
        false,
        null,
      ]);
    });

    it('refuses undefined, which says that there is nothing', async () => {
      const queue = await make({});
      expect(await rejection((async () => queue.put(undefined))())).toSatisfy(isConfigurationError);
      expect(await queue.size()).toBe(0);
    });

    it('lets a consumer wait for a record', async () => {
      const queue = await make({});
      const taken = queue.take();
      expect(await isOpen(taken)).toBe(true);
      await queue.put('late');
      expect(await taken).toBe('late');
      expect(await queue.size()).toBe(0);
    });

    it('hands each record to one of several consumers', async () => {
      const queue = await make({});
      const seen: unknown[] = [];
      const consume = async (): Promise<void> => {
        for await (const record of queue) {
          seen.push(record);
          await Promise.resolve();
        }
      };
      const consumers = [consume(), consume(), consume()];
      for (let n = 0; n < 90; n++) await queue.put(n);
      await queue.close();
      await Promise.all(consumers);
      expect(seen.toSorted((left, right) => Number(left) - Number(right))).toEqual(
        Array.from({ length: 90 }, (_, n) => n),
      );
    });

    it('lets a consumer that waits leave, and gives the record to the next one', async () => {
      const queue = await make({});
      const controller = new AbortController();
      const left = rejection((async () => queue.take({ signal: controller.signal }))());
      const next = queue.take();
      controller.abort('gone');
      expect(await left).toBe('gone');
      await queue.put('record');
      expect(await next).toBe('record');
    });

    it('gives nothing to a consumer whose signal is aborted already', async () => {
      const queue = await make({});
      await queue.put('record');
      expect(await rejection((async () => queue.take({ signal: AbortSignal.abort('gone') }))())).toBe('gone');
      expect(await queue.size()).toBe(1);
    });

    it('ends its iteration, and the wait of consumers, when it is closed and empty', async () => {
      const queue = await make({});
      await putAll(queue, 1, 2);
      await queue.close();
      const seen: unknown[] = [];
      for await (const record of queue) seen.push(record);
      expect(seen).toEqual([1, 2]);
      expect(await queue.take()).toBeUndefined();
      const empty = await make({});
      const waiting = empty.take();
      await empty.close();
      expect(await waiting).toBeUndefined();
    });

    it('refuses records once it is closed', async () => {
      const queue = await make({});
      await queue.close();
      expect(await rejection((async () => queue.put('late'))())).toSatisfy(isConfigurationError);
    });

    it('forgets its records by a clear', async () => {
      const queue = await make({});
      await putAll(queue, 1, 2);
      const lease = await queue.lease();
      await queue.clear();
      await lease?.release();
      expect(await queue.size()).toBe(0);
    });
  });

  describe(`${name} that is full`, () => {
    it('lets `put` wait until somebody takes, and keeps the order', async () => {
      const queue = await make({ maxSize: 2, overflow: 'wait' });
      await putAll(queue, 1, 2);
      const waiting = [queue.put(3), queue.put(4)];
      expect(await isOpen(Promise.race(waiting))).toBe(true);
      expect(await queue.size()).toBe(2);
      expect(await queue.take()).toBe(1);
      await waiting[0];
      expect(await isOpen(waiting[1])).toBe(true);
      expect([await queue.take(), await queue.take(), await queue.take()]).toEqual([2, 3, 4]);
      await waiting[1];
      expect(await droppedOf(queue)).toBe(0);
    });

    it('lets a `put` that waits leave, and has no record of it', async () => {
      const queue = await make({ maxSize: 1, overflow: 'wait' });
      await queue.put(1);
      const controller = new AbortController();
      const left = rejection((async () => queue.put(2, { signal: controller.signal }))());
      controller.abort('gone');
      expect(await left).toBe('gone');
      expect(await queue.take()).toBe(1);
      expect(await isOpen(queue.take())).toBe(true);
    });

    it('refuses a `put` that waits when it is closed', async () => {
      const queue = await make({ maxSize: 1, overflow: 'wait' });
      await queue.put(1);
      const refused = rejection((async () => queue.put(2))());
      await queue.close();
      expect(await refused).toSatisfy(isConfigurationError);
      expect(await queue.take()).toBe(1);
      expect(await queue.take()).toBeUndefined();
    });

    it('makes room by a clear', async () => {
      const queue = await make({ maxSize: 1, overflow: 'wait' });
      await queue.put(1);
      const waiting = queue.put(2);
      await queue.clear();
      await waiting;
      expect(await queue.take()).toBe(2);
    });

    it('drops the oldest records, and counts them, with `dropOldest`', async () => {
      const queue = await make({ maxSize: 2, overflow: 'dropOldest' });
      await putAll(queue, 1, 2, 3, 4, 5);
      expect(await droppedOf(queue)).toBe(3);
      expect([await queue.take(), await queue.take()]).toEqual([4, 5]);
    });

    it('drops the newest records, and counts them, with `dropNewest`', async () => {
      const queue = await make({ maxSize: 2, overflow: 'dropNewest' });
      await putAll(queue, 1, 2, 3, 4, 5);
      expect(await droppedOf(queue)).toBe(3);
      expect([await queue.take(), await queue.take()]).toEqual([1, 2]);
    });

    it('refuses records with `fail`', async () => {
      const queue = await make({ maxSize: 1, overflow: 'fail' });
      await queue.put(1);
      const error = await rejection((async () => queue.put(2))());
      expect(error).toSatisfy(isQueueFullError);
      expect(await queue.size()).toBe(1);
    });
  });

  describe(`${name} and leases`, () => {
    it('hands out a record once while it is leased, and never again once it is acknowledged', async () => {
      const queue = await make({});
      await putAll(queue, 'a', 'b');
      const lease = await queue.lease();
      expect(lease?.record).toBe('a');
      expect(await queue.size()).toBe(1);
      expect(await queue.take()).toBe('b');
      expect(await lease?.ack()).toBe(true);
      expect(await isOpen(queue.take())).toBe(true);
    });

    it('hands out a record again that was released, before all others', async () => {
      const queue = await make({});
      await putAll(queue, 'a', 'b');
      const lease = await queue.lease();
      await lease?.release();
      expect(await queue.size()).toBe(2);
      expect([await queue.take(), await queue.take()]).toEqual(['a', 'b']);
    });

    it('hands out a record again whose lease ran out, and tells its first holder', async () => {
      const queue = await make({});
      await queue.put('a');
      const lease = await queue.lease({ ttl: SOON });
      expect(await queue.take()).toBe('a');
      expect(await lease?.ack()).toBe(false);
      await lease?.release();
      expect(await queue.size()).toBe(0);
    });

    it('lets a consumer wait for a lease', async () => {
      const queue = await make({});
      const waiting = queue.lease();
      await queue.put('late');
      expect((await waiting)?.record).toBe('late');
    });

    it('goes on when it is closed until the last lease is settled', async () => {
      const queue = await make({});
      await queue.put('a');
      const lease = await queue.lease();
      await queue.close();
      const waiting = queue.take();
      expect(await isOpen(waiting)).toBe(true);
      await lease?.release();
      expect(await waiting).toBe('a');
      const last = await make({});
      await last.put('b');
      const other = await last.lease();
      await last.close();
      const nothing = last.lease();
      await other?.ack();
      expect(await nothing).toBeUndefined();
    });

    it('loses no record among consumers that fail', async () => {
      const queue = await make({});
      await putAll(queue, ...Array.from({ length: 40 }, (_, n) => n));
      await queue.close();
      const done: unknown[] = [];
      const work = async (): Promise<void> => {
        for (let turn = 0; ; turn++) {
          const lease = await queue.lease();
          if (!lease) return;
          if (turn % 3 === 1) await lease.release();
          else if (await lease.ack()) done.push(lease.record);
        }
      };
      await Promise.all([work(), work(), work()]);
      expect(done.toSorted((left, right) => Number(left) - Number(right))).toEqual(
        Array.from({ length: 40 }, (_, n) => n),
      );
    });
  });
}
