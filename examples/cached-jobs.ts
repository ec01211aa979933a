// Reads a finished job over the network once and then from a cache, on an emulator: no account, no network.
import { ScrapyCloud } from 'tideway';
import { cachedFetch, isFromCache, memoryCache } from 'tideway/cache';
import { serveEmulator } from 'tideway/node';

const items = Array.from({ length: 20_000 }, (_, n) => ({ n, text: `Quote ${n}` }));
const seed = { jobs: [{ spider: 'quotes', items }] };
await using server = await serveEmulator({ projects: [123], seed });

// In a browser `indexedDbCache()` keeps the job over a reload, and `cacheStorageCache()` in Deno and Workers.
const cache = memoryCache({ ttl: 3_600_000, storeCredentialed: true });
let requests = 0;
const counted = (request: Request): Promise<Response> => {
  requests++;
  return fetch(request);
};
await using cloud = new ScrapyCloud({
  auth: server.emulator.apiKey,
  endpoint: server.endpoint,
  dashEndpoint: server.dashEndpoint,
  fetch: cachedFetch(cache, { fetch: counted }),
  hooks: {
    afterResponse: ({ response }) => console.log(isFromCache(response) ? 'from the cache' : 'over the network'),
  },
});

const job = cloud.getJob('123/1/1');
for (let time = 1; time <= 3; time++) {
  const started = performance.now();
  const { length } = await job.items.list();
  console.log(`${length} items in ${Math.round(performance.now() - started)} ms`);
}
console.log(
  `${requests} request, ${cache.size.entries} answer of ${Math.round(cache.size.bytes / 1000)} KB in the cache`,
);
