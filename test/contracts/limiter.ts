import type { Lease, Limiter, LimitRule } from 'tideway/fetcher';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rejection } from '../helpers/rejection.ts';

/** A limiter under test. */
export interface LimiterUnderTest {
  readonly limiter: Limiter;
  /** Ends what the limiter holds. */
  close?(): void | Promise<void>;
}

/** Makes a limiter with rules and nothing counted. */
export type LimiterFactory = (limits: readonly LimitRule[]) => LimiterUnderTest | Promise<LimiterUnderTest>;

/** How much earlier than asked a timer may ring, in milliseconds, as others measure it. */
const TOLERANCE = 2;

/** What every limiter must do, wherever it counts. Times are real; no test fails because a machine is slow. */
export function limiterContract(name: string, make: LimiterFactory): void {
  describe(`${name} is a limiter: it`, () => {
    const open: LimiterUnderTest[] = [];
    const leases: Lease[] = [];

    beforeEach(() => {
      open.length = leases.length = 0;
    });

    afterEach(async () => {
      for (const lease of leases) lease.release();
      for (const one of open) await one.close?.();
    });

    async function limiterOf(...limits: LimitRule[]): Promise<Limiter> {
      const made = await make(limits);
      open.push(made);
      return made.limiter;
    }

    const site = new URL('http://site.test/a/b?c');

    /** Whether a lease came; one that did not is still waited for. */
    function acquire(
      limiter: Limiter,
      url: URL = site,
      signal?: AbortSignal,
    ): { lease: Promise<Lease>; came(): boolean } {
      let hasCome = false;
      const lease = Promise.resolve(limiter.acquire(url, signal && { signal })).then((one) => {
        hasCome = true;
        leases.push(one);
        return one;
      });
      lease.catch(() => {});
      return { lease, came: () => hasCome };
    }

    /** Long enough for what needs no time, but for a round trip. */
    const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

    it('gives as many leases as the rule has, and the next when one is released', async () => {
      const limiter = await limiterOf({ url: 'http://site.test', concurrency: 2 });
      const first = await acquire(limiter).lease;
      await acquire(limiter).lease;
      const third = acquire(limiter);
      await settle();
      expect(third.came()).toBe(false);
      first.release();
      await third.lease;
    });

    it('counts a lease once, however often it is released', async () => {
      const limiter = await limiterOf({ concurrency: 1 });
      const first = await acquire(limiter).lease;
      first.release();
      first.release({ status: 200, latency: 1 });
      await acquire(limiter).lease;
      const third = acquire(limiter);
      first.release();
      await settle();
      expect(third.came()).toBe(false);
    });

    it('gives leases in the order in which they were asked for', async () => {
      const limiter = await limiterOf({ concurrency: 1 });
      const order: number[] = [];
      let lease = await acquire(limiter).lease;
      const waiting = [1, 2, 3, 4, 5].map((number) =>
        acquire(limiter).lease.then((one) => {
          order.push(number);
          return one;
        }),
      );
      for (const next of waiting) {
        lease.release();
        lease = await next;
      }
      expect(order).toEqual([1, 2, 3, 4, 5]);
    });

    it('lets no key wait for another', async () => {
      const limiter = await limiterOf({ key: 'host', concurrency: 1 });
      await acquire(limiter, new URL('http://a.test/')).lease;
      const blocked = acquire(limiter, new URL('https://a.test:8080/'));
      await acquire(limiter, new URL('http://b.test/')).lease;
      expect(blocked.came()).toBe(false);
    });

    it('counts by origin where the rule says so', async () => {
      const limiter = await limiterOf({ key: 'origin', concurrency: 1 });
      await acquire(limiter, new URL('http://a.test/')).lease;
      await acquire(limiter, new URL('http://a.test:8080/')).lease;
      await acquire(limiter, new URL('https://a.test/')).lease;
      const same = acquire(limiter, new URL('http://A.test:80/other'));
      await settle();
      expect(same.came()).toBe(false);
    });

    it('goes by the first rule that matches, by whole segments of paths', async () => {
      const limiter = await limiterOf(
        { url: 'http://site.test/news', concurrency: 1 },
        { url: 'http://site.test', concurrency: 2 },
      );
      await acquire(limiter, new URL('http://site.test/news/1')).lease;
      const news = acquire(limiter, new URL('http://site.test/news?page=2'));
      await acquire(limiter, new URL('http://site.test/newspaper')).lease;
      await acquire(limiter, new URL('http://site.test/')).lease;
      const rest = acquire(limiter, new URL('http://site.test/b'));
      await acquire(limiter, new URL('http://site.test.evil.test/')).lease;
      await settle();
      expect([news.came(), rest.came()]).toEqual([false, false]);
    });

    it('has the same key for URLs that count together, and others for others', async () => {
      const limiter = await limiterOf({ url: 'http://site.test/a', concurrency: 1 }, { key: 'host', concurrency: 1 });
      const keyOf = (url: string): string => limiter.keyOf(new URL(url));
      expect(keyOf('http://site.test/a/b')).toBe(keyOf('http://site.test/a?c'));
      expect(keyOf('http://site.test/ab')).not.toBe(keyOf('http://site.test/a'));
      expect(keyOf('http://site.test/ab')).toBe(keyOf('https://site.test:444/'));
      const lease = await acquire(limiter, new URL('http://site.test/a')).lease;
      expect(lease.key).toBe(keyOf('http://site.test/a'));
    });

    it('keeps a pace: never more in an interval than the rate has', async () => {
      const limiter = await limiterOf({ rate: { requests: 5, interval: 200 } });
      const times: number[] = [];
      for (let n = 0; n < 11; n++) {
        await acquire(limiter).lease;
        times.push(performance.now());
      }
      for (let n = 5; n < times.length; n++) {
        expect((times[n] ?? 0) - (times[n - 5] ?? 0)).toBeGreaterThanOrEqual(200 - 5 * TOLERANCE);
      }
    });

    it('lets a burst through after a rest, and keeps the pace behind it', async () => {
      const limiter = await limiterOf({ rate: { requests: 1, interval: 1_000_000, burst: 3 } });
      await Promise.all([1, 2, 3].map(() => acquire(limiter).lease));
      const fourth = acquire(limiter);
      await settle();
      expect(fourth.came()).toBe(false);
    });

    it('rejects with the reason of an abort, and gives the lease to the next', async () => {
      const limiter = await limiterOf({ concurrency: 1 });
      const held = await acquire(limiter).lease;
      const controller = new AbortController();
      const left = acquire(limiter, site, controller.signal);
      const next = acquire(limiter);
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await rejection(left.lease)).toBe(reason);
      held.release();
      await next.lease;
    });

    // The time is taken before the question: the answer of a shared limiter takes its own, and the pause runs meanwhile.
    it('lets nothing of a paused key begin before its time, and everything of others', async () => {
      const limiter = await limiterOf({ key: 'host', concurrency: 5 });
      const paused = performance.now();
      await limiter.pause(site, 150);
      await acquire(limiter, new URL('http://other.test/')).lease;
      await acquire(limiter).lease;
      expect(performance.now() - paused).toBeGreaterThanOrEqual(150 - TOLERANCE);
    });

    it('pauses what no rule matches, by origin', async () => {
      const limiter = await limiterOf();
      const paused = performance.now();
      await limiter.pause(site, 150);
      await acquire(limiter, new URL('http://other.test/')).lease;
      await acquire(limiter).lease;
      expect(performance.now() - paused).toBeGreaterThanOrEqual(150 - TOLERANCE);
    });

    it('holds to the longest pause', async () => {
      const limiter = await limiterOf({ concurrency: 1 });
      const paused = performance.now();
      await limiter.pause(site, 150);
      await limiter.pause(site, 1);
      await acquire(limiter).lease;
      expect(performance.now() - paused).toBeGreaterThanOrEqual(150 - TOLERANCE);
    });

    it('is never above its limit, and serves all, whatever the order', async () => {
      const limiter = await limiterOf({ key: 'host', concurrency: 3 });
      const now = new Map<string, number>();
      let served = 0;
      await Promise.all(
        Array.from({ length: 60 }, async (_, n) => {
          const url = new URL(`http://h${n % 4}.test/${n}`);
          const lease = await limiter.acquire(url);
          now.set(url.host, (now.get(url.host) ?? 0) + 1);
          expect(now.get(url.host)).toBeLessThanOrEqual(3);
          await new Promise((resolve) => setTimeout(resolve, n % 7));
          now.set(url.host, (now.get(url.host) ?? 0) - 1);
          lease.release({ status: 200, latency: 1 });
          served++;
        }),
      );
      expect(served).toBe(60);
    });
  });
}
