import { adaptive, type LimitRule, memoryLimiter } from 'tideway/fetcher';
import { describe, expect, it } from 'vitest';
import { limiterContract } from '../contracts/limiter.ts';
import { rejection, thrown } from '../helpers/rejection.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

limiterContract('memoryLimiter', (limits) => ({ limiter: memoryLimiter(limits) }));

const url = new URL('http://site.test/a');

describe('memoryLimiter', () => {
  it('answers at once where there is room, without a promise, from its first lease on', async () => {
    const limiter = memoryLimiter([{ concurrency: 1 }]);
    (await limiter.acquire(url)).release();
    expect(limiter.acquire(url)).not.toBeInstanceOf(Promise);
    expect(limiter.acquire(url)).toBeInstanceOf(Promise);
  });

  it('answers at once where there is no rule, until there is a pause', async () => {
    const limiter = memoryLimiter();
    expect(limiter.acquire(url)).not.toBeInstanceOf(Promise);
    const paused = performance.now();
    limiter.pause(url, 100);
    const waiting = limiter.acquire(url);
    await limiter.acquire(new URL('http://other.test/'));
    await waiting;
    expect(performance.now() - paused).toBeGreaterThanOrEqual(98);
  });

  it('gives no lease to one who left while what counts was loaded', async () => {
    const limiter = memoryLimiter([{ concurrency: 1 }]);
    const controller = new AbortController();
    const left = rejection(limiter.acquire(url, controller) as Promise<unknown>);
    controller.abort('not wanted');
    expect(await left).toBe('not wanted');
    await limiter.acquire(url);
  });

  it('goes by the newest rules from its first lease on', async () => {
    const limiter = memoryLimiter([{ concurrency: 1 }]);
    limiter.setLimits([{ concurrency: 2 }]);
    await limiter.acquire(url);
    expect(limiter.acquire(url)).not.toBeInstanceOf(Promise);
    expect(limiter.acquire(url)).toBeInstanceOf(Promise);
  });

  it('has no timer while somebody waits for a release only', async () => {
    const clock = new VirtualClock();
    const limiter = memoryLimiter([{ concurrency: 1, rate: { requests: 1, interval: 100 } }], clock);
    const first = await limiter.acquire(url);
    const second = limiter.acquire(url);
    expect(clock.timers).toBe(0);
    first.release();
    expect(clock.timers).toBe(1);
    clock.step();
    await second;
    expect(clock.timers).toBe(0);
  });

  it('leaves no timer behind when the last who waits goes away', async () => {
    const clock = new VirtualClock();
    const limiter = memoryLimiter([], clock);
    await limiter.pause(url, 1_000);
    const controller = new AbortController();
    const waiting = limiter.acquire(url, controller) as Promise<unknown>;
    waiting.catch(() => {});
    expect(clock.timers).toBe(1);
    controller.abort();
    expect(clock.timers).toBe(0);
  });

  it('takes patterns and functions for URLs and for keys', () => {
    const limiter = memoryLimiter([
      { url: new URLPattern({ hostname: '*.shop.test' }), concurrency: 1 },
      {
        url: ({ pathname }) => pathname.endsWith('.pdf'),
        key: ({ hostname }) => hostname.split('.').slice(-2).join('.'),
      },
    ]);
    const keyOf = (text: string): string => limiter.keyOf(new URL(text));
    expect(keyOf('http://a.shop.test/1.pdf')).toBe(keyOf('http://b.shop.test/'));
    expect(keyOf('http://x.site.test/1.pdf')).toBe(keyOf('http://y.site.test/2.pdf'));
    expect(keyOf('http://x.site.test/1.pdf')).not.toBe(keyOf('http://x.site.test/1.html'));
  });

  it('keeps what is counted when the rules change', async () => {
    const limiter = memoryLimiter([{ url: 'http://site.test', concurrency: 2 }]);
    const first = await limiter.acquire(url);
    await limiter.acquire(url);
    const waiting = limiter.acquire(url);
    limiter.setLimits([
      { url: 'http://other.test', concurrency: 1 },
      { url: 'http://site.test', concurrency: 3 },
    ]);
    const third = await waiting;
    const fourth = limiter.acquire(url);
    expect(fourth).toBeInstanceOf(Promise);
    limiter.setLimits([{ url: 'http://site.test', concurrency: 1 }]);
    first.release();
    third.release();
    expect(await Promise.race([fourth, Promise.resolve('nothing')])).toBe('nothing');
  });

  it('changes nothing when the new rules cannot work', () => {
    const limiter = memoryLimiter([{ concurrency: 1 }]);
    expect(thrown(() => limiter.setLimits([{ concurrency: 0 }]))).toMatchObject({ code: 'ERR_CONFIGURATION' });
    limiter.acquire(url);
    expect(limiter.acquire(url)).toBeInstanceOf(Promise);
  });

  it.each<[string, LimitRule[], string]>([
    ['no concurrency', [{ concurrency: 0 }], '`limits[0].concurrency` to be an integer from 1 and up, got `0`'],
    ['a text', [{ concurrency: '5' as never }], '`limits[0].concurrency'],
    ['a rate of nothing', [{ rate: { requests: 0, interval: 1 } }], '`limits[0].rate.requests`'],
    ['a rate without an interval', [{ rate: { requests: 1 } as never }], '`limits[0].rate.interval`'],
    ['what is no URL', [{ url: 'site.test' }], '`limits[0].url` to be a URL, got `site.test`'],
    ['another protocol', [{ url: 'ftp://site.test' }], '`limits[0].url` to begin with http: or https:, got `ftp:`'],
    ['a query, which no rule looks at', [{ url: 'http://site.test/?a' }], '`limits[0].url` to have neither a query'],
    ['an unknown key', [{ key: 'site' as never }], "`limits[0].key` to be 'host', 'origin' or a function"],
    [
      'a rule behind one for everything',
      [{ concurrency: 1 }, { url: 'http://a.test' }],
      '`limits[1]` to match something',
    ],
    [
      'a rule behind a wider one',
      [{ url: 'http://a.test/b' }, { url: 'http://c.test' }, { url: 'http://a.test/b/c' }],
      '`limits[2]` to match something that `limits[0]` does not',
    ],
  ])('refuses %s', (_, limits, message) => {
    const error = thrown(() => memoryLimiter(limits));
    expect(error).toMatchObject({ code: 'ERR_CONFIGURATION' });
    expect(String(error)).toContain(message);
  });
});

