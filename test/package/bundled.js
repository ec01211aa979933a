// A small program that uses all entries for the web, for bundlers: it reads a job of an emulator in six ways.
import { ScrapyCloud } from 'tideway';
import { cachedFetch, memoryCache } from 'tideway/cache';
import { memoryFrontier, polite } from 'tideway/crawl';
import { createEmulator } from 'tideway/emulator';
import { Fetcher } from 'tideway/fetcher';
import { createGateway, mintToken } from 'tideway/gateway';
import { redisHttp, redisLimiter } from 'tideway/redis';
import { sse, Tide, tail } from 'tideway/tide';

const items = [{ n: 0 }, { n: 1 }, { n: 2 }];
const secret = 'a secret of the tests that is long enough';

async function main() {
  const emulator = createEmulator({ projects: [1], seed: { jobs: [{ spider: 'a', items }] } });
  const auth = () => `Basic ${btoa(`${emulator.apiKey}:`)}`;
  const { fetch } = emulator;
  const cloud = new ScrapyCloud({ auth, fetch: cachedFetch(memoryCache({ policy: 'http' }), { fetch }) });
  const job = cloud.getJob('1/1/1');

  const policy = polite({ userAgent: 'bundled/1.0', key: 'site', delay: 1, robots: 'ignore' });
  const limiter = redisLimiter(redisHttp({ url: 'https://redis.test', token: 'token' }));
  const fetcher = new Fetcher({ policy, limiter: undefined, fetch: async () => new Response('fetched') });
  const fetched = await fetcher.fetch('https://shop.test/');
  await fetcher.stop();

  const frontier = memoryFrontier();
  const events = new Tide('https://events.test/', {
    framing: sse(),
    fetch: async () => new Response('data: one\n\ndata: two\n\n'),
  });
  const gateway = createGateway({ auth: emulator.apiKey, secret, fetch: (request) => fetch(request) });
  const token = await mintToken({ secret, projects: [1] });
  const headers = { authorization: `Bearer ${token}` };
  const passed = await gateway.fetch(new Request('https://app.test/storage/items/1/1/1', { headers }));

  const found = {
    items: (await job.items.list()).length,
    ranges: (await job.items.iter({ parallel: 2 }).toArray()).length,
    tailed: (await tail(job.items).records({ limit: 2 }).toArray()).length,
    fetched: await fetched.text(),
    added: await frontier.add(['https://shop.test/1', 'https://shop.test/1']),
    events: (await events.records().toArray()).map(({ data }) => data),
    passed: (await passed.text()).trim().split('\n').length,
    limited: typeof limiter.acquire,
  };
  await cloud.close();
  await emulator.close();
  return found;
}

export default { fetch: async () => Response.json(await main()) };
