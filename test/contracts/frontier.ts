import { isConfigurationError } from 'tideway';
import type { Frontier, FrontierLease, FrontierOptions } from 'tideway/crawl';
import { FetchTask } from 'tideway/fetcher';
import { afterEach, describe, expect, it } from 'vitest';
import { rejection } from '../helpers/rejection.ts';

/** Makes a frontier that is new and empty. */
export type MakeFrontier = (options: Pick<FrontierOptions, 'attempts' | 'fingerprint'>) => Frontier | Promise<Frontier>;

/** A lease that ends soon, in milliseconds. */
const SOON = 60;
/** One that does not while a test runs. */
const LONG = 600_000;

/** The URLs of leases. */
function urls(leases: readonly FrontierLease[]): string[] {
  return leases.map(({ task }) => task.url);
}

/** Leases one task at a time until there is none, and acknowledges each. */
async function drain(frontier: Frontier): Promise<string[]> {
  const seen: string[] = [];
  for (let [lease] = await frontier.lease(1); lease; [lease] = await frontier.lease(1)) {
    seen.push(lease.task.url);
    await frontier.ack(lease);
  }
  return seen;
}

/** The only lease that there is to be had. */
async function leaseOne(frontier: Frontier, ttl: number = LONG): Promise<FrontierLease> {
  const leases = await frontier.lease(5, { ttl });
  expect(leases).toHaveLength(1);
  return leases[0] as FrontierLease;
}

/** Waits until there is something to be leased. */
async function leaseSoon(frontier: Frontier): Promise<FrontierLease> {
  let lease: FrontierLease | undefined;
  await expect
    .poll(
      async () => {
        [lease] = await frontier.lease(1, { ttl: LONG });
        return lease;
      },
      { timeout: 10_000, interval: 10 },
    )
    .toBeDefined();
  return lease as FrontierLease;
}

