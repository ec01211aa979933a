/** What caches do in every runtime; where a platform has no store of a kind, its cache says so. */
import { responseCacheCases } from '../contracts/response-cache.ts';

let made = 0;
const nameOf = () => `conformance-${++made}`;

/** The caches by name, and whether the platform can have them. */
const kinds = ({ cache }) => [
  { name: 'memory', create: (options) => cache.memoryCache(options), isThere: true },
  {
    name: 'the Cache API',
    create: (options) => cache.cacheStorageCache({ name: nameOf(), ...options }),
    isThere: 'caches' in globalThis,
  },
  {
    name: 'IndexedDB',
    create: (options) => cache.indexedDbCache({ name: nameOf(), ...options }),
    isThere: 'indexedDB' in globalThis,
  },
];

export const cacheCases = {
  'keeps answers in memory as every cache does': (context) => keeps(context, 'memory'),
  'keeps answers in the Cache API as every cache does, where there is one': (context) =>
    keeps(context, 'the Cache API'),
  'keeps answers in IndexedDB as every cache does, where there is one': (context) => keeps(context, 'IndexedDB'),

  'reads a finished job again from each cache, without a request': async (context) => {
    const { cache, check, cloudWith, itemsOf, job, seen } = context;
    for (const { name, create, isThere } of kinds(context)) {
      if (!isThere) continue;
      const store = await create({
        storeCredentialed: true,
        onError: (error) => check.ok(false, `no error: ${error}`),
      });
      const cloud = cloudWith({ fetch: cache.cachedFetch(store) });
      const before = (await seen(`/items/${job.key}`)).length;
      const { items } = cloud.getJob(job.key);
      for (let time = 0; time < 3; time++) check.same(await items.list(), itemsOf(), `the items through ${name}`);
      const requests = (await seen(`/items/${job.key}`)).length - before;
      check.equal(requests, 1, `the number of requests through ${name}`);
      await cloud.close();
      await store.clear();
    }
  },

  'stores by the rules of HTTP, which are loaded when they are needed': async ({ cache, check }) => {
    let count = 0;
    let now = 1_700_000_000_000;
    const store = cache.memoryCache({ policy: 'http', clock: () => now });
    const fetch = cache.cachedFetch(store, {
      fetch: async (request) => {
        const isKnown = request.headers.get('if-none-match') === '"1"';
        const headers = { 'cache-control': 'max-age=10', etag: '"1"' };
        return new Response(isKnown ? null : `answer ${++count}`, { status: isKnown ? 304 : 200, headers });
      },
    });
    const text = async () => (await fetch('https://example.com/')).text();
    check.equal([await text(), await text()], ['answer 1', 'answer 1'], 'two answers');
    now += 11_000;
    check.equal(await text(), 'answer 1', 'the answer that is confirmed');
    check.ok(cache.isFromCache(await fetch('https://example.com/')), 'an answer that is marked');
  },
};

async function keeps(context, kind) {
  const { check, tideway } = context;
  const { create, isThere } = kinds(context).find(({ name }) => name === kind);
  if (!isThere) {
    let error;
    try {
      create();
    } catch (thrown) {
      error = thrown;
    }
    check.ok(tideway.isConfigurationError(error), `a ConfigurationError, got ${error}`);
    return;
  }
  for (const [name, run] of Object.entries(responseCacheCases)) {
    const stores = [];
    try {
      await run(async (options) => {
        stores.push(await create(options));
        return stores.at(-1);
      });
      check.ok(true, name);
    } catch (error) {
      throw new Error(`${name}: ${error.message}`, { cause: error });
    } finally {
      for (const store of stores) await store.clear();
    }
  }
}
