import fc from 'fast-check';
import { polite } from 'tideway/crawl';
import { Fetcher, type FetchResult } from 'tideway/fetcher';
import { beforeAll, expect, it } from 'vitest';
import { VirtualClock } from '../helpers/virtual-clock.ts';

interface Site {
  /** How long it takes to answer. */
  readonly latency: number;
  readonly crawlDelay: number | undefined;
  readonly robotsStatus: number;
}

interface Visit {
  readonly site: number;
  readonly after: number;
  readonly fate: 'answer' | 'busy' | 'break' | 'redirect' | 'rest';
  readonly to: number;
}

const SITES = 5;
const sites: fc.Arbitrary<Site[]> = fc.array(
  fc.record({
    latency: fc.integer({ min: 0, max: 3_000 }),
    crawlDelay: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
    robotsStatus: fc.constantFrom(200, 200, 200, 404, 302),
  }),
  { minLength: SITES, maxLength: SITES },
);
const visits: fc.Arbitrary<Visit[]> = fc.array(
  fc.record({
    site: fc.integer({ min: 0, max: SITES - 1 }),
    after: fc.integer({ min: 0, max: 300 }),
    fate: fc.constantFrom('answer', 'answer', 'answer', 'busy', 'break', 'redirect', 'rest'),
    to: fc.integer({ min: 0, max: SITES - 1 }),
  }),
  { minLength: 1, maxLength: 40 },
);

// What explains failures is loaded when there is one, in the time of the disk: a clock of our own must not wait for it.
beforeAll(async () => {
  const fetcher = new Fetcher({ retry: false, fetch: () => Promise.reject(new TypeError('fetch failed')) });
  await expect(fetcher.fetch('http://h0.test/')).rejects.toThrow('got no answer');
});

interface Sent {
  readonly start: number;
  end: number;
  readonly isRobots: boolean;
}

it('never sends two requests to one key closer than its delay, and loses none', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      sites,
      visits,
      fc.constantFrom(0, 10, 1_000),
      fc.constantFrom<'completion' | 'start'>('completion', 'start'),
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom(0, 0.5),
      async (world, tasks, delay, delayFrom, each, concurrency, jitter) => {
        const clock = new VirtualClock();
        const sent = new Map<string, Sent[]>();
        const tries = new Map<string, number>();
        const answer = async (text: string): Promise<Response> => {
          const url = new URL(text);
          const log = sent.get(url.hostname) ?? [];
          const request: Sent = {
            start: clock.now(),
            end: Number.POSITIVE_INFINITY,
            isRobots: url.pathname === '/robots.txt',
          };
          sent.set(url.hostname, [...log, request]);
          const site = world[Number(url.hostname.slice(1, 2))] as Site;
          await clock.wait(site.latency);
          request.end = clock.now();
          if (url.pathname === '/robots.txt') {
            const text = site.crawlDelay === undefined ? '' : `User-agent: *\nCrawl-delay: ${site.crawlDelay}`;
            const location = `http://h${(Number(url.hostname.slice(1, 2)) + 1) % SITES}.test/other.txt`;
            return new Response(text, { status: site.robotsStatus, headers: { location } });
          }
          if (url.pathname === '/other.txt') return new Response('');
          const { fate, to } = tasks[Number(url.searchParams.get('n'))] ?? { fate: 'answer', to: 0 };
          const count = (tries.get(url.href) ?? 0) + 1;
          tries.set(url.href, count);
          if (fate === 'break' && count === 1) throw new TypeError('fetch failed');
          if (fate === 'busy' && count === 1) return new Response('', { status: 503 });
          if (fate === 'rest' && count === 1) {
            return new Response('', { status: 429, headers: { 'retry-after': '7' } });
          }
          if (fate === 'redirect' && !url.pathname.startsWith('/to')) {
            return new Response('', { status: 302, headers: { location: `http://h${to}.test/to${url.search}` } });
          }
          return new Response('page');
        };
        const policy = polite({ userAgent: 'acme/1.0', delay, delayFrom, concurrency: each, jitter });
        const fetcher = new Fetcher({
          clock,
          concurrency,
          policy,
          fetch: answer,
          retry: { backoff: 50, maxTime: 600_000 },
        });
        const results: FetchResult[] = [];
        const feed = async (): Promise<void> => {
          for (const [index, { after, site }] of tasks.entries()) {
            await clock.wait(after);
            fetcher.enqueue(`http://h${site}.test/page?n=${index}`, (_, result) => void results.push(result));
          }
          await fetcher.idle();
        };
        await clock.run(feed());
        expect(results.map(({ status, error }) => status ?? error)).toEqual(tasks.map(() => 200));
        expect(policy.size).toBe(0);
        for (const [host, log] of sent) {
          const site = world[Number(host.slice(1, 2))] as Site;
          const asked = site.robotsStatus === 200 ? (site.crawlDelay ?? 0) * 1_000 : 0;
          for (let index = 1; index < log.length; index++) {
            const before = log[index - 1] as Sent;
            const { start } = log[index] as Sent;
            // Until robots.txt was read nobody knows of its delay.
            const known = log.find(({ isRobots }) => isRobots)?.end ?? Number.POSITIVE_INFINITY;
            const rest = Math.max(delay, before.end >= known && start >= known ? asked : 0);
            expect(start - before.start).toBeGreaterThanOrEqual(rest);
            const running = log.filter((other) => other !== log[index] && other.start <= start && other.end > start);
            expect(running.length).toBeLessThan(each);
            if (delayFrom === 'start' || each > 1) continue;
            for (const other of log.slice(0, index)) {
              if (other.end <= start) expect(start - other.end).toBeGreaterThanOrEqual(delay);
            }
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

it('gives every host its turn, also when one has a hundred times as much', { timeout: 60_000 }, async () => {
  const clock = new VirtualClock();
  const order: string[] = [];
  let refused = 0;
  let refusedBefore = 500;
  const answer = async (text: string): Promise<Response> => {
    const { hostname, pathname } = new URL(text);
    if (pathname !== '/robots.txt') order.push(hostname);
    if (hostname === 'c.test' && pathname === '/2') refusedBefore = refused;
    await clock.wait(10);
    return new Response(pathname === '/robots.txt' ? 'User-agent: *\nDisallow: /no' : 'page');
  };
  const policy = polite({ userAgent: 'acme/1.0', delay: 0 });
  const fetcher = new Fetcher({ clock, concurrency: 2, fetch: answer, policy, autoStart: false });
  // All of them are known, so that all are ready at once.
  const hosts = ['refused', 'large', 'a', 'b', 'c'];
  await clock.run(Promise.all(hosts.map((host) => policy.robots(`http://${host}.test/`))));
  fetcher.on('failure', () => {
    refused++;
  });
  // All of these cost no request, and must not keep the others from their turn either.
  for (let index = 0; index < 500; index++) fetcher.enqueue(`http://refused.test/no/${index}`);
  for (let index = 0; index < 300; index++) fetcher.enqueue(`http://large.test/${index}`);
  for (let index = 0; index < 3; index++) {
    for (const host of ['a', 'b', 'c']) fetcher.enqueue(`http://${host}.test/${index}`);
  }
  fetcher.start();
  await clock.run(fetcher.idle());
  expect(refused).toBe(500);
  expect(refusedBefore).toBeLessThan(100);
  expect(order).toHaveLength(309);
  for (const host of ['a', 'b', 'c']) expect(order.lastIndexOf(`${host}.test`)).toBeLessThan(20);
});
