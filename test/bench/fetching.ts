import { Agent } from 'node:http';
import type * as Fetching from '../../src/fetcher/index.ts';
import { loadCrawlee, loadGot, loadQueues } from './peers.ts';
import { DIST } from './sdk.ts';

/** Who fetches how much. */
export interface FetchingOrder {
  readonly origin: string;
  readonly client: 'fetch' | 'fetcher' | 'fetcher, all queued' | 'p-queue' | 'p-limit' | 'got' | 'crawlee';
  readonly requests: number;
  readonly atOnce: number;
}

/** What it took. */
export interface FetchingResult {
  /** Requests a second. */
  readonly rate: number;
  /** Microseconds of this process a request. */
  readonly cpu: number;
  /** Bytes that were read. */
  readonly bytes: number;
}

/** Crawlee does nothing twice that has the same key. */
let rounds = 0;
const { atOnce, client, origin, requests } = JSON.parse(process.argv[2] ?? '{}') as FetchingOrder;
const { Fetcher }: typeof Fetching = await import(new URL('fetcher.js', DIST).href);
const read = async (url: string): Promise<number> => (await (await fetch(url)).arrayBuffer()).byteLength;
const urls = Array.from({ length: requests }, (_, n) => `${origin}/${n}`);

/** Everything, by as many loops as there are requests at once. */
async function inLoops(one: (url: string) => Promise<number>): Promise<number[]> {
  const lengths: number[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let url = urls[next++]; url !== undefined; url = urls[next++]) lengths.push(await one(url));
    }),
  );
  return lengths;
}

const ways: Readonly<Record<FetchingOrder['client'], () => Promise<number[]>>> = {
  fetch: () => inLoops(read),
  fetcher: () => {
    const fetcher = new Fetcher({ concurrency: atOnce });
    return inLoops(async (url) => (await (await fetcher.fetch(url)).bytes()).byteLength);
  },
  'fetcher, all queued': async () => {
    const fetcher = new Fetcher({ concurrency: atOnce });
    return Promise.all(urls.map(async (url) => (await (await fetcher.fetch(url)).bytes()).byteLength));
  },
  'p-queue': async () => {
    const { PQueue } = await loadQueues();
    const queue = new PQueue({ concurrency: atOnce });
    return Promise.all(urls.map((url) => queue.add(() => read(url))));
  },
  'p-limit': async () => {
    const { pLimit } = await loadQueues();
    const limit = pLimit(atOnce);
    return Promise.all(urls.map((url) => limit(() => read(url))));
  },
  // It has no limit of its own: connections are kept, and no more of them than requests at once.
  got: async () => {
    const got = await loadGot();
    const { pLimit } = await loadQueues();
    const limit = pLimit(atOnce);
    const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
    const lengths = await Promise.all(
      urls.map((url) => limit(async () => (await got(url, { agent: { http: agent } }).buffer()).length)),
    );
    agent.destroy();
    return lengths;
  },
  // As fast as it goes: everything in memory, the concurrency from the first request on, no statistics on the console.
  crawlee: async () => {
    const { BasicCrawler, Configuration, log } = await loadCrawlee();
    log.setLevel(0);
    const lengths: number[] = [];
    const crawler = new BasicCrawler(
      {
        minConcurrency: atOnce,
        maxConcurrency: atOnce,
        requestHandler: async ({ request }: { readonly request: { readonly url: string } }) => {
          lengths.push(await read(request.url));
        },
      },
      new Configuration({ persistStorage: false, purgeOnStart: true }),
    );
    await crawler.run(urls.map((url) => ({ url, uniqueKey: `${rounds} ${url}` })));
    rounds++;
    return lengths;
  },
};

async function measure(): Promise<FetchingResult> {
  const began = process.cpuUsage();
  const started = performance.now();
  const lengths = await ways[client]();
  const seconds = (performance.now() - started) / 1000;
  const { system, user } = process.cpuUsage(began);
  return {
    rate: requests / seconds,
    cpu: (system + user) / requests,
    bytes: lengths.reduce((sum, one) => sum + one, 0),
  };
}

process.on('message', async () => process.send?.(await measure()));
process.send?.('ready');
