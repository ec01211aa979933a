import { isConfigurationError } from 'tideway';
import { memoryCounter, memoryQueue, memoryQuota } from 'tideway/tide';
import { describe, expect, it } from 'vitest';
import { quotaContract } from '../contracts/quota.ts';
import { recordQueueContract } from '../contracts/record-queue.ts';
import { stateCounterContract } from '../contracts/state-counter.ts';
import { thrown } from '../helpers/rejection.ts';

stateCounterContract('memoryCounter()', memoryCounter);
recordQueueContract('memoryQueue()', (options) => memoryQueue<unknown>(options));
quotaContract('memoryQuota()', memoryQuota);

describe('memoryCounter()', () => {
  it('adds what tides have delivered and not incremented yet', () => {
    const counter = memoryCounter();
    let pending = 0;
    const end = counter.start(() => pending);
    pending = 3;
    expect(counter.read()).toEqual({ state: 'started', count: 3, total: 3 });
    pending = 1;
    expect(counter.increment(2)).toBe(3);
    counter.clear();
    expect(counter.read()).toEqual({ state: 'started', count: 0, total: 0 });
    pending = 0;
    counter.increment(1);
    end();
    expect(counter.read()).toEqual({ state: 'stopped', count: 0, total: 0 });
  });

  it.each([-1, 1.5, Number.NaN])('refuses an increment by %d', (n) => {
    expect(thrown(() => memoryCounter().increment(n))).toSatisfy(isConfigurationError);
  });
});

describe('memoryQueue()', () => {
  it.each([{ maxSize: 0 }, { maxSize: 1.5 }, { overflow: 'drop' }] as object[])('refuses %o', (options) => {
    expect(thrown(() => memoryQueue(options))).toSatisfy(isConfigurationError);
  });

  it.each([0, -1, Number.NaN])('refuses a lease of %d ms', (ttl) => {
    expect(thrown(() => memoryQueue().lease({ ttl }))).toSatisfy(isConfigurationError);
  });

  it('lets those in who wait when its limit grows', async () => {
    const queue = memoryQueue<number>({ maxSize: 1 });
    queue.put(1);
    const waiting = queue.put(2);
    queue.maxSize = 2;
    await waiting;
    expect(queue.size()).toBe(2);
  });

  it('keeps its order over millions of records in a memory of its size', () => {
    const queue = memoryQueue<number>({ maxSize: 5_000 });
    let next = 0;
    for (let n = 0; n < 2_000_000; n++) {
      queue.put(n);
      if (n >= 4_000 && queue.take() !== next++) throw new Error('Out of order');
    }
    expect(queue.size()).toBe(4_000);
    expect(next).toBe(2_000_000 - 4_000);
  });
});

describe('memoryQuota()', () => {
  it.each([0, -1, 1.5, undefined])('refuses a limit of %s', (limit) => {
    expect(thrown(() => memoryQuota(limit as number))).toSatisfy(isConfigurationError);
  });
});
