/** What somebody runs in Deno who has the package from JSR, under its name there: over a real socket. Prints what came. */
import { ScrapyCloud } from 'tideway';
import { cachedFetch, memoryCache } from 'tideway/cache';
import { parseRobots } from 'tideway/crawl';
import { createEmulator } from 'tideway/emulator';
import { Fetcher } from 'tideway/fetcher';
import { mintToken } from 'tideway/gateway';
import { serveEmulator } from 'tideway/node';
import { isRedisError } from 'tideway/redis';
import { jsonLines, Tide } from 'tideway/tide';

const seed = { jobs: [{ spider: 'books', items: [{ title: 'First' }, { title: 'Second' }, { title: 'Third' }] }] };
const { close, dashEndpoint, emulator, endpoint } = await serveEmulator({ projects: [123], seed });
const auth: string = emulator.apiKey;
const cloud = new ScrapyCloud({ auth, endpoint, dashEndpoint });
const job = cloud.getJob('123/1/1');
const titles: string[] = [];
for await (const { title } of job.items.iter<{ title: string }>()) titles.push(title);
await job.items.write({ title: 'Fourth' });
await cloud.close();

const headers = { authorization: `Basic ${btoa(`${auth}:`)}` };
const url = `${endpoint}items/123/1/1?format=jl`;
const tide = new Tide<{ title: string }>(url, { framing: jsonLines(), headers });
const run = await tide.on({ limit: 2 });
await using fetcher = new Fetcher({ cache: memoryCache({ policy: 'http', storeCredentialed: true }) });
const { status } = await fetcher.fetch(url, { headers });
const cached = cachedFetch(memoryCache({ ttl: 1_000 }), { fetch: createEmulator({ projects: [1] }).fetch });

// biome-ignore lint/suspicious/noConsole: what it prints is what the test reads
console.log(
  JSON.stringify({
    titles,
    delivered: run.delivered,
    status,
    cached: (await cached('https://storage.scrapinghub.com/items/1/1/1')).status,
    robots: parseRobots('User-agent: *\nDisallow: /private', 'acme').isAllowed('https://example.com/private/1'),
    token: (await mintToken({ secret: 'x'.repeat(32), projects: [1], methods: ['GET'], expiresIn: 1_000 })).slice(0, 9),
    redis: isRedisError(new Error('no')),
  }),
);
await close();
