import fc from 'fast-check';
import { type FrontierLease, memoryFrontier } from 'tideway/crawl';
import { expect, it } from 'vitest';

/** What may happen to a frontier; numbers choose among what there is. */
type Step =
  | { readonly do: 'add'; readonly pages: readonly number[] }
  | { readonly do: 'lease'; readonly n: number; readonly perHost: number }
  | { readonly do: 'ack' | 'fail' | 'release' | 'renew'; readonly which: number; readonly wait: number }
  | { readonly do: 'pass'; readonly time: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('add' as const), pages: fc.array(fc.nat(40), { maxLength: 8 }) }),
  fc.record({
    do: fc.constant('lease' as const),
    n: fc.integer({ min: 1, max: 6 }),
    perHost: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({
    do: fc.constantFrom('ack' as const, 'fail' as const, 'release' as const, 'renew' as const),
    which: fc.nat(20),
    wait: fc.nat(50),
  }),
  fc.record({ do: fc.constant('pass' as const), time: fc.nat(80) }),
);

const TTL = 60;
const ATTEMPTS = 3;

/** What is known of a page that was added. */
interface Page {
  state: 'waiting' | 'leased' | 'done';
  failures: number;
  /** From when it may be leased, or until when it is. */
  at: number;
  lease: string | undefined;
}

it('A frontier does what a simple list would do, whatever happens to it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
      let now = 1_000;
      const frontier = memoryFrontier({ attempts: ATTEMPTS, clock: () => now });
      const pages = new Map<string, Page>();
      const leases: FrontierLease[] = [];
      /** Whoever holds a lease that has run out holds it no more. */
      const tick = (): void => {
        for (const page of pages.values()) {
          if (page.state === 'leased' && page.at <= now) Object.assign(page, { state: 'waiting', at: 0 });
        }
      };
      for (const one of steps) {
        tick();
        if (one.do === 'add') {
          const urls = one.pages.map((n) => `http://host-${n % 4}.example/${n}`);
          const fresh = new Set(urls.filter((url) => !pages.has(url)));
          for (const url of fresh) pages.set(url, { state: 'waiting', failures: 0, at: 0, lease: undefined });
          expect(await frontier.add(urls)).toBe(fresh.size);
        } else if (one.do === 'lease') {
          const given = await frontier.lease(one.n, { ttl: TTL, perHost: one.perHost });
          for (const { attempt, id, task } of given) {
            const page = pages.get(task.url) as Page;
            expect(page).toMatchObject({ state: 'waiting', failures: attempt - 1 });
            expect(page.at).toBeLessThanOrEqual(now);
            Object.assign(page, { state: 'leased', at: now + TTL, lease: id });
          }
          for (const { task } of given) {
            const { hostname } = new URL(task.url);
            const held = [...pages].filter(
              ([url, { state }]) => state === 'leased' && new URL(url).hostname === hostname,
            );
            expect(held.length).toBeLessThanOrEqual(one.perHost);
          }
          leases.push(...given);
          // Nothing that may be had is held back.
          const room = [0, 1, 2, 3].map((host) => {
            const own = [...pages]
              .filter(([url]) => new URL(url).hostname === `host-${host}.example`)
              .map(([, page]) => page);
            const ready = own.filter(({ at, state }) => state === 'waiting' && at <= now).length;
            return Math.max(0, Math.min(ready, one.perHost - own.filter(({ state }) => state === 'leased').length));
          });
          if (given.length < one.n) expect(Math.max(...room)).toBe(0);
        } else if (one.do === 'pass') now += one.time;
        else if (leases.length > 0) {
          const lease = leases[one.which % leases.length] as FrontierLease;
          const page = pages.get(lease.task.url) as Page;
          const isHeld = page.state === 'leased' && page.lease === lease.id;
          if (one.do === 'ack') {
            const isTaken = page.state !== 'done' && page.lease === lease.id;
            expect(await frontier.ack(lease)).toBe(isTaken);
            if (isTaken) page.state = 'done';
          } else if (one.do === 'fail') {
            const isAgain = isHeld && page.failures + 1 < ATTEMPTS;
            expect(await frontier.fail(lease, { retryAt: now + one.wait })).toBe(isAgain);
            if (isHeld) Object.assign(page, { failures: page.failures + 1, at: now + one.wait, lease: undefined });
            if (isHeld) page.state = isAgain ? 'waiting' : 'done';
          } else if (one.do === 'release') {
            await frontier.release([lease]);
            if (isHeld) Object.assign(page, { state: 'waiting', at: 0 });
          } else {
            await frontier.renew([lease], { ttl: TTL });
            if (isHeld) page.at = now + TTL;
          }
        }
        expect(await frontier.size()).toBe([...pages.values()].filter(({ state }) => state !== 'done').length);
      }
    }),
    { numRuns: 300 },
  );
});
