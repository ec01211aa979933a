import { adaptive, circuitBreaker, Fetcher } from 'tideway/fetcher';
import { describe, expect, it } from 'vitest';
import { rejection, thrown } from '../helpers/rejection.ts';
import { inTurn, startServer } from '../helpers/server.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const quick = { retry: { backoff: 1 } } as const;

describe('another try', () => {
  it.each([408, 429, 500, 502, 503, 504])('is made after %d', async (status) => {
    await using server = await startServer(inTurn(status, status, 200));
    const result = await new Fetcher(quick).fetch(server.url);
    expect(result).toMatchObject({ status: 200, attempts: 3 });
  });

  it('is made after a connection that breaks, also in the middle of the body', async () => {
    await using server = await startServer((response, _, count) => {
      if (count === 1) response.destroy();
      else if (count === 2) {
        response.writeHead(200, { 'content-length': 9 }).write('half', () => response.destroy());
      } else response.end('whole');
    });
    const result = await new Fetcher(quick).fetch(server.url);
    expect(await result.text()).toBe('whole');
    expect(result.attempts).toBe(3);
  });

  it('is made after 413 only where the server says when', async () => {
    await using server = await startServer(inTurn([413, { 'retry-after': '0' }], 200));
    expect(await new Fetcher(quick).fetch(server.url)).toMatchObject({ status: 200, attempts: 2 });
    await using final = await startServer(inTurn(413));
    expect(await new Fetcher(quick).fetch(final.url)).toMatchObject({ status: 413, attempts: 1 });
  });

  it.each([
    ['400', { method: 'GET' }, 400],
    ['404', { method: 'GET' }, 404],
    ['a POST', { method: 'POST', body: 'x' }, 503],
    ['a request that says so', { retry: false as const }, 503],
    ['a body of a stream', { method: 'PUT', body: new Blob(['x']).stream() as ReadableStream }, 503],
  ])('is not made of %s', async (_, init, status) => {
    await using server = await startServer(inTurn(status));
    expect(await new Fetcher(quick).fetch(server.url, init)).toMatchObject({ status, attempts: 1, error: undefined });
    expect(server.requests).toHaveLength(1);
  });

  it('is made of the methods and statuses that are given', async () => {
    await using server = await startServer(inTurn(404, 200));
    const retry = { backoff: 1, methods: ['post'], statuses: [404] };
    expect(await new Fetcher({ retry }).fetch(server.url, { method: 'POST', body: 'x' })).toMatchObject({
      attempts: 2,
    });
    expect(server.requests.map(({ body }) => body)).toEqual(['x', 'x']);
  });

  it('that is the last gives the answer of a server that stays down, and is told before', async () => {
    await using server = await startServer((response) => void response.writeHead(503).end('down'));
    const fetcher = new Fetcher({ retry: { backoff: 1, attempts: 2 } });
    const told: object[] = [];
    fetcher.on('retry', (event) => told.push(event));
    const result = await fetcher.fetch(server.url);
    expect(result).toMatchObject({ status: 503, ok: false, error: undefined, attempts: 2 });
    expect(await result.text()).toBe('down');
    expect(told).toMatchObject([{ url: server.url, attempt: 2, status: 503 }]);
    expect(fetcher.stats).toMatchObject({ requests: 2, retries: 1, succeeded: 1, failed: 0 });
  });

  it('is not made of what would be too late', async () => {
    const clock = new VirtualClock();
    const fetcher = new Fetcher({
      clock,
      retry: { attempts: 100, maxTime: 10_000 },
      fetch: async () => new Response(null, { status: 500 }),
    });
    const started = clock.now();
    const result = await clock.run(fetcher.fetch('http://a.test/'));
    expect(result.attempts).toBeGreaterThan(2);
    expect(clock.now() - started).toBeLessThanOrEqual(10_000);
  });

  it('is not made once an origin has used up its budget, and again when it has earned more', async () => {
    let isDown = true;
    let sent = 0;
    const fetcher = new Fetcher({
      concurrency: 1,
      retry: { attempts: 3, backoff: 1, budget: 5 },
      fetch: async () => {
        sent++;
        return new Response(null, { status: isDown ? 503 : 200 });
      },
    });
    const many = (count: number) => Promise.all(Array.from({ length: count }, () => fetcher.fetch('http://a.test/')));
    await many(20);
    expect(sent).toBe(25);
    expect((await fetcher.fetch('http://b.test/')).attempts).toBe(3);
    isDown = false;
    await many(10);
    isDown = true;
    sent = 0;
    await many(20);
    expect(sent).toBe(22);
  });
});

