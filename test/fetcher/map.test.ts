import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { Fetcher, FetchTask } from 'tideway/fetcher';
import { describe, expect, it } from 'vitest';
import { rejection, thrown } from '../helpers/rejection.ts';
import { startServer } from '../helpers/server.ts';

const stub = (): Fetcher => new Fetcher({ fetch: async () => new Response('ok') });

describe('map', () => {
  it('gives a result for each URL, in the order in which they come', async () => {
    await using server = await startServer(async (response, { url }) => {
      await sleep(url === '/slow' ? 80 : 0);
      response.end();
    });
    const results: string[] = [];
    const urls = ['slow', 'a', 'b'].map((path) => server.url + path);
    for await (const { url } of new Fetcher().map(urls)) results.push(url);
    expect(results.at(-1)).toBe(`${server.url}slow`);
    expect(results.toSorted()).toEqual(urls.toSorted());
  });

  it('takes no more from its source than fits, and waits for whoever takes results', async () => {
    let given = 0;
    function* source() {
      for (; given < 1_000; ) yield `http://a.test/${given++}`;
    }
    const results = stub().map(source(), { buffer: 20 });
    expect(given).toBe(0);
    await results.next();
    await sleep(30);
    expect(given).toBeLessThanOrEqual(21);
    let taken = 1;
    for await (const _ of results) {
      taken++;
      expect(given - taken).toBeLessThanOrEqual(20);
    }
    expect(taken).toBe(1_000);
  });

  it('waits for a slow source, and hands over what it has meanwhile', async () => {
    async function* source() {
      yield 'http://a.test/1';
      await sleep(60);
      yield 'http://a.test/2';
    }
    const fetcher = stub();
    const results = fetcher.map(source());
    expect((await results.next()).value?.url).toBe('http://a.test/1');
    expect(fetcher.stats.accepted).toBe(1);
    expect((await results.next()).value?.url).toBe('http://a.test/2');
    expect(await results.next()).toEqual({ done: true, value: undefined });
    expect(await results.next()).toEqual({ done: true, value: undefined });
  });

  it('delivers what a source gave before it failed, then fails', async () => {
    async function* source() {
      yield 'http://a.test/1';
      yield 'http://a.test/2';
      throw new Error('no more');
    }
    const urls: string[] = [];
    const reading = (async () => {
      for await (const { url } of stub().map(source())) urls.push(url);
    })();
    expect(await rejection(reading)).toMatchObject({ message: 'no more' });
    expect(urls).toHaveLength(2);
  });

  it('cancels the rest and closes the source when the loop is left', async () => {
    await using server = await startServer((response, { url }) => {
      if (url === '/0') response.end();
    });
    let isClosed = false;
    function* source() {
      try {
        for (let n = 0; ; n++) yield `${server.url}${n}`;
      } finally {
        isClosed = true;
      }
    }
    const fetcher = new Fetcher({ concurrency: 4 });
    for await (const _ of fetcher.map(source())) break;
    expect(isClosed).toBe(true);
    await fetcher.idle();
    const { requests } = fetcher.stats;
    await sleep(30);
    expect(fetcher.pending).toBe(0);
    expect(fetcher.stats.requests).toBe(requests);
    expect(requests).toBeLessThanOrEqual(5);
  });

  it('has an error in the result for a URL that cannot work, and fails for what is none at all', async () => {
    const results: unknown[] = [];
    for await (const { error } of stub().map(['nonsense', 'http://a.test/'])) results.push(error);
    expect(results).toEqual(
      expect.arrayContaining([expect.objectContaining({ code: 'ERR_CONFIGURATION' }), undefined]),
    );
    const odd = stub().map([7 as never]);
    expect(await rejection(odd.next())).toMatchObject({ code: 'ERR_CONFIGURATION' });
    expect(String(thrown(() => stub().map('http://a.test/' as never)))).toContain('a list of URLs');
    expect(String(thrown(() => stub().map(undefined as never)))).toContain('a list of URLs');
    expect(String(thrown(() => stub().map([], { buffer: 0 })))).toContain('`buffer`');
  });

  it('takes the same URL a hundred thousand times, with no more of it under way than its buffer', {
    timeout: 120_000,
  }, async () => {
    let given = 0;
    function* same() {
      for (; given < 100_000; given++) yield 'http://a.test/same';
    }
    const fetcher = stub();
    let taken = 0;
    let most = 0;
    for await (const { ok } of fetcher.map(same(), { buffer: 50 })) {
      if (ok) taken++;
      most = Math.max(most, given - taken, fetcher.size + fetcher.pending);
    }
    expect(taken).toBe(100_000);
    expect(most).toBeLessThanOrEqual(51);
    expect(fetcher.stats).toMatchObject({ accepted: 100_000, succeeded: 100_000, requests: 100_000, queued: 0 });
  });

  it('takes tasks, each of them once', async () => {
    let count = 0;
    for await (const _ of stub().map([new FetchTask('http://a.test/task')])) count++;
    expect(count).toBe(1);
    const used = new FetchTask('http://a.test/task');
    const fetcher = stub();
    await fetcher.fetch(used);
    expect(await rejection(fetcher.fetch(used))).toMatchObject({ code: 'ERR_CONFIGURATION' });
  });

  it('fails after a stop, behind what it has', async () => {
    const fetcher = stub();
    const results = fetcher.map(
      [1, 2, 3].map((n) => `http://a.test/${n}`),
      { buffer: 1 },
    );
    await results.next();
    await fetcher.stop();
    const rest = (async () => {
      for await (const _ of results) await sleep(0);
    })();
    expect(await rejection(rest)).toMatchObject({ code: 'ERR_CONFIGURATION' });
  });

  it('gives everything once, for any source, buffer and pace', async () => {
    const pace = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(pace, fc.integer({ min: 1, max: 9 }), fc.boolean(), async (waits, buffer, isAsync) => {
        async function* slow() {
          for (const [n, waiting] of waits.entries()) {
            if (waiting) await Promise.resolve();
            yield `http://a.test/${n}`;
          }
        }
        const source = isAsync ? slow() : waits.map((_, n) => `http://a.test/${n}`);
        const seen: string[] = [];
        for await (const { url } of stub().map(source, { buffer })) {
          seen.push(url);
          if (waits[seen.length]) await Promise.resolve();
        }
        expect(seen.toSorted()).toEqual(waits.map((_, n) => `http://a.test/${n}`).toSorted());
      }),
      { numRuns: 60 },
    );
  });
});
