/** Fetchers. Where the platform follows redirects by itself, the result says so. */
import { allItems, range } from './seed.js';

/** A fetcher, and what it asks for: the items of the case's own job, as a server of any kind sends them. */
function fetcherOf({ fetcher, job, options }, more) {
  const made = new fetcher.Fetcher({
    headers: { authorization: `Basic ${btoa(`${options.apiKey}:`)}` },
    ...more,
  });
  return { fetcher: made, urlOf: (n) => `${options.endpoint}items/${job.key}?start=${job.key}/${n}&count=1&n=${n}` };
}

const nOf = async (result) => JSON.parse(await result.text()).n;

/** A `fetch` of answers that are made up, by path. */
const answers = (byPath) => async (url, init) => {
  const { pathname } = new URL(url);
  return byPath[pathname](init, url);
};

export const fetcherCases = {
  'fetches many URLs within its limits': async (context) => {
    const { check, options } = context;
    let running = 0;
    let most = 0;
    const misses = [];
    const { fetcher, urlOf } = fetcherOf(context, {
      concurrency: 10,
      limits: [{ url: options.endpoint, concurrency: 3 }],
      fetch: async (url, init) => {
        most = Math.max(most, ++running);
        try {
          return await fetch(url, init);
        } finally {
          running--;
        }
      },
    });
    fetcher.on('limiterMiss', (miss) => misses.push(miss));
    const seen = [];
    for await (const result of fetcher.map(range(0, 30).map(urlOf))) {
      check.equal([result.status, result.ok, result.error], [200, true, undefined], 'an answer');
      seen.push(await nOf(result));
    }
    check.equal(
      seen.sort((one, other) => one - other),
      range(0, 30),
      'the items',
    );
    check.equal(most, 3, 'the most requests at once');
    check.ok(misses.length >= 20, `most to wait for the limit, got ${misses.length}`);
    await fetcher.idle();
    const { accepted, failed, running: left, succeeded } = fetcher.stats;
    check.equal([accepted, succeeded, failed, left], [30, 30, 0, 0], 'the stats');
    await fetcher.stop();
  },

  'tries again what failed, and tells of what gives no answer': async (context) => {
    const { check, fault, job, options } = context;
    await fault({ path: `/items/${job.key}`, times: 2, status: 503 });
    const { fetcher, urlOf } = fetcherOf(context, { retry: { attempts: 3, backoff: 1 } });
    const retries = [];
    fetcher.on('retry', ({ attempt, status }) => retries.push([attempt, status]));
    const result = await fetcher.fetch(urlOf(7));
    check.equal([result.status, result.attempts, await nOf(result)], [200, 3, 7], 'the answer');
    check.equal(
      retries,
      [
        [2, 503],
        [3, 503],
      ],
      'the tries',
    );
    const error = await check.rejects(fetcher.fetch(`${options.deadEndpoint}/x?secret=1`, { retry: false }), 'nobody');
    check.equal(error.name, 'ConnectionError', 'the error');
    check.ok(!String(error).includes('secret'), 'no query in the message');
    await fetcher.stop();
  },

  'gives up a request that is cancelled, in the air and in the queue': async (context) => {
    const { check, fault, job, seen } = context;
    const path = `/items/${job.key}`;
    await fault({ path, stallAfterRecords: 1 });
    const { fetcher } = fetcherOf(context, { concurrency: 1 });
    const controller = new AbortController();
    const reason = new Error('not wanted');
    const url = `${context.options.endpoint}items/${job.key}`;
    const both = [fetcher.fetch(url, { signal: controller.signal }), fetcher.fetch(url, { signal: controller.signal })];
    await check.eventually(async () => (await seen(path)).length, 1, 'the requests');
    check.equal([fetcher.pending, fetcher.size], [1, 1], 'what is in the air, and what waits');
    controller.abort(reason);
    for (const one of both) check.ok((await check.rejects(one, 'a request')) === reason, 'the reason');
    await fetcher.idle();
    const outcomes = async () => (await seen(path)).map(({ outcome }) => outcome);
    await check.eventually(outcomes, ['left'], 'what became of the body');
    await fetcher.stop();
  },

  'hands over bodies as they come, and holds their place': async (context) => {
    const { check, job, options } = context;
    const { fetcher, urlOf } = fetcherOf(context, { concurrency: 1 });
    const result = await fetcher.fetch(`${options.endpoint}items/${job.key}`, { stream: true });
    check.equal(fetcher.pending, 1, 'what is in the air');
    const next = fetcher.fetch(urlOf(3));
    const text = await new Response(result.body).text();
    check.same(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
      allItems(),
      'the items',
    );
    check.equal(await nOf(await next), 3, 'what came next');
    const left = await fetcher.fetch(`${options.endpoint}items/${job.key}`, { stream: true });
    await left.body.cancel();
    await fetcher.idle();
    check.equal(fetcher.pending, 0, 'what is in the air at the end');
    await fetcher.stop();
  },

  'answers from a cache, without a request': async (context) => {
    const { cache, check, job, seen } = context;
    const { fetcher, urlOf } = fetcherOf(context, { cache: cache.memoryCache({ storeCredentialed: true }) });
    const results = await Promise.all(range(0, 5).map(() => fetcher.fetch(urlOf(9))));
    for (const result of results) check.equal(await nOf(result), 9, 'an answer that is shared');
    const hit = await fetcher.fetch(urlOf(9));
    check.equal([hit.fromCache, await nOf(hit)], [true, 9], 'a hit');
    check.equal((await seen(`/items/${job.key}`)).length, 1, 'the requests');
    await fetcher.stop();
  },
};

