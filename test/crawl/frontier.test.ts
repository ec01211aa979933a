import { type FrontierLease, memoryFrontier } from 'tideway/crawl';
import { describe, expect, it } from 'vitest';
import { frontierContract } from '../contracts/frontier.ts';

frontierContract('memoryFrontier()', memoryFrontier);

describe('memoryFrontier()', () => {
  it('lets a higher priority overtake other hosts, also when it comes later', async () => {
    const frontier = memoryFrontier();
    await frontier.add(['http://a.example/1', 'http://b.example/1', 'http://c.example/1']);
    await frontier.add([{ url: 'http://c.example/urgent', priority: 1 }]);
    const leases = await frontier.lease(4);
    expect(leases.map(({ task }) => task.url)).toEqual([
      'http://c.example/urgent',
      'http://a.example/1',
      'http://b.example/1',
      'http://c.example/1',
    ]);
  });

  it('counts the leases of a host, also when tasks of it are done and new ones come', async () => {
    const frontier = memoryFrontier();
    await frontier.add(['http://a.example/1', 'http://a.example/2', 'http://a.example/3']);
    const [lease] = await frontier.lease(1, { perHost: 1 });
    await frontier.ack(lease as FrontierLease);
    await frontier.add('http://a.example/4');
    expect(await frontier.lease(10, { perHost: 1 })).toHaveLength(1);
    expect(await frontier.lease(10, { perHost: 1 })).toEqual([]);
  });

  it('takes no acknowledgement of what was said to have failed', async () => {
    const frontier = memoryFrontier();
    await frontier.add('http://a.example/1');
    const [lease] = await frontier.lease(1);
    await frontier.fail(lease as FrontierLease);
    expect(await frontier.ack(lease as FrontierLease)).toBe(false);
    expect(await frontier.size()).toBe(1);
  });

  it('holds a quarter of a million URLs of one host, in their order', { timeout: 120_000 }, async () => {
    const frontier = memoryFrontier();
    for (let from = 0; from < 250_000; from += 10_000) {
      await frontier.add(Array.from({ length: 10_000 }, (_, n) => `http://a.example/${from + n}`));
    }
    expect(await frontier.size()).toBe(250_000);
    const leases = await frontier.lease(250_000);
    expect(leases.findIndex(({ task }, n) => task.url !== `http://a.example/${n}`)).toBe(-1);
    expect(leases).toHaveLength(250_000);
  });
});
