/** Caches: what all of them do, and what each does where the platform has its store. */
import { responseCacheCases } from '../../contracts/response-cache.ts';
import { allItems } from './seed.js';

let made = 0;
const nameOf = () => `conformance-${++made}`;

const memory = { create: ({ cache }, options) => cache.memoryCache(options), isThere: true };
const cacheStorage = {
  create: ({ cache }, options) => cache.cacheStorageCache({ name: nameOf(), ...options }),
  isThere: 'caches' in globalThis,
  missing: 'There is no Cache API; the cache says so in a ConfigurationError',
};
const indexedDb = {
  create: ({ cache }, options) => cache.indexedDbCache({ name: nameOf(), ...options }),
  isThere: 'indexedDB' in globalThis,
  missing: 'There is no IndexedDB; the cache says so in a ConfigurationError',
};

export const cacheCases = {
  'keeps answers in memory as every cache does': (context) => keeps(context, memory),
  'reads a finished job again from memory, without a request': (context) => readsAgain(context, memory),

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

export const cacheStorageCases = {
  'keeps answers in the Cache API as every cache does': (context) => keeps(context, cacheStorage),
  'reads a finished job again from the Cache API, without a request': (context) => readsAgain(context, cacheStorage),
};

export const indexedDbCases = {
  'keeps answers in IndexedDB as every cache does': (context) => keeps(context, indexedDb),
  'reads a finished job again from IndexedDB, without a request': (context) => readsAgain(context, indexedDb),

  'keeps a frontier in IndexedDB': async ({ check, crawl }) => {
    if (!indexedDb.isThere) {
      const error = check.throws(() => crawl.indexedDbFrontier('frontier'), 'a frontier without IndexedDB');
      check.equal(error.code, 'ERR_CONFIGURATION', 'the code');
      return { isMissing: true, note: indexedDb.missing };
    }
    const name = nameOf();
    const frontier = crawl.indexedDbFrontier(name);
    const urls = ['https://a.test/1', 'https://a.test/2', 'https://a.test/3'];
    check.equal(await frontier.add([...urls, urls[0]]), 3, 'how many are new');
    const [lease] = await frontier.lease(1);
    check.equal(lease.task.url, urls[0], 'the URL whose turn it is');
    await frontier.ack(lease);
    await frontier.close();
    const again = crawl.indexedDbFrontier(name);
    check.equal(await again.size(), 2, 'how many are left for the next program');
    check.equal(await again.add(urls), 0, 'how many are new to it');
    await again.close();
  },
};

/** The platform has no store of this kind: the cache has to say so. */
function lacks({ cache, check }, kind) {
  const error = check.throws(() => kind.create({ cache }), 'a cache without its store');
  check.equal(error.code, 'ERR_CONFIGURATION', 'the code');
  return { isMissing: true, note: kind.missing };
}

async function keeps(context, kind) {
  if (!kind.isThere) return lacks(context, kind);
  for (const [name, run] of Object.entries(responseCacheCases)) {
    const stores = [];
    try {
      await run(async (options) => {
        stores.push(await kind.create(context, options));
        return stores.at(-1);
      });
      context.check.ok(true, name);
    } catch (error) {
      throw new Error(`${name}: ${error.message}`, { cause: error });
    } finally {
      for (const store of stores) await store.clear();
    }
  }
}

async function readsAgain(context, kind) {
  if (!kind.isThere) return lacks(context, kind);
  const { cache, check, cloudWith, job, seen } = context;
  const onError = (error) => check.ok(false, `no error: ${error}`);
  const store = await kind.create(context, { storeCredentialed: true, onError });
  const cloud = cloudWith({ fetch: cache.cachedFetch(store) });
  const { items } = cloud.getJob(job.key);
  for (let time = 0; time < 3; time++) check.same(await items.list(), allItems(), 'the items');
  check.equal((await seen(`/items/${job.key}`)).length, 1, 'the number of requests');
  await cloud.close();
  await store.clear();
}
