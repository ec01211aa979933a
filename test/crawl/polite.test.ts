import { memoryCache } from 'tideway/cache';
import { type PoliteEvent, type PoliteOptions, polite } from 'tideway/crawl';
import { Fetcher, type FetcherOptions, type FetchResult, FetchTask } from 'tideway/fetcher';
import { describe, expect, test } from 'vitest';
import { type Handler, startServer, type TestServer } from '../helpers/server.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const userAgent = 'acme/1.0 (+https://acme.example/bot)';

/** A server with a robots.txt; everything else is a page. */
function startSite(
  robots: string | Handler,
  pages: Handler = (response) => void response.end('page'),
): Promise<TestServer> {
  return startServer((response, request, count) => {
    if (request.url !== '/robots.txt') return pages(response, request, count);
    if (typeof robots === 'function') return robots(response, request, count);
    response.end(robots);
  });
}

/** A fetcher that is polite, each port a site of its own, and what it told of. */
function politely(options: Partial<PoliteOptions> = {}, more: FetcherOptions = {}) {
  const events: PoliteEvent[] = [];
  const onEvent = (event: PoliteEvent): void => void events.push(event);
  const policy = polite({ userAgent, delay: 0, key: 'origin', onEvent, ...options });
  return { fetcher: new Fetcher({ policy, retry: { backoff: 1 }, ...more }), policy, events };
}

const paths = ({ requests }: TestServer): string[] => requests.map(({ url }) => url);
const nameOf = (result: Promise<FetchResult>): Promise<unknown> =>
  result.then(
    ({ status }) => status,
    (error: Error) => error.name,
  );

describe('to one site', () => {
  test('requests go one at a time, with a rest in between, and say who asks', async () => {
    const times: { start: number; end: number }[] = [];
    await using site = await startServer(async (response) => {
      const time = { start: performance.now(), end: 0 };
      times.push(time);
      await new Promise((resolve) => setTimeout(resolve, 10));
      time.end = performance.now();
      response.end('User-agent: *\nAllow: /');
    });
    const { fetcher } = politely({ delay: 40 });
    fetcher.extend(['1', '2', '3'].map((path) => site.url + path));
    await fetcher.idle();
    expect(paths(site)).toEqual(['/robots.txt', '/1', '/2', '/3']);
    for (const { headers } of site.requests) expect(headers['user-agent']).toBe(userAgent);
    // The client's clock and the server's are one; a timer may ring a millisecond early.
    for (let at = 1; at < times.length; at++) {
      expect((times[at]?.start ?? 0) - (times[at - 1]?.end ?? 0)).toBeGreaterThanOrEqual(39);
    }
  });

  test('a header of the task or of the fetcher wins over the policy’s', async () => {
    await using site = await startSite('');
    const { fetcher } = politely({}, { headers: { 'x-a': '1' } });
    await fetcher.fetch(`${site.url}a`);
    await fetcher.fetch(`${site.url}b`, { headers: { 'user-agent': 'other' } });
    expect(site.requests.slice(1).map(({ headers }) => [headers['user-agent'], headers['x-a']])).toEqual([
      [userAgent, '1'],
      ['other', '1'],
    ]);
  });

  test('what a cache has goes at once, and does not count', async () => {
    const clock = new VirtualClock();
    const sent: [string, number][] = [];
    const fetch = async (url: string): Promise<Response> => {
      sent.push([new URL(url).pathname, clock.now() - 1_000]);
      return new Response(url.endsWith('robots.txt') ? '' : 'page');
    };
    const cache = memoryCache({ ttl: 3_600_000, clock: () => clock.now() });
    const { fetcher } = politely({ delay: 60_000 }, { cache, clock, fetch });
    const urls = ['http://a.example/1', 'http://a.example/2'];
    fetcher.extend([...urls, ...urls, ...urls]);
    await clock.run(fetcher.idle());
    expect(sent).toEqual([
      ['/robots.txt', 0],
      ['/1', 60_000],
      ['/2', 120_000],
    ]);
    expect(fetcher.stats.fromCache).toBe(4);
  });

  test('that is slow, nobody else waits for it', async () => {
    let finish = (): void => {};
    await using slow = await startSite((response) => {
      finish = () => void response.end('');
    });
    await using fast = await startSite('');
    const { fetcher } = politely({}, { concurrency: 1 });
    const last = fetcher.fetch(slow.url);
    for (let at = 0; at < 20; at++) expect((await fetcher.fetch(`${fast.url}${at}`)).ok).toBe(true);
    expect(paths(slow)).toEqual(['/robots.txt']);
    finish();
    expect((await last).ok).toBe(true);
  });

  test('higher priorities go first', async () => {
    await using site = await startSite('');
    const { fetcher } = politely({}, { autoStart: false });
    fetcher.enqueue(`${site.url}low`, undefined, { priority: -1 });
    fetcher.enqueue(`${site.url}first`);
    fetcher.enqueue(`${site.url}high`, undefined, { priority: 1 });
    fetcher.start();
    await fetcher.idle();
    expect(paths(site)).toEqual(['/robots.txt', '/high', '/first', '/low']);
  });

  test('a task that is cancelled costs no request, whatever it waits for', async () => {
    await using site = await startSite('', (response) => void response.end('page'));
    const { fetcher, policy } = politely({ delay: 100 });
    const controller = new AbortController();
    const given = ['a', 'b', 'c'].map((path) => fetcher.fetch(site.url + path, { signal: controller.signal }));
    controller.abort(new Error('enough'));
    for (const one of given) await expect(one).rejects.toThrow('enough');
    await fetcher.idle();
    expect(policy.size).toBe(0);
    expect((await fetcher.fetch(`${site.url}d`)).ok).toBe(true);
    expect(paths(site)).toEqual(['/robots.txt', '/d']);
  });

  test('a task that fails before its request does not keep its turn', async () => {
    class Broken extends FetchTask {
      override onUrl(): void {
        throw new Error('broken hook');
      }
    }
    await using site = await startSite('');
    const { fetcher } = politely();
    await expect(fetcher.fetch(new Broken(site.url))).rejects.toThrow('broken hook');
    expect((await fetcher.fetch(`${site.url}next`)).ok).toBe(true);
    expect(paths(site)).toEqual(['/robots.txt', '/next']);
  });

  test('robots.txt comes to whoever still wants it', async () => {
    let finish = (): void => {};
    await using slow = await startSite((response) => {
      finish = () => void response.end('');
    });
    await using site = await startSite('Sitemap: https://a.example/1.xml');
    const { fetcher, policy } = politely({ robotsConcurrency: 1 });
    const first = fetcher.fetch(slow.url);
    await expect.poll(() => slow.requests.length).toBe(1);
    const controller = new AbortController();
    const given = fetcher.fetch(site.url, { signal: controller.signal });
    const robots = policy.robots(site.url);
    controller.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    finish();
    expect((await robots)?.sitemaps).toEqual(['https://a.example/1.xml']);
    expect((await first).ok).toBe(true);
  });

  test('a stop ends everything, also the wait for robots.txt', async () => {
    await using site = await startSite(() => {});
    const { fetcher } = politely();
    const given = nameOf(fetcher.fetch(site.url));
    await expect.poll(() => site.requests.length).toBe(1);
    await fetcher.stop({ mode: 'abort' });
    expect(await given).toBe('AbortError');
  });

  test('what is no URL ends with an error, and holds up nobody', async () => {
    await using site = await startSite('');
    const { fetcher } = politely();
    const results: unknown[] = [];
    for (const url of ['no url', 'ftp://a.example/', `${site.url}${'x'.repeat(10_000)}`]) {
      fetcher.enqueue(url, (_url, { error, status }) => results.push(error?.name ?? status));
    }
    await fetcher.idle();
    expect(results.toSorted()).toEqual([200, 'ConfigurationError', 'ConfigurationError']);
  });
});

describe('robots.txt', () => {
  test('is asked for once, and forbids what it forbids', async () => {
    await using site = await startSite('User-agent: acme\nDisallow: /private\n\nUser-agent: *\nDisallow: /');
    const { events, fetcher } = politely({}, { concurrency: 50 });
    const names = ['', 'private', 'public', 'private/1?key=secret'].map((path) => fetcher.fetch(site.url + path));
    const settled = await Promise.allSettled(names);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(settled[3]).toMatchObject({
      reason: {
        name: 'RobotsDisallowedError',
        message: `${site.url}private/1 is forbidden by robots.txt: Disallow: /private`,
        rule: 'Disallow: /private',
        retryAfter: undefined,
      },
    });
    expect(paths(site)).toEqual(['/robots.txt', '/', '/public']);
    expect(events).toEqual([
      { type: 'robots', origin: new URL(site.url).origin, state: 'rules', status: 200 },
      { type: 'disallowed', url: `${site.url}private`, rule: 'Disallow: /private' },
      { type: 'disallowed', url: `${site.url}private/1?key=secret`, rule: 'Disallow: /private' },
    ]);
  });

  test('is asked for where a redirect leads, and holds there', async () => {
    await using other = await startSite('User-agent: *\nDisallow: /no');
    await using site = await startSite('', (response, { url }) => {
      response.writeHead(302, { location: other.url + url.slice(1) }).end();
    });
    const { fetcher } = politely();
    expect(await nameOf(fetcher.fetch(`${site.url}yes`))).toBe(200);
    expect(await nameOf(fetcher.fetch(`${site.url}no`))).toBe('RobotsDisallowedError');
    expect(paths(other)).toEqual(['/robots.txt', '/yes']);
  });

  test('is asked for without credentials, wherever it leads', async () => {
    await using other = await startSite('');
    await using site = await startSite(
      (response) => void response.writeHead(302, { location: `${other.url}robots.txt` }).end(),
      (response) => void response.writeHead(302, { location: other.url }).end(),
    );
    const headers = { authorization: 'secret', cookie: 'secret', 'x-api-key': 'secret', 'x-plain': '1' };
    const { fetcher } = politely({}, { headers, secretHeaders: ['x-api-key'] });
    expect((await fetcher.fetch(site.url)).status).toBe(200);
    expect(paths(site)).toEqual(['/robots.txt', '/']);
    expect(site.requests[1]?.headers.authorization).toBe('secret');
    expect(paths(other)).toEqual(['/robots.txt', '/robots.txt', '/']);
    for (const request of [site.requests[0], ...other.requests]) {
      expect(request?.headers).toMatchObject({ 'x-plain': '1' });
      expect(JSON.stringify(request?.headers)).not.toContain('secret');
    }
  });

  const forbidAll = 'User-agent: *\nDisallow: /';
  test.each<[string, Handler, unknown, string]>([
    [
      'that is not there allows everything',
      (response) => void response.writeHead(404).end(forbidAll),
      200,
      'unavailable',
    ],
    [
      'that is not for us allows everything',
      (response) => void response.writeHead(403).end(forbidAll),
      200,
      'unavailable',
    ],
    ['behind a password allows everything', (response) => void response.writeHead(401).end(), 200, 'unavailable'],
    ['that is empty allows everything', (response) => void response.writeHead(204).end(), 200, 'rules'],
    [
      'that is HTML allows everything',
      (response) => void response.end(`<html>${forbidAll}</html>`.replace('\n', ' ')),
      200,
      'rules',
    ],
    [
      'in UTF-16 counts',
      (response) => void response.end(Buffer.from(`\ufeff${forbidAll}`, 'utf16le')),
      'RobotsDisallowedError',
      'rules',
    ],
    [
      'in UTF-16 without a mark counts',
      (response) => void response.end(Buffer.from(forbidAll, 'utf16le')),
      'RobotsDisallowedError',
      'rules',
    ],
    [
      'in UTF-16 the other way round counts',
      (response) => void response.end(Buffer.from(forbidAll, 'utf16le').swap16()),
      'RobotsDisallowedError',
      'rules',
    ],
    [
      'answered with 500 forbids everything for now',
      (response) => void response.writeHead(500).end(),
      'RobotsDisallowedError',
      'unreachable',
    ],
    [
      'answered with 429 forbids everything for now',
      (response) => void response.writeHead(429).end(),
      'RobotsDisallowedError',
      'unreachable',
    ],
    [
      'that breaks off forbids everything for now',
      (response) => {
        response.writeHead(200, { 'content-length': '1000' }).write('User-agent');
        setTimeout(() => response.destroy(), 5);
      },
      'RobotsDisallowedError',
      'unreachable',
    ],
    [
      'that leads to itself allows everything',
      (response) => void response.writeHead(301, { location: '/robots.txt' }).end(),
      200,
      'unavailable',
    ],
    [
      'that leads nowhere allows everything',
      (response) => void response.writeHead(301, { location: 'ftp://x' }).end(),
      200,
      'unavailable',
    ],
  ])('%s', async (_title, robots, expected, state) => {
    await using site = await startSite(robots);
    const { events, fetcher } = politely({ maxPause: 5 });
    expect(await nameOf(fetcher.fetch(`${site.url}page`))).toBe(expected);
    expect(events).toContainEqual(expect.objectContaining({ type: 'robots', state }));
    expect(paths(site).includes('/page')).toBe(expected === 200);
  });

  test('counts behind five redirects, and not behind six', async () => {
    const chain =
      (length: number): Handler =>
      (response, { url }) => {
        const at = Number(/(\d+)\.txt/.exec(url)?.[1] ?? 0);
        if (at < length) response.writeHead(302, { location: `/${at + 1}.txt` }).end();
        else response.end(forbidAll);
      };
    await using five = await startServer(chain(5));
    await using six = await startServer((response, request, count) =>
      request.url === '/page' ? void response.end() : chain(6)(response, request, count),
    );
    const { fetcher } = politely();
    expect(await nameOf(fetcher.fetch(`${five.url}page`))).toBe('RobotsDisallowedError');
    expect(await nameOf(fetcher.fetch(`${six.url}page`))).toBe(200);
    expect(paths(six)).toHaveLength(7);
  });

  test('of a server that is not there forbids, and says why and for how long', async () => {
    const site = await startSite('');
    await site.close();
    const { fetcher } = politely();
    const error = await fetcher.fetch(`${site.url}page?key=secret`).catch((failure: Error) => failure);
    expect(error).toMatchObject({
      name: 'RobotsDisallowedError',
      message: `${site.url}page is not asked for as of now: ${site.url}robots.txt is not known, as it could not be read`,
      cause: { name: 'ConnectionError' },
    });
    const { retryAfter } = error as { retryAfter?: number };
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(60_000);
  });

  test('of 10 MB is read as far as it counts, and its connection let go', async () => {
    let isClosed = false;
    await using site = await startSite((response) => {
      response.once('close', () => {
        isClosed = true;
      });
      response.write(`${forbidAll}\n`);
      const more = (): void => {
        if (!isClosed) response.write('#'.repeat(64 * 1024), () => setImmediate(more));
      };
      more();
    });
    const { fetcher } = politely();
    expect(await nameOf(fetcher.fetch(`${site.url}page`))).toBe('RobotsDisallowedError');
    await expect.poll(() => isClosed).toBe(true);
  });

  test('is only reported of, or not asked for, where that is wanted', async () => {
    await using site = await startSite(`${forbidAll}\nCrawl-delay: 30`);
    const report = politely({ robots: 'report' });
    expect(await nameOf(report.fetcher.fetch(site.url))).toBe(200);
    expect(report.events.at(-1)).toEqual({ type: 'disallowed', url: site.url, rule: 'Disallow: /' });
    const ignore = politely({ robots: 'ignore' });
    expect(await nameOf(ignore.fetcher.fetch(site.url))).toBe(200);
    expect(ignore.events).toEqual([]);
    expect(paths(site)).toEqual(['/robots.txt', '/', '/']);
    await expect(ignore.policy.robots(site.url)).rejects.toThrow('Expected a policy that reads robots.txt');
  });

  test('is handed over with its sitemaps, and shared with requests', async () => {
    await using site = await startSite('Sitemap: https://a.example/sitemap.xml\nUser-agent: *\nDisallow: /no');
    const { fetcher, policy } = politely();
    const robots = await policy.robots(`${site.url}anything`);
    expect(robots?.sitemaps).toEqual(['https://a.example/sitemap.xml']);
    expect(robots?.isAllowed(`${site.url}no`)).toBe(false);
    await fetcher.fetch(site.url);
    expect(paths(site)).toEqual(['/robots.txt', '/']);
    await expect(policy.robots('no url')).rejects.toThrow('Expected an absolute URL');
    await expect(polite({ userAgent }).robots('http://a.example')).rejects.toThrow(
      'Expected a policy that a fetcher has',
    );
  });
});

describe('what a site asks for', () => {
  test.each([
    ['0.03', 30, 30],
    ['100', 100_000, 40],
  ])('as a Crawl-delay of %s is kept, up to a limit, and told', async (text, asked, delay) => {
    const times: number[] = [];
    await using site = await startSite(`User-agent: *\nCrawl-delay: ${text}`, (response) => {
      times.push(performance.now());
      response.end();
    });
    const { events, fetcher } = politely({ maxCrawlDelay: 40 });
    fetcher.extend([`${site.url}1`, `${site.url}2`, `${site.url}3`]);
    await fetcher.idle();
    const { origin } = new URL(site.url);
    expect(events).toContainEqual({ type: 'crawlDelay', key: origin, origin, asked, delay });
    for (let at = 1; at < times.length; at++) {
      expect((times[at] ?? 0) - (times[at - 1] ?? 0)).toBeGreaterThanOrEqual(delay - 1);
    }
  });

  test('as a Retry-After is given to the whole key, up to a limit, and told', async () => {
    const clock = new VirtualClock();
    const sent: [string, number][] = [];
    const fetch = async (url: string): Promise<Response> => {
      const { pathname } = new URL(url);
      sent.push([pathname, clock.now() - 1_000]);
      const isFirst = sent.filter(([path]) => path === pathname).length === 1;
      if (pathname === '/busy' && isFirst) return new Response('', { status: 503, headers: { 'retry-after': '20' } });
      return new Response(pathname === '/robots.txt' ? '' : 'page');
    };
    const { events, fetcher } = politely({ maxPause: 15_000 }, { clock, fetch, retry: false });
    fetcher.extend(['http://a.example/busy', 'http://a.example/next']);
    await clock.run(fetcher.idle());
    expect(events).toContainEqual({
      type: 'pause',
      key: 'http://a.example',
      asked: 20_000,
      delay: 15_000,
      status: 503,
    });
    // The fetcher's own limits give the origin the whole time that it asked for.
    expect(sent).toEqual([
      ['/robots.txt', 0],
      ['/busy', 0],
      ['/next', 20_000],
    ]);
  });

  test('without a time is rest all the same: twice as much each time', async () => {
    const clock = new VirtualClock();
    const sent: number[] = [];
    const fetch = async (url: string): Promise<Response> => {
      if (url.endsWith('robots.txt')) return new Response('');
      sent.push(clock.now());
      return new Response('', { status: sent.length < 4 ? 429 : 200 });
    };
    const { events, fetcher } = politely({ delay: 100 }, { clock, fetch, retry: false });
    fetcher.extend(Array.from({ length: 6 }, (_, at) => `http://a.example/${at}`));
    await clock.run(fetcher.idle());
    expect(sent.slice(1).map((time, at) => time - (sent[at] ?? 0))).toEqual([1_000, 2_000, 4_000, 100, 100]);
    expect(events.filter(({ type }) => type === 'pause')).toHaveLength(3);
  });

  test('while its robots.txt cannot be read is asked again and again, ever more rarely', async () => {
    const clock = new VirtualClock();
    const asked: number[] = [];
    const begin = clock.now();
    const fetch = async (url: string): Promise<Response> => {
      if (!url.endsWith('robots.txt')) return new Response('page');
      asked.push(clock.now() - begin);
      return clock.now() - begin < 3_600_000 ? new Response('', { status: 500 }) : new Response('');
    };
    const { fetcher } = politely({ delay: 1 }, { clock, fetch });
    const outcomes: unknown[] = [];
    const keepTrying = async (): Promise<void> => {
      while (outcomes.at(-1) !== 200) {
        outcomes.push(await nameOf(fetcher.fetch('http://a.example/')));
        await clock.wait(60_000);
      }
    };
    await clock.run(keepTrying());
    expect(outcomes.length).toBeGreaterThan(60);
    // Two tries each time, after 1, 2, 4, 8, 16 and 32 minutes.
    expect(asked.length).toBeLessThanOrEqual(15);
  });

  test('is what it asked for last, as long as its robots.txt cannot be read anew', async () => {
    const clock = new VirtualClock();
    const day = 86_400_000;
    const begin = clock.now();
    let count = 0;
    const fetch = async (url: string): Promise<Response> => {
      if (!url.endsWith('robots.txt')) return new Response('page');
      return ++count === 1 ? new Response('User-agent: *\nDisallow: /no') : new Response('', { status: 503 });
    };
    const { events, fetcher } = politely({}, { clock, fetch });
    const ask = (path: string): Promise<unknown> => clock.run(nameOf(fetcher.fetch(`http://a.example${path}`)));
    expect(await ask('/no')).toBe('RobotsDisallowedError');
    expect(await ask('/yes')).toBe(200);
    expect(count).toBe(1);
    await clock.run(clock.wait(begin + day + 1_000 - clock.now()));
    expect(await ask('/yes')).toBe(200);
    expect(await ask('/no')).toBe('RobotsDisallowedError');
    expect(count).toBe(3);
    expect(events.findLast(({ type }) => type === 'robots')).toMatchObject({ state: 'rules', status: 503 });
    await clock.run(clock.wait(begin + 9 * day - clock.now()));
    expect(await ask('/yes')).toBe('RobotsDisallowedError');
  });

  test('is a delay that follows how fast it answers, by Scrapy’s rule', async () => {
    const clock = new VirtualClock();
    const log: { start: number; end: number }[] = [];
    const latencies = [2_000, 2_000, 2_000, 8_000, 100, 100];
    const statuses = [200, 200, 200, 200, 500, 200];
    const fetch = async (): Promise<Response> => {
      const at = log.length;
      const start = clock.now();
      log.push({ start, end: start });
      await clock.wait(latencies[at] ?? 0);
      log[at] = { start, end: clock.now() };
      return new Response('', { status: statuses[at] ?? 200 });
    };
    const autoThrottle = { start: 5_000, maximum: 7_000 };
    const { fetcher } = politely({ robots: 'ignore', autoThrottle, delay: 500 }, { clock, fetch, retry: false });
    fetcher.extend(latencies.map((_, at) => `http://a.example/${at}`));
    await clock.run(fetcher.idle());
    const rests = log.slice(1).map(({ start }, at) => start - (log[at]?.end ?? 0));
    // Half the way from 5 000 to 2 000, and on; at once up to the maximum; an error that comes fast shortens nothing.
    expect(rests).toEqual([3_500, 2_750, 2_375, 7_000, 7_000]);
  });
});

describe('keys', () => {
  const together = async (key: PoliteOptions['key'], urls: readonly string[]): Promise<number> => {
    const clock = new VirtualClock();
    let running = 0;
    let most = 0;
    const fetch = async (): Promise<Response> => {
      most = Math.max(most, ++running);
      await clock.wait(1_000);
      running--;
      return new Response('');
    };
    const { fetcher } = politely({ ...(key && { key }), robots: 'ignore' }, { clock, fetch });
    // The list of suffixes is loaded in the time of the disk.
    await import('tldts');
    fetcher.extend(urls);
    await clock.run(fetcher.idle());
    return most;
  };

  test.each<[string, PoliteOptions['key'], number]>([
    ['a host, whatever the port', 'host', 4],
    ['an origin', 'origin', 5],
    ['a site by the public suffix list', 'site', 3],
    ['what a function says', ({ protocol }) => protocol, 2],
  ])('are %s', async (_name, key, expected) => {
    const urls = ['http://a.example.co.uk/', 'https://a.example.co.uk:8443/', 'http://b.example.co.uk/'];
    expect(await together(key, [...urls, 'http://me.github.io/', 'http://you.github.io/'])).toBe(expected);
  });

  test('of a function that fails are the error of the task', async () => {
    const { fetcher } = politely({ key: () => 7 as never, robots: 'ignore' });
    fetcher.on('error', () => {});
    await expect(fetcher.fetch('http://a.example/')).rejects.toThrow('Expected `key` to answer with text, got `7`');
  });
});

describe('options', () => {
  test.each<[object | null, string]>([
    [{}, 'Expected `userAgent` to begin with a name'],
    [{ userAgent: '(none)' }, 'Expected `userAgent` to begin with a name'],
    [{ userAgent, delay: -1 }, 'Expected `delay` to be milliseconds'],
    [{ userAgent, delay: Number.POSITIVE_INFINITY }, 'Expected `delay` to come to an end'],
    [{ userAgent, jitter: Number.NaN }, 'Expected `jitter` to be a part of the delay'],
    [{ userAgent, delayFrom: 'end' }, "Expected `delayFrom` to be 'completion' or 'start'"],
    [{ userAgent, key: 'ip' }, "Expected `key` to be 'host', 'origin', 'site' or a function"],
    [{ userAgent, robots: true }, "Expected `robots` to be 'obey', 'report' or 'ignore'"],
    [{ userAgent, concurrency: 0 }, 'Expected `concurrency` to be an integer from 1'],
    [{ userAgent, autoThrottle: { target: 0 } }, 'Expected `autoThrottle.target` to be above 0'],
    [null, 'Expected the options to be an object'],
  ])('such as %j are refused', (options, message) => {
    expect(() => polite(options as PoliteOptions)).toThrow(message);
  });

  test('have one fetcher each', () => {
    const policy = polite({ userAgent });
    new Fetcher({ policy });
    const errors: unknown[] = [];
    expect(() => policy.start?.({ report: (error: unknown) => errors.push(error) } as never)).toThrow(
      'Expected a policy of one fetcher only',
    );
  });
});
