// Two crawls that share a frontier in Redis, as if they were on two machines: each page once, and a rest for each host
// whoever has asked it last. Needs a Redis; REDIS_URL says where it is.
import { createClient } from 'redis';
import { crawl } from 'tideway/crawl';
import { redisFrontier, redisRobots } from 'tideway/redis';
import { openLocalSite } from './servers/local-site.ts';

const client = createClient({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' });
await client.connect();
await using site = await openLocalSite(3);
const delay = 100;
const frontier = (): ReturnType<typeof redisFrontier> => redisFrontier(client, { key: 'example-crawl', delay });
await frontier().clear();

const robotsCache = redisRobots(client, { prefix: 'example-crawl' });

const pages: string[] = [];
const machine = (): ReturnType<typeof crawl> =>
  crawl({
    start: site.urls,
    frontier: frontier(),
    polite: { userAgent: 'acme/1.0 (+https://acme.example/bot)', delay, key: 'origin', robotsCache },
    retryDelay: 100,
    // No more of the few hosts than leaves some for the other one.
    maxLeased: 2,
    handler: async (result, { enqueue }) => {
      pages.push(result.url);
      for (const [, link = ''] of (await result.text()).matchAll(/href="(.*?)"/g)) enqueue(link);
    },
  });
const [here, there] = await Promise.all([machine(), machine()]);

const twice = pages.length - new Set(pages).size;
console.log(`${pages.length} pages, ${twice} of them twice; ${here.left + there.left} are left`);
console.log(here.pages > 0 && there.pages > 0 ? 'Both have done some' : 'One has done all');

await frontier().clear();
await client.close();