/** What a {@link Frontier} must do, wherever it keeps its tasks. */
export function frontierContract(name: string, factory: MakeFrontier): void {
  const open: Frontier[] = [];
  const make: MakeFrontier = async (options) => {
    const frontier = await factory(options);
    open.push(frontier);
    return frontier;
  };
  afterEach(async () => {
    for (const frontier of open.splice(0)) await frontier.close();
  });

  describe(`${name} as a Frontier`, () => {
    it('hands out the tasks of a host in the order in which they came, until they are acknowledged', async () => {
      const frontier = await make({});
      expect(await frontier.add(['http://a.example/1', 'http://a.example/2', 'http://a.example/3'])).toBe(3);
      expect(await frontier.size()).toBe(3);
      const leases = await frontier.lease(10);
      expect(urls(leases)).toEqual(['http://a.example/1', 'http://a.example/2', 'http://a.example/3']);
      expect(leases.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
      expect(await frontier.lease(10)).toEqual([]);
      expect(await frontier.size()).toBe(3);
      for (const lease of leases) expect(await frontier.ack(lease)).toBe(true);
      expect(await frontier.size()).toBe(0);
      expect(await frontier.lease(10)).toEqual([]);
    });

    it('tells when there may be another task that waits only for its time', async () => {
      const frontier = await make({});
      await frontier.lease(1);
      expect(frontier.dueIn?.()).toBeUndefined();
      await frontier.add('http://a.example/1');
      const lease = await leaseOne(frontier);
      await frontier.fail(lease, { retryAt: Date.now() + LONG });
      expect(await frontier.lease(1)).toEqual([]);
      expect(frontier.dueIn?.()).toBeGreaterThan(LONG - 60_000);
      expect(frontier.dueIn?.()).toBeLessThanOrEqual(LONG);
    });

    it('tells when a lease runs out', async () => {
      const frontier = await make({});
      await frontier.add('http://a.example/1');
      await frontier.lease(1, { ttl: LONG });
      expect(await frontier.lease(1)).toEqual([]);
      expect(frontier.dueIn?.()).toBeGreaterThan(LONG - 60_000);
      expect(frontier.dueIn?.()).toBeLessThanOrEqual(LONG);
    });

    it('hands out no more than it is asked for', async () => {
      const frontier = await make({});
      await frontier.add(['http://a.example/1', 'http://a.example/2', 'http://b.example/1']);
      expect(await frontier.lease(2)).toHaveLength(2);
      expect(await frontier.lease(2)).toHaveLength(1);
    });

    it('keeps all that a task says', async () => {
      const frontier = await make({});
      const task = {
        url: 'http://a.example/search?q=1',
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: 'ä',
        priority: 3,
        depth: 2,
        type: 'page',
        data: { list: [1, null, 'x'] },
      };
      await frontier.add(task);
      expect((await leaseOne(frontier)).task).toEqual(task);
    });

    it('takes a task of the fetcher', async () => {
      const frontier = await make({});
      await frontier.add(new FetchTask('http://a.example/1', { method: 'POST', body: 'text', priority: 2 }));
      expect((await leaseOne(frontier)).task).toMatchObject({
        url: 'http://a.example/1',
        method: 'POST',
        body: 'text',
        priority: 2,
      });
    });

    it('knows a URL in every spelling, also when it is leased or done', async () => {
      const frontier = await make({});
      expect(await frontier.add(['http://a.example/%7Eme/?b=2&a=1#x', 'HTTP://A.example:80/~me/?a=1&b=2'])).toBe(1);
      expect(await frontier.add('http://a.example/./~me/?a=1&b=2#y')).toBe(0);
      const lease = await leaseOne(frontier);
      expect(await frontier.add(new URL('http://a.example/~me/?a=1&b=2'))).toBe(0);
      await frontier.ack(lease);
      expect(await frontier.add('http://a.example/~me/?a=1&b=2')).toBe(0);
      expect(await frontier.add('http://a.example/~me?a=1&b=2')).toBe(1);
      expect(await frontier.size()).toBe(1);
    });

    it('tells requests apart by method and body, where that is asked for', async () => {
      const frontier = await make({ fingerprint: 'request' });
      const url = 'http://a.example/search';
      expect(await frontier.add([url, { url, method: 'POST', body: 'a' }, { url, method: 'POST', body: 'b' }])).toBe(3);
      expect(await frontier.add([{ url, method: 'POST', body: 'b' }, { url }])).toBe(0);
      const plain = await make({});
      expect(await plain.add([url, { url, method: 'POST', body: 'a' }])).toBe(1);
    });

    it('takes fingerprints of your own', async () => {
      const frontier = await make({ fingerprint: ({ url }) => new URL(url).pathname });
      expect(await frontier.add(['http://a.example/1?session=1', 'http://a.example/1?session=2'])).toBe(1);
      expect((await leaseOne(frontier)).fingerprint).toBe('/1');
    });

    it('puts higher priorities first', async () => {
      const frontier = await make({});
      await frontier.add([
        { url: 'http://a.example/usual' },
        { url: 'http://a.example/low', priority: -5 },
        { url: 'http://a.example/high', priority: 5 },
      ]);
      expect(await drain(frontier)).toEqual([
        'http://a.example/high',
        'http://a.example/usual',
        'http://a.example/low',
      ]);
    });

    it('lets hosts take turns', async () => {
      const frontier = await make({});
      await frontier.add(Array.from({ length: 50 }, (_, n) => `http://big.example/${n}`));
      await frontier.add(['http://b.example/', 'http://c.example/']);
      const hosts = urls(await frontier.lease(6)).map((url) => new URL(url).hostname);
      expect(hosts).toContain('b.example');
      expect(hosts).toContain('c.example');
    });

    it('leases no more tasks of a host at once than `perHost` lets', async () => {
      const frontier = await make({});
      await frontier.add(['http://a.example/1', 'http://a.example/2', 'http://a.example/3', 'http://b.example/1']);
      const first = await frontier.lease(10, { perHost: 2 });
      expect(urls(first).toSorted()).toEqual(['http://a.example/1', 'http://a.example/2', 'http://b.example/1']);
      expect(await frontier.lease(10, { perHost: 2 })).toEqual([]);
      await frontier.ack(first.find(({ task }) => task.url === 'http://a.example/2') as FrontierLease);
      expect(urls(await frontier.lease(10, { perHost: 2 }))).toEqual(['http://a.example/3']);
    });

    it('hands out a task again when its lease has run out', async () => {
      const frontier = await make({});
      await frontier.add('http://a.example/1');
      const lost = await leaseOne(frontier, SOON);
      const again = await leaseSoon(frontier);
      expect(again.task).toEqual(lost.task);
      expect(again.id).not.toBe(lost.id);
      expect(again.attempt).toBe(1);
      expect(await frontier.size()).toBe(1);
    });

    it('takes no acknowledgement of a lease when somebody else had the task since', async () => {
      const frontier = await make({});
      await frontier.add('http://a.example/1');
      const lost = await leaseOne(frontier, SOON);
      const again = await leaseSoon(frontier);
      expect(await frontier.ack(lost)).toBe(false);
      expect(await frontier.fail(lost)).toBe(false);
      expect(await frontier.size()).toBe(1);
      expect(await frontier.ack(again)).toBe(true);
      expect(await frontier.ack(again)).toBe(false);
      expect(await frontier.size()).toBe(0);
    });

    it('keeps a lease that is renewed', async () => {
      const frontier = await make({});
      await frontier.add('http://a.example/1');
      let ttl = 300;
      let begin = performance.now();
      let lease = await leaseOne(frontier, ttl);
      await frontier.renew([lease], { ttl: LONG });
      // On a machine that is busy a lease may run out before it is renewed.
      for (; performance.now() - begin > ttl / 2; ttl *= 2) {
        await frontier.release([lease, ...(await frontier.lease(1, { ttl: SOON }))]);
        await frontier.release([await leaseSoon(frontier)]);
        begin = performance.now();
        lease = await leaseOne(frontier, ttl * 2);
        await frontier.renew([lease], { ttl: LONG });
      }
      await new Promise((resolve) => setTimeout(resolve, ttl + 100));
      expect(await frontier.lease(1)).toEqual([]);
      expect(await frontier.ack(lease)).toBe(true);
    });

    it('hands out a task that is given back before others of its host, as if it had never been leased', async () => {
      const frontier = await make({ attempts: 1 });
      await frontier.add(['http://a.example/1', 'http://a.example/2']);
      const [lease] = await frontier.lease(1);
      await frontier.release([lease as FrontierLease]);
      const again = await frontier.lease(2);
      expect(urls(again)).toEqual(['http://a.example/1', 'http://a.example/2']);
      expect(again[0]?.attempt).toBe(1);
    });

    it('hands out what failed again, behind what waits, until it failed as often as it may', async () => {
      const frontier = await make({ attempts: 3 });
      await frontier.add(['http://a.example/bad', 'http://a.example/good']);
      const [bad] = await frontier.lease(1);
      expect(await frontier.fail(bad as FrontierLease)).toBe(true);
      expect(await frontier.size()).toBe(2);
      const [good, second] = await frontier.lease(2);
      expect(good?.task.url).toBe('http://a.example/good');
      expect(second).toMatchObject({ attempt: 2, task: { url: 'http://a.example/bad' } });
      await frontier.ack(good as FrontierLease);
      expect(await frontier.fail(second as FrontierLease)).toBe(true);
      const third = await leaseOne(frontier);
      expect(third.attempt).toBe(3);
      expect(await frontier.fail(third)).toBe(false);
      expect(await frontier.size()).toBe(0);
      expect(await frontier.lease(1)).toEqual([]);
      expect(await frontier.add('http://a.example/bad')).toBe(0);
    });

    it('hands out what failed no earlier than it is told', async () => {
      const frontier = await make({});
      await frontier.add('http://a.example/1');
      const retryAt = Date.now() + 300;
      expect(await frontier.fail(await leaseOne(frontier), { retryAt })).toBe(true);
      expect(await frontier.size()).toBe(1);
      await leaseSoon(frontier);
      // A store may have a clock of its own.
      expect(Date.now()).toBeGreaterThanOrEqual(retryAt - 20);
    });

    it('hands each task to one of many workers', async () => {
      const frontier = await make({});
      const expected = Array.from({ length: 120 }, (_, n) => `http://host-${n % 7}.example/${n}`);
      expect(await frontier.add(expected)).toBe(120);
      const seen: string[] = [];
      const work = async (n: number): Promise<void> => {
        for (let leases = await frontier.lease(n); leases.length > 0; leases = await frontier.lease(n)) {
          seen.push(...urls(leases));
          for (const lease of leases) expect(await frontier.ack(lease)).toBe(true);
        }
      };
      await Promise.all([work(1), work(3), work(10), work(2)]);
      expect(seen.toSorted()).toEqual(expected.toSorted());
      expect(await frontier.size()).toBe(0);
    });

    it('adds a URL once that many add at the same time', async () => {
      const frontier = await make({});
      const news = await Promise.all(
        Array.from({ length: 8 }, () => frontier.add(['http://a.example/1', 'http://a.example/2'])),
      );
      expect(news.reduce((sum, count) => sum + count, 0)).toBe(2);
      expect(await frontier.size()).toBe(2);
    });

    it.each([
      'no url',
      '/relative',
      'mailto:me@a.example',
      'http://user:password@a.example/',
      { url: 7 },
      null,
      { url: 'http://a.example/', depth: -1 },
      { url: 'http://a.example/', priority: Number.NaN },
      { url: 'http://a.example/', body: new Uint8Array(1) },
      { url: 'http://a.example/', data: 1n },
      `http://a.example/${'x'.repeat(70_000)}`,
    ] as string[])('refuses %s, and adds nothing', async (input) => {
      const frontier = await make({});
      expect(await rejection(frontier.add(['http://a.example/1', input]))).toSatisfy(isConfigurationError);
      expect(await frontier.size()).toBe(0);
    });

    it('takes a URL of 64 KB, and knows it again', async () => {
      const frontier = await make({});
      const url = `http://a.example/${'x'.repeat(64_000)}`;
      expect(await frontier.add([url, `${url}y`])).toBe(2);
      expect(await frontier.add(`${url}#z`)).toBe(0);
      expect(await drain(frontier)).toEqual([url, `${url}y`]);
    });

    it('adds nothing of an empty list', async () => {
      const frontier = await make({});
      expect(await frontier.add([])).toBe(0);
      expect(await frontier.size()).toBe(0);
    });

    it.each([0, -1, 1.5, Number.NaN])('refuses to lease %d tasks', async (n) => {
      const frontier = await make({});
      expect(await rejection(frontier.lease(n))).toSatisfy(isConfigurationError);
    });

    it('goes on after it was closed, and knows what is done', async () => {
      const frontier = await make({});
      await frontier.add(['http://a.example/1', 'http://a.example/2']);
      const [lease] = await frontier.lease(1);
      await frontier.ack(lease as FrontierLease);
      await frontier.close();
      expect(await frontier.add(['http://a.example/1', 'http://a.example/2'])).toBe(0);
      expect(await frontier.size()).toBe(1);
      expect(await drain(frontier)).toEqual(['http://a.example/2']);
    });
  });
}
