// Two fetchers that share one limit over Redis, as if they were on two machines: at most two requests at once to a host,
// and no more than twenty a second, both together. Needs a Redis; REDIS_URL says where it is.
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { Fetcher } from 'tideway/fetcher';
import { redisLimiter } from 'tideway/redis';
import { openLocalSite } from './servers/local-site.ts';

const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
// Any client will do, also two kinds of them.
const [here, there] = [createClient({ url }), new Redis(url)];
await here.connect();
await using site = await openLocalSite(3);

const limits = [{ key: 'origin', concurrency: 2, rate: { requests: 20, interval: 1_000 } }] as const;
const fetchers = [here, there].map(
  (client) => new Fetcher({ concurrency: 50, limiter: redisLimiter(client, { limits, prefix: 'example-limiter' }) }),
);
const started = performance.now();
const answers = await Promise.all(
  fetchers.flatMap((fetcher) =>
    Array.from({ length: 20 }, (_, n) => fetcher.fetch(`${site.urls[0]}page/${(n % 3) + 1}`)),
  ),
);

const most = Math.max(
  ...site.visits.map(({ start }) => site.visits.filter((visit) => visit.start <= start && visit.end > start).length),
);
console.log(`${answers.filter(({ ok }) => ok).length} answers in ${Math.round(performance.now() - started)} ms`);
console.log(most <= 2 ? 'Never more than two at once, by the log of the server' : `${most} at once`);

await Promise.all(fetchers.map((fetcher) => fetcher.stop()));
await here.close();
there.disconnect();