describe('adaptive', () => {
  it('grows while all goes well, and steps back when the server has too much', () => {
    const watched = adaptive({ initial: 4, maximum: 10 }).start();
    for (let n = 0; n < 200; n++) watched.update({ status: 200, latency: 10 }, Math.floor(watched.concurrency));
    expect(watched.concurrency).toBe(10);
    watched.update({ status: 429, latency: 10 }, 10);
    expect(watched.concurrency).toBe(7);
  });

  it('steps back once for all requests of one time', () => {
    const watched = adaptive({ initial: 100 }).start();
    for (let n = 0; n < 50; n++) watched.update({ status: 503, latency: 10 }, 100 - n);
    expect(watched.concurrency).toBe(70);
  });

  it('takes a latency far above the best for a sign', () => {
    const watched = adaptive({ initial: 20, tolerance: 3 }).start();
    watched.update({ status: 200, latency: 10 }, 1);
    watched.update({ status: 200, latency: 29 }, 1);
    expect(watched.concurrency).toBe(20);
    watched.update({ status: 200, latency: 40 }, 1);
    expect(watched.concurrency).toBe(14);
  });

  it('does not grow where what there is is not used, and never falls below its minimum', () => {
    const watched = adaptive({ initial: 4, minimum: 2 }).start();
    for (let n = 0; n < 100; n++) watched.update({ status: 200, latency: 10 }, 1);
    expect(watched.concurrency).toBe(4);
    for (let n = 0; n < 100; n++) watched.update({ latency: 10, error: new Error('refused') }, 1);
    expect(watched.concurrency).toBe(2);
  });

  it('limits a memoryLimiter as it goes', async () => {
    const limiter = memoryLimiter([{ concurrency: adaptive({ initial: 1 }) }]);
    const first = await limiter.acquire(url);
    const second = limiter.acquire(url);
    const third = limiter.acquire(url);
    first.release({ status: 200, latency: 5 });
    expect(await Promise.all([second, third])).toHaveLength(2);
  });
});