describe('a server that asks for rest', () => {
  it.each<[string, Record<string, string>, number]>([
    ['Retry-After in seconds', { 'retry-after': '2' }, 2_000],
    [
      'Retry-After as a date, by its own clock',
      { 'retry-after': 'Wed, 21 Oct 2015 07:28:03 GMT', date: 'Wed, 21 Oct 2015 07:28:00 GMT' },
      3_000,
    ],
    ['RateLimit', { ratelimit: '"burst";r=5;t=9, "day";r=0;t=4' }, 4_000],
    ['RateLimit of an older draft', { ratelimit: 'limit=10, remaining=0, reset=4' }, 4_000],
    ['RateLimit-Remaining', { 'ratelimit-remaining': '0', 'ratelimit-reset': '5' }, 5_000],
    ['X-RateLimit-Remaining', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '6' }, 6_000],
  ])('is given it, for its whole key: %s', async (_, headers, rest) => {
    const clock = new VirtualClock();
    const sent: [string, number][] = [];
    const fetcher = new Fetcher({
      clock,
      concurrency: 1,
      fetch: async (url) => {
        sent.push([url, clock.now()]);
        return new Response(null, sent.length === 1 ? { status: 429, headers } : { status: 200 });
      },
    });
    const throttled: object[] = [];
    fetcher.on('throttled', (event) => throttled.push(event));
    const started = clock.now();
    const all = ['http://a.test/1', 'http://a.test/2', 'http://b.test/'].map((url) => fetcher.fetch(url));
    await clock.run(Promise.all(all));
    expect(throttled).toEqual([{ url: 'http://a.test/1', key: 'http://a.test', delay: rest, status: 429 }]);
    const [, ...later] = sent;
    expect(later).toContainEqual(['http://b.test/', started]);
    const ofA = later.filter(([url]) => url.startsWith('http://a.test/'));
    expect(ofA).toHaveLength(2);
    for (const [, at] of ofA) expect(at - started).toBeGreaterThanOrEqual(rest);
  });

  it('also of a success that says that it was the last for now', async () => {
    const clock = new VirtualClock();
    const headers = { ratelimit: '"default";r=0;t=30' };
    const fetcher = new Fetcher({ clock, fetch: async () => new Response('ok', { headers }) });
    const started = clock.now();
    expect(await clock.run(fetcher.fetch('http://a.test/1'))).toMatchObject({ status: 200, attempts: 1 });
    await clock.run(fetcher.fetch('http://a.test/2'));
    expect(clock.now() - started).toBeGreaterThanOrEqual(30_000);
  });

  it('for longer than may be gets no further try, and is left alone for that long', async () => {
    const clock = new VirtualClock();
    const headers = { 'retry-after': '3600' };
    const fetcher = new Fetcher({ clock, fetch: async () => new Response(null, { status: 503, headers }) });
    const started = clock.now();
    expect(await clock.run(fetcher.fetch('http://a.test/1'))).toMatchObject({ status: 503, attempts: 1 });
    expect(clock.now()).toBe(started);
    await clock.run(fetcher.fetch('http://a.test/2'));
    expect(clock.now() - started).toBe(60_000);
  });
});

describe('circuitBreaker', () => {
  it('leaves an origin alone that fails too often, tries it once, and lets all through when it is back', async () => {
    const clock = new VirtualClock();
    let isDown = true;
    let sent = 0;
    const states: string[] = [];
    const breaker = circuitBreaker({
      minimum: 4,
      clock,
      onChange: (origin, state) => states.push(`${origin} ${state}`),
    });
    const fetcher = new Fetcher({
      clock,
      concurrency: 1,
      retry: false,
      breaker,
      fetch: async () => {
        sent++;
        return new Response(null, { status: isDown ? 500 : 200 });
      },
    });
    const go = (url = 'http://a.test/') => clock.run(fetcher.fetch(url));
    for (let n = 0; n < 4; n++) expect((await go()).status).toBe(500);
    expect(await rejection(go())).toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
    expect((await go('http://b.test/')).status).toBe(500);
    expect(sent).toBe(5);
    await clock.run(clock.wait(30_000));
    expect((await go()).status).toBe(500);
    expect(await rejection(go())).toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
    isDown = false;
    await clock.run(clock.wait(30_000));
    expect((await go()).status).toBe(200);
    expect((await go()).status).toBe(200);
    expect(states).toEqual(
      ['open', 'half-open', 'open', 'half-open', 'closed'].map((state) => `http://a.test ${state}`),
    );
  });

  it('refuses options that cannot work', () => {
    expect(String(thrown(() => circuitBreaker({ failureRatio: 0 })))).toContain('`failureRatio`');
    expect(String(thrown(() => circuitBreaker({ minimum: 0 })))).toContain('`minimum`');
    expect(String(thrown(() => adaptive({ initial: 300 })))).toContain('`initial`');
    expect(String(thrown(() => adaptive({ tolerance: 1 })))).toContain('`tolerance`');
  });
});
