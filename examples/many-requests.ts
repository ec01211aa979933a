// Fetches many URLs at once, with limits for single sites and a cache, from two local servers that watch the limits.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { memoryCache } from 'tideway/cache';
import { Fetcher } from 'tideway/fetcher';

const news = await serve();
const shop = await serve();

const fetcher = new Fetcher({
  concurrency: 20,
  limits: [
    { url: `${news.url}economy`, concurrency: 2 }, // the first rule that matches counts
    { url: news.url, concurrency: 5 },
    { url: shop.url, rate: { requests: 50, interval: 1_000 } },
  ],
  cache: memoryCache({ ttl: 10_000 }),
});
fetcher.on(
  'limiterMiss',
  ({ key, waited }) => waited > 200 && console.log(`  ${Math.round(waited)} ms of waiting for ${key}`),
);

// With a handler for each, as callbacks go.
fetcher.enqueue(`${news.url}front`, (url, result) => console.log(`${url}: ${result.status}`));
await fetcher.idle({ timeout: 10_000 });

// This one comes from the cache.
const again = await fetcher.fetch(`${news.url}front`);
console.log(`Again, from the cache: ${again.fromCache}, in ${again.timings.total.toFixed(1)} ms`);

// With a loop over any number of URLs.
function* urls() {
  for (let n = 1; n <= 40; n++) yield* [`${news.url}economy/${n}`, `${news.url}sports/${n}`, `${shop.url}item/${n}`];
}
let count = 0;
for await (const { ok } of fetcher.map(urls())) if (ok) count++;
console.log(`${count} pages; at once at most ${news.most('economy')} of economy and ${news.most('')} of all the news`);
await fetcher.stop();
news.close();
shop.close();

/** A site that takes 20 ms for a page and counts how many it is asked for at once. */
async function serve() {
  const now = new Map<string, number>();
  const most = new Map<string, number>();
  const server = createServer(async ({ url = '' }, response) => {
    const sections = ['', url.split('/')[1] ?? ''];
    for (const name of sections) {
      now.set(name, (now.get(name) ?? 0) + 1);
      most.set(name, Math.max(most.get(name) ?? 0, now.get(name) ?? 0));
    }
    await sleep(20);
    for (const name of sections) now.set(name, (now.get(name) ?? 0) - 1);
    response.end(`This is ${url}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, most: (name: string) => most.get(name) ?? 0, close: () => server.close() };
}
