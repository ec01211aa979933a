/** What machines share by Redis, over a real server: through each client that the runtime can have. */
import { range } from './seed.js';

/** Machines may be busy: this is how long Redis may take, in milliseconds. */
const timeout = 30_000;

/** Each needs the client, and a name that nobody else uses. */
const contracts = {
  'a limit': async ({ check, fetcher: entry, options, redis }, client, name) => {
    const limits = [{ url: options.endpoint, concurrency: 2 }];
    let running = 0;
    let most = 0;
    const fetchers = [1, 2].map(
      () =>
        new entry.Fetcher({
          limiter: redis.redisLimiter(client, { prefix: name, limits, timeout }),
          fetch: async () => {
            most = Math.max(most, ++running);
            await new Promise((resolve) => setTimeout(resolve, 5));
            running--;
            return new Response('ok');
          },
        }),
    );
    const urls = range(0, 8, (n) => `${options.endpoint}items/1/1/1?n=${n}`);
    const results = await Promise.all(fetchers.flatMap((fetcher) => urls.map((url) => fetcher.fetch(url))));
    check.ok(
      results.every(({ status }) => status === 200),
      'an answer to each',
    );
    check.ok(most <= 2, `no more than two at once, got ${most}`);
    for (const fetcher of fetchers) await fetcher.stop();
  },

  'a counter and a quota': async ({ check, job, options, redis, tide }, client, name) => {
    const quota = redis.redisQuota(client, { key: name, limit: 700, timeout });
    const counter = redis.redisCounter(client, { key: name, timeout });
    const tides = [1, 2].map(
      () =>
        new tide.Tide(`${options.endpoint}items/${job.key}`, {
          framing: tide.jsonLines(),
          sign: tide.basic(options.apiKey, ''),
          counter,
        }),
    );
    const runs = await Promise.all(tides.map((one) => one.on({ quota })));
    check.equal(runs[0].delivered + runs[1].delivered, 700, 'what both delivered');
    check.equal(await quota.remaining(), 0, 'what is left');
    check.equal((await counter.read()).count, 700, 'the count');
  },

  'a queue': async ({ check, redis }, client, name) => {
    const [writer, reader] = [1, 2].map(() => redis.redisQueue(client, { key: name, maxSize: 50, timeout }));
    const values = range(0, 40, (n) => ({ n, text: '世界' }));
    for (const value of values) await writer.put(value);
    check.equal(await reader.size(), 40, 'the size');
    const taken = [];
    for (let n = 0; n < 39; n++) taken.push(await reader.take());
    const lease = await reader.lease();
    taken.push(lease.record);
    check.equal(await lease.ack(), true, 'whether the lease was good');
    check.same(taken, values, 'the records');
    await writer.clear();
  },

  'a frontier': async ({ check, redis }, client, name) => {
    const [one, other] = [1, 2].map(() => redis.redisFrontier(client, { key: name, timeout }));
    const urls = range(0, 20, (n) => `https://a.test/${n}`);
    check.equal(await one.add(urls), 20, 'how many are new');
    check.equal(await other.add(urls), 0, 'how many are new to the other');
    const leases = [...(await one.lease(10)), ...(await other.lease(20))];
    check.equal(leases.map(({ task }) => task.url).sort(), [...urls].sort(), 'the URLs that both got');
    for (const lease of leases) await one.ack(lease);
    check.equal([await other.size(), await other.seen()], [0, 20], 'what is left, and what was seen');
    await one.clear();
  },

  'a cache': async ({ cache, check, redis }, client, name) => {
    let asked = 0;
    const body = '世界'.repeat(100_000);
    const fetchOf = () =>
      cache.cachedFetch(redis.redisCache(client, { prefix: name, ttl: 60_000, timeout }), {
        fetch: async () => new Response(`${++asked} ${body}`),
      });
    const [one, other] = [fetchOf(), fetchOf()];
    const first = await (await one('https://example.com/')).text();
    check.equal(first.length, body.length + 2, 'the length of an answer');
    // It is stored by then.
    await (await one('https://example.com/')).text();
    const response = await other('https://example.com/');
    check.ok(cache.isFromCache(response), 'an answer that another has stored');
    check.ok((await response.text()) === first, 'the same answer');
    check.equal(asked, 1, 'the number of requests');
  },
};

/** The clients by name; each answers with the client and how it is closed, or with why there is none. */
const kinds = {
  redisHttp: async ({ options, redis }) => ({ client: redis.redisHttp(options.redis.http), close: () => {} }),
  'the package redis': async ({ clients, options }) => {
    if (!clients) return undefined;
    const client = clients.createClient({ socket: { host: '127.0.0.1', port: options.redis.port } });
    await client.connect();
    return { client, close: () => client.destroy() };
  },
  'the package ioredis': async ({ clients, options }) => {
    if (!clients) return undefined;
    const client = new clients.Redis({ host: '127.0.0.1', port: options.redis.port });
    return { client, close: () => client.disconnect() };
  },
};

function casesThrough(kind) {
  const entries = Object.entries(contracts).map(([what, run]) => [
    `shares ${what} through ${kind}`,
    async (context) => {
      const open = await kinds[kind](context);
      if (!open) {
        context.check.equal(context.options.hasSockets, false, 'whether there are sockets');
        return {
          isMissing: true,
          note: 'These clients need modules of Node: `redisHttp` works here, and in Workers `redisSocket`',
        };
      }
      try {
        await run(context, open.client, crypto.randomUUID());
      } finally {
        await open.close();
      }
    },
  ]);
  return Object.fromEntries(entries);
}

export const redisHttpCases = casesThrough('redisHttp');
export const redisClientCases = { ...casesThrough('the package redis'), ...casesThrough('the package ioredis') };