export const redirectCases = {
  'follows redirects hop by hop, as far as it may': async (context) => {
    const { check } = context;
    const { fetcher } = fetcherOf(context, {
      maxRedirects: 5,
      fetch: answers({
        '/a': () => new Response(null, { status: 302, headers: { location: '/b#part' } }),
        '/b': (init) => new Response(init.method),
        '/round': () => new Response(null, { status: 302, headers: { location: '/round' } }),
      }),
    });
    const hops = [];
    fetcher.on('hop', ({ to }) => hops.push(to));
    const result = await fetcher.fetch('https://one.test/a', { method: 'POST', body: 'x' });
    check.equal([result.status, await result.text()], [200, 'GET'], 'the answer');
    check.equal(result.redirects, ['https://one.test/b#part'], 'the redirects');
    check.equal(hops, result.redirects, 'the hops');
    const error = await check.rejects(fetcher.fetch('https://one.test/round'), 'a loop');
    check.equal(error.code, 'ERR_REDIRECT', 'the code');
    await fetcher.stop();
  },

  'shows the hops of a real redirect, or says that the platform hides them': async (context) => {
    const { check, fetcher: entry, options, site } = context;
    const fetcher = new entry.Fetcher({ retry: false });
    const from = `${options.site}/redirect/2`;
    const result = await fetcher.fetch(from);
    check.equal([result.status, await result.text()], [200, 'arrived'], 'the answer');
    check.equal([result.url, result.finalUrl], [from, `${options.site}/redirect/0`], 'where it began and ended');
    const visits = (await site.visits()).map(({ path }) => path);
    check.equal(visits, ['/redirect/2', '/redirect/1', '/redirect/0'], 'what was asked for');
    const straight = await fetcher.fetch(`${options.site}/redirect/0`);
    check.equal([straight.hopsHidden, straight.redirects], [false, []], 'an answer without a redirect');
    await fetcher.stop();
    const hops = [`${options.site}/redirect/1`, `${options.site}/redirect/0`];
    const { isBrowser } = options;
    check.equal([result.hopsHidden, result.redirects], isBrowser ? [true, []] : [false, hops], 'the hops');
    return (
      isBrowser && { note: 'The browser follows redirects by itself and hides the hops: the result has `hopsHidden`' }
    );
  },
};
