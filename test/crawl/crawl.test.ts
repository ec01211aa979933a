import { isConfigurationError, isTimeoutError } from 'tideway';
import { type CrawlFailure, type CrawlOptions, crawl, type Frontier, memoryFrontier, polite } from 'tideway/crawl';
import { Fetcher, FetchTask } from 'tideway/fetcher';
import { type PublicFetchOptions, publicFetch } from 'tideway/node';
import { afterEach, describe, expect, it } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { deferred, type TestServer } from '../helpers/server.ts';
import { follow, linksTo, type Page, paths, quickly, startPages } from './quick-crawl.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function site(links: Parameters<typeof startPages>[0]): Promise<TestServer> {
  const server = await startPages(links);
  servers.push(server);
  return server;
}

describe('crawl', () => {
  it('fetches each page once, however often it is linked to', async () => {
    const server = await site({
      '/': ['/a', 'b', '/a#part', '/a?'],
      '/a': ['/', './b', '/c?y=1&x=2'],
      '/b': ['/c?x=2&y=1', '../a'],
      '/c?y=1&x=2': ['/'],
    });
    const handled: [string, number][] = [];
    const summary = await quickly(server, {
      handler: async (result, context) => {
        handled.push([result.url.slice(server.url.length), context.depth]);
        await follow(result, context);
      },
    });
    expect(paths(server)).toEqual(['/', '/a', '/b', '/c?y=1&x=2']);
    expect(handled.toSorted()).toEqual([
      ['', 0],
      ['a', 1],
      ['b', 1],
      ['c?y=1&x=2', 2],
    ]);
    expect(summary).toMatchObject({ reason: 'done', pages: 4, added: 4, failed: 0, left: 0 });
  });

  it('stays on the host where it began, whatever the port', async () => {
    const other = await site({ '/': [] });
    const server = await site({
      '/': [
        other.url,
        'http://localhost:1/',
        'mailto:me@a.example',
        'javascript:void 0',
        'http://[',
        '//u:p@127.0.0.1/',
      ],
    });
    const summary = await quickly(server);
    expect(summary).toMatchObject({ reason: 'done', pages: 2, added: 2 });
    expect(paths(other)).toEqual(['/']);
  });

  it('goes wherever its scope says', async () => {
    const links = (server: TestServer): string[] =>
      ['shop/1', 'shop/2?page=1', 'shopping', 'blog/1'].map((path) => server.url + path);
    const scopes = {
      all: ['/', '/blog/1', '/shop/1', '/shop/2?page=1', '/shopping'],
      below: ['/', '/shop/1', '/shop/2?page=1'],
      matching: ['/', '/blog/1', '/shop/1'],
      own: ['/', '/shopping'],
    };
    for (const [name, expected] of Object.entries(scopes)) {
      const server: TestServer = await site({ '/': (response) => response.end(linksTo(links(server))) });
      const scope = {
        all: 'all',
        below: [`${server.url}shop`],
        matching: /\/1$/g,
        own: ({ pathname }: URL, { depth }: { depth: number }) => depth === 1 && pathname.length === 9,
      }[name] as NonNullable<CrawlOptions['scope']>;
      await quickly(server, { scope });
      expect(paths(server), name).toEqual(expected);
    }
  });

  it('takes all hosts of a site for one, by the public suffix list', async () => {
    const server = await site({});
    const seen: string[] = [];
    await crawl({
      start: 'http://www.shop.co.uk/',
      scope: 'site',
      fetcher: new Fetcher({
        fetch: async (url) => {
          seen.push(new URL(url).hostname);
          return new Response(
            '<a href="http://api.shop.co.uk/"> <a href="http://other.co.uk/"> <a href="http://shop.co.uk/">',
          );
        },
      }),
      handler: follow,
    });
    expect(seen.toSorted()).toEqual(['api.shop.co.uk', 'shop.co.uk', 'www.shop.co.uk']);
    expect(server.requests).toEqual([]);
  });

  it('leaves out what is excluded, also where a redirect leads there', async () => {
    const server = await site({
      '/': ['/a', '/login?next=1', '/moved'],
      '/a': [],
      '/moved': (response) => response.writeHead(302, { location: '/login' }).end(),
    });
    const summary = await quickly(server, { exclude: /\/login/ });
    expect(paths(server)).toEqual(['/', '/a', '/moved']);
    expect(summary).toMatchObject({ pages: 2, outside: 1, failed: 0, left: 0 });
  });

  it('follows no redirect out of its scope, but that of the first page', async () => {
    const other = await site({ '/': ['/here'], '/here': [] });
    const away: Page = (response) =>
      response.writeHead(302, { location: other.url.replace('127.0.0.1', 'localhost') }).end();
    const server = await site({ '/': ['/away'], '/away': away, '/start': away });
    expect(await quickly(server)).toMatchObject({ pages: 1, outside: 1 });
    expect(other.requests).toEqual([]);
    // `localhost` was never named: the crawl goes on where the first page led it.
    expect(await quickly(server, { start: `${server.url}start` })).toMatchObject({ pages: 2, outside: 0 });
    expect(paths(other)).toEqual(['/', '/here']);
  });

  it('goes no deeper than `maxDepth`', async () => {
    const server = await site({ '/': ['/1'], '/1': ['/2'], '/2': ['/3'], '/3': [] });
    expect(await quickly(server, { maxDepth: 2 })).toMatchObject({ pages: 3, reason: 'done', left: 0 });
    expect(paths(server)).toEqual(['/', '/1', '/2']);
  });

  it('asks for no more than `maxRequests`, and goes on from there in the next call', async () => {
    const all = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`/${n}`, ['/']]));
    const server = await site({ ...all, '/': Object.keys(all) });
    const frontier = memoryFrontier();
    const first = await quickly(server, { frontier, maxRequests: 15, perHost: 10 });
    expect(first).toMatchObject({ reason: 'maxRequests', pages: 15, left: 26 });
    expect(server.requests).toHaveLength(15);
    expect(await quickly(server, { frontier })).toMatchObject({ reason: 'done', pages: 26, added: 0 });
    expect(new Set(paths(server)).size).toBe(server.requests.length);
  });

  it('reads no body of a type or a size that is not wanted, and hands it to nobody', async () => {
    const send = (type: string, length: number): Page => {
      return (response) =>
        response.writeHead(200, { 'content-type': type, 'content-length': length }).end('x'.repeat(length));
    };
    const server = await site({
      '/': ['/page', '/image', '/large', '/text', '/gone'],
      '/page': send('Text/HTML; charset=utf-8', 10),
      '/image': send('image/png', 10),
      '/large': send('text/html', 100_000),
      '/text': send('text/plain', 10),
    });
    const handled: (number | undefined)[] = [];
    const summary = await quickly(server, {
      contentTypes: ['text/html', 'video/*'],
      maxContentLength: 50_000,
      handler: async (result, context) => {
        handled.push(result.status);
        await follow(result, context);
      },
    });
    expect(summary).toMatchObject({ pages: 3, skipped: 3 });
    expect(handled.toSorted()).toEqual([200, 200, 404]);
  });

  it('tries pages again that answer 429 or 5xx, when the server wants it', async () => {
    const at: number[] = [];
    const server = await site({
      '/': (response, _, count) => {
        at.push(performance.now());
        response
          .writeHead(count === 1 ? 503 : count === 2 ? 429 : 200, count === 2 ? { 'retry-after': '0.2' } : {})
          .end();
      },
    });
    expect(await quickly(server)).toMatchObject({ pages: 1, retried: 2, failed: 0 });
    expect((at[2] as number) - (at[1] as number)).toBeGreaterThan(190);
  });

  it('gives a page up that fails as often as the frontier lets it, and tells of it', async () => {
    const server = await site({
      '/': ['/bad', '/gone', '/broken'],
      '/bad': (response) => response.writeHead(500).end(),
      '/broken': (response) => response.destroy(),
    });
    const told: CrawlFailure[] = [];
    const summary = await quickly(server, { onFailure: (failure) => told.push(failure) });
    expect(summary).toMatchObject({ reason: 'done', pages: 2, failed: 2, retried: 4, left: 0 });
    expect(paths(server)).toEqual(['/', '/bad', '/bad', '/bad', '/broken', '/broken', '/broken', '/gone']);
    expect(summary.failures).toEqual(told);
    const failures = told.toSorted((left, right) => (left.task.url < right.task.url ? -1 : 1));
    expect(failures.map(({ result: { status } }) => status)).toEqual([500, undefined]);
    expect(failures[1]?.error).toMatchObject({ code: 'ERR_CONNECTION' });
  });

  it('gives a page up at once of which more tries are of no use', async () => {
    const server = await site({ '/': (response) => response.end('x'.repeat(1_000)) });
    const fetcher = new Fetcher({ retry: false, maxBodyBytes: 100 });
    const summary = await quickly(server, { fetcher });
    expect(summary).toMatchObject({ failed: 1, retried: 0 });
    expect(summary.failures[0]?.error).toMatchObject({ code: 'ERR_BODY_TOO_LARGE' });
    expect(server.requests).toHaveLength(1);
  });

  it('hands a page over again when its handler fails, without the links of the failed try', async () => {
    const server = await site({ '/': ['/a'], '/a': [], '/never': [] });
    const attempts: number[] = [];
    const summary = await quickly(server, {
      handler: async (result, context) => {
        if (context.depth === 1) return;
        attempts.push(context.attempt);
        if (context.attempt < 3) {
          context.enqueue('/never');
          throw new Error('no');
        }
        await follow(result, context);
      },
    });
    expect(attempts).toEqual([1, 2, 3]);
    expect(summary).toMatchObject({ pages: 2, retried: 2, failed: 0 });
    expect(paths(server)).toEqual(['/', '/', '/', '/a']);
  });

  it('takes a handler that does not end for one that failed', async () => {
    const server = await site({ '/': [] });
    const summary = await quickly(server, { handler: () => new Promise(() => {}), handlerTimeout: 20 });
    expect(summary).toMatchObject({ pages: 0, failed: 1 });
    expect(summary.failures[0]?.error).toSatisfy(isTimeoutError);
  });

  it('takes tasks with methods, bodies and data, from the start and from pages', async () => {
    const server = await site({ '/': [], '/search': (response, { body }) => response.end(body) });
    const seen: unknown[] = [];
    await quickly(server, {
      start: { url: server.url, data: { from: 'start' } },
      handler: async (result, { enqueue, task }) => {
        seen.push([task.data, result.status, await result.text()]);
        if (task.depth === undefined) enqueue([{ url: '/search', method: 'POST', body: 'q=1', data: 7 }]);
      },
    });
    expect(seen).toEqual([
      [{ from: 'start' }, 200, ''],
      [7, 200, 'q=1'],
    ]);
  });

  it('takes tasks from pages whose URL is relative', async () => {
    const server = await site({ '/': [], '/dir/': [], '/dir/next': [] });
    const summary = await quickly(server, {
      start: `${server.url}dir/`,
      handler: ({ url }, { enqueue }) => {
        if (url.endsWith('/dir/')) enqueue([new FetchTask('next', { method: 'POST', body: 'text' }), { url: '../' }]);
      },
    });
    expect(summary).toMatchObject({ pages: 3, failed: 0 });
    expect(paths(server)).toEqual(['/', '/dir/', '/dir/next']);
    const sent = server.requests.find(({ url }) => url === '/dir/next');
    expect([sent?.method, sent?.body]).toEqual(['POST', 'text']);
  });

  it('takes another try of a page that was put into the frontier by others for no redirect', async () => {
    const server = await site({
      '/elsewhere': (response, _, count) => response.writeHead(count === 1 ? 503 : 200).end(),
    });
    const frontier = memoryFrontier();
    await frontier.add({ url: `${server.url}elsewhere`, depth: 3 });
    const fetcher = new Fetcher({ retry: { backoff: 1 } });
    const options = { start: [], frontier, fetcher, scope: ['https://other.example/'] };
    expect(await quickly(server, options)).toMatchObject({ pages: 1, outside: 0 });
    expect(server.requests).toHaveLength(2);
  });

  it('gives a page up of a private network that its own fetch is kept from', async () => {
    const lookup: PublicFetchOptions['lookup'] = (_name, _options, done) =>
      done(null, [{ address: '10.0.0.1', family: 4 }]);
    const policy = polite({ userAgent: 'tester/1.0' });
    const summary = await crawl({
      start: 'http://rebind.example/',
      handler: follow,
      fetcher: new Fetcher({ fetch: publicFetch({ lookup }), policy }),
    });
    expect(summary).toMatchObject({ failed: 1, retried: 0, disallowed: 0 });
    expect(summary.failures[0]?.error).toMatchObject({ cause: { name: 'PrivateNetworkError' } });
  });

  it('follows nothing when a scope throws, or answers with a promise', async () => {
    for (const scope of [
      () => {
        throw new Error('broken');
      },
      async () => true,
    ] as unknown as NonNullable<CrawlOptions['scope']>[]) {
      const server = await site({ '/': ['/a'], '/a': [] });
      const summary = await quickly(server, { scope });
      expect(summary).toMatchObject({ pages: 0, failed: 1, retried: 2 });
      expect(String(summary.failures[0]?.error)).toMatch(/broken|Expected `scope` to answer at once/);
      expect(paths(server)).toEqual(['/', '/', '/']);
    }
  });

  it('renews leases that never run out no more often than others', async () => {
    const hold = deferred();
    const server = await site({
      '/': async (response) => {
        await hold.promise;
        response.end();
      },
    });
    let renewals = 0;
    const frontier = memoryFrontier();
    const counting: Frontier = {
      ...callsOf(frontier),
      renew: async () => {
        renewals++;
      },
    };
    const crawling = quickly(server, { frontier: counting, leaseTtl: Number.POSITIVE_INFINITY });
    await expect.poll(() => server.requests.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    hold.resolve();
    expect(await crawling).toMatchObject({ pages: 1 });
    expect(renewals).toBe(0);
  });

  it('refuses links that come when the handler has ended', async () => {
    const server = await site({ '/': [] });
    let late: (() => void) | undefined;
    await quickly(server, {
      handler: (_, { enqueue }) => {
        late = () => enqueue('/late');
      },
    });
    expect(() => late?.()).toThrow(expect.toSatisfy(isConfigurationError));
  });

  it('tells a handler of links that are none, by failing', async () => {
    const server = await site({ '/': [] });
    const summary = await quickly(server, { handler: (_, { enqueue }) => enqueue({ url: 7 } as never) });
    expect(summary.failures[0]?.error).toSatisfy(isConfigurationError);
  });

  it('ends at once when it is aborted; what is not done stays, and comes in the next crawl', async () => {
    const all = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`/${n}`, []]));
    const hold = deferred();
    const server = await site({ ...all, '/': Object.keys(all), '/7': () => hold.promise });
    const frontier = memoryFrontier();
    const controller = new AbortController();
    const crawling = rejection(quickly(server, { frontier, signal: controller.signal, perHost: 20 }));
    await expect.poll(() => paths(server)).toContain('/7');
    controller.abort('enough');
    expect(await crawling).toBe('enough');
    const left = await frontier.size();
    expect(left).toBeGreaterThan(0);
    hold.resolve();
    const again = await site({});
    // Everything that was leased is free: the next one need not wait for a lease to run out.
    const rest = await crawl({
      start: [],
      frontier,
      fetcher: new Fetcher({ fetch: async (url) => fetch(again.url + new URL(url).pathname.slice(1)) }),
      handler: () => {},
    });
    expect(rest).toMatchObject({ reason: 'done', pages: left });
  });

  it('does nothing when it was aborted before', async () => {
    const server = await site({ '/': [] });
    expect(await rejection(quickly(server, { signal: AbortSignal.abort('no') }))).toBe('no');
    expect(server.requests).toEqual([]);
  });

  it('fails with what the frontier fails with, and lets go of everything', async () => {
    const server = await site({ '/': ['/a'], '/a': [] });
    const frontier = memoryFrontier();
    let closed = 0;
    const broken: Frontier = {
      ...callsOf(frontier),
      ack: () => Promise.reject(new Error('The disk is full')),
      close: async () => {
        closed++;
      },
    };
    expect(await rejection(quickly(server, { frontier: broken }))).toMatchObject({ message: 'The disk is full' });
    expect(closed).toBe(1);
    // Both the page and its link.
    expect(await frontier.lease(5)).toHaveLength(2);
  });

  it('closes the frontier at its end, when everything that it was told is stored', async () => {
    const server = await site({ '/': ['/a', '/b'], '/a': [], '/b': [] });
    const frontier = memoryFrontier();
    const told: string[] = [];
    const controller = new AbortController();
    const slow: Frontier = {
      ...callsOf(frontier),
      ack: async (lease) => {
        if (lease.task.depth) controller.abort('enough');
        await new Promise((resolve) => setTimeout(resolve, 50));
        const isDone = await frontier.ack(lease);
        told.push(`ack ${isDone}`);
        return isDone;
      },
      close: async () => {
        told.push('close');
      },
    };
    const options = { frontier: slow, fetcher: new Fetcher({ retry: false, concurrency: 1 }) };
    expect(await rejection(quickly(server, { ...options, signal: controller.signal }))).toBe('enough');
    expect(told.at(-1)).toBe('close');
    expect(told.filter((one) => one === 'ack true').length).toBeGreaterThanOrEqual(2);
    expect(await quickly(server, { ...options, fetcher: new Fetcher() })).toMatchObject({ reason: 'done', left: 0 });
    expect(told.at(-1)).toBe('close');
  });

  it('waits twice as long before each further try', async () => {
    const at: number[] = [];
    const server = await site({
      '/': (response) => {
        at.push(performance.now());
        response.writeHead(500).end();
      },
    });
    await quickly(server, { retryDelay: 100 });
    expect((at[1] as number) - (at[0] as number)).toBeGreaterThan(95);
    expect((at[2] as number) - (at[1] as number)).toBeGreaterThan(195);
  });

  it('looks at the frontier again when a task is due, however soon', { timeout: 60_000 }, async () => {
    const server = await site({ '/': (response) => response.writeHead(500).end() });
    const time = async (frontier: Frontier): Promise<number> => {
      const started = performance.now();
      const { failures } = await quickly(server, { frontier, retryDelay: 20 });
      expect(failures).toHaveLength(1);
      return performance.now() - started;
    };
    const told = await time(memoryFrontier());
    // One that does not tell is asked every second, and the page is tried three times.
    const untold = await time(callsOf(memoryFrontier()));
    expect(untold).toBeGreaterThan(1_900);
    expect(told).toBeLessThan(untold / 2);
  });

  it('waits for a fetcher whose queue is full', async () => {
    const all = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`/${n}`, []]));
    const server = await site({ ...all, '/': Object.keys(all) });
    const fetcher = new Fetcher({ retry: false, concurrency: 1, maxQueueSize: 2 });
    expect(await quickly(server, { fetcher, perHost: 50 })).toMatchObject({ reason: 'done', pages: 13, left: 0 });
    expect(server.requests).toHaveLength(13);
  });

  it('renews what it has for long', async () => {
    const hold = deferred();
    const server = await site({
      '/': async (response) => {
        await hold.promise;
        response.end();
      },
    });
    // The time of the leases goes on with each renewal, by less than they hold: a machine that is slow lets none run out.
    let now = 0;
    let renewals = 0;
    const frontier = memoryFrontier({ clock: () => now });
    const aging: Frontier = {
      ...callsOf(frontier),
      renew: async (leases, options) => {
        await frontier.renew(leases, options);
        renewals++;
        now += 20;
      },
    };
    const crawling = quickly(server, { frontier: aging, leaseTtl: 30 });
    await expect.poll(() => renewals).toBeGreaterThan(10);
    expect(await frontier.lease(1)).toEqual([]);
    hold.resolve();
    expect(await crawling).toMatchObject({ pages: 1 });
    expect(server.requests).toHaveLength(1);
  });

  it('shares a frontier with another crawl: each page is fetched by one of them', async () => {
    const all = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`/${n}`, ['/']]));
    const server = await site({ ...all, '/': Object.keys(all) });
    const frontier = memoryFrontier();
    const both = await Promise.all([
      quickly(server, { frontier, maxLeased: 3 }),
      quickly(server, { frontier, maxLeased: 3 }),
    ]);
    expect(both.reduce((sum, { pages }) => sum + pages, 0)).toBe(61);
    expect(server.requests).toHaveLength(61);
  });

  it('obeys robots.txt and keeps its distance when it makes its own fetcher', async () => {
    const at: number[] = [];
    const page: Page = (response) => {
      at.push(performance.now());
      response.end(linksTo(['/a', '/private/1']));
    };
    const server = await site({
      '/robots.txt': (response) => response.end('User-agent: *\nDisallow: /private/'),
      '/': page,
      '/a': page,
    });
    const summary = await crawl({
      start: server.url,
      polite: { userAgent: 'tester/1.0 (+https://a.example/)', delay: 150 },
      concurrency: 5,
      handler: follow,
    });
    expect(summary).toMatchObject({ reason: 'done', pages: 2, disallowed: 1, failed: 0, left: 0 });
    expect(paths(server)).toEqual(['/', '/a', '/robots.txt']);
    expect((at[1] as number) - (at[0] as number)).toBeGreaterThan(145);
    expect(server.requests[0]?.headers['user-agent']).toContain('tester/1.0');
  });

  it.each([
    [{ handler: undefined }],
    [{ fetcher: undefined }],
    [{ polite: { userAgent: 'a/1' } }],
    [{ concurrency: 3 }],
    [{ start: 'no url' }],
    [{ start: 'http://user:password@127.0.0.1/' }],
    [{ scope: 'everything' }],
    [{ scope: ['/relative'] }],
    [{ exclude: 7 }],
    [{ maxDepth: -1 }],
    [{ maxRequests: 0 }],
    [{ maxLeased: 0 }],
    [{ perHost: 0 }],
    [{ leaseTtl: 0 }],
    [{ retryDelay: -1 }],
    [{ handlerTimeout: Number.NaN }],
    [{ contentTypes: ['html'] }],
    [{ contentTypes: 'text/html' }],
    [{ maxContentLength: -1 }],
    [{ frontier: {} }],
    [{ onFailure: 1 }],
    [{ signal: {} }],
  ])('refuses %o', async (options) => {
    const server = await site({ '/': [] });
    expect(await rejection(quickly(server, options as object))).toSatisfy(isConfigurationError);
    expect(server.requests).toEqual([]);
  });
});

/** The calls of a frontier, to be changed one by one. */
function callsOf(frontier: Frontier): Frontier {
  return {
    add: (tasks) => frontier.add(tasks),
    lease: (n, options) => frontier.lease(n, options),
    renew: (leases, options) => frontier.renew(leases, options),
    release: (leases) => frontier.release(leases),
    ack: (lease) => frontier.ack(lease),
    fail: (lease, options) => frontier.fail(lease, options),
    size: () => frontier.size(),
    close: () => frontier.close(),
  };
}
