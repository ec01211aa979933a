// Imports all entries of the package, and has a value of each: compiled against what is packed, and never run.
import { ScrapyCloud } from 'tideway';
import { type CacheOptions, cachedFetch, type ResponseCache } from 'tideway/cache';
import { type CrawlSummary, crawl, type PoliteEvent, parseRobots } from 'tideway/crawl';
import { createEmulator, type Emulator } from 'tideway/emulator';
import { Fetcher, type FetchResult, FetchTask } from 'tideway/fetcher';
import { createGateway, type Gateway, mintToken } from 'tideway/gateway';
import { fileFrontier, serveEmulator } from 'tideway/node';
import { type RedisLimiterOptions, redisHttp, redisLimiter } from 'tideway/redis';
import { jsonLines, Tide } from 'tideway/tide';

export function caches(below: ResponseCache, options: CacheOptions): (url: string) => Promise<Response> {
  return cachedFetch(options.policy === 'http' ? below : below);
}

export async function crawls(onEvent: (event: PoliteEvent) => void): Promise<CrawlSummary> {
  const robots = parseRobots('User-agent: *', 'acme/1.0');
  return crawl({
    start: 'https://example.com/',
    frontier: fileFrontier('crawl.jsonl'),
    polite: { userAgent: 'acme/1.0', onEvent },
    handler: (result: FetchResult, { enqueue }) => void enqueue(`${result.finalUrl}${robots.sitemaps[0] ?? ''}`),
  });
}

export class Page extends FetchTask {
  title = '';

  override async onSuccess(result: FetchResult): Promise<void> {
    this.title = (await result.json<{ title: string }>()).title;
  }
}

export async function serves(options: RedisLimiterOptions): Promise<Gateway> {
  const emulator: Emulator = createEmulator({ projects: [1] });
  await using server = await serveEmulator({ emulator });
  const fetcher = new Fetcher({ limiter: redisLimiter(redisHttp({ url: server.endpoint, token: 'x' }), options) });
  await fetcher.stop();
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const token: string = await mintToken({ secret, projects: [1] });
  const cloud = new ScrapyCloud({ auth: () => `Bearer ${token}`, endpoint: server.endpoint });
  const tide = new Tide<{ n: number }>(server.endpoint, { framing: jsonLines<{ n: number }>() });
  const store = cloud.getProject(1).collections.getStore('numbers');
  for await (const { n } of tide.records()) await store.set({ _key: String(n), n });
  return createGateway({ auth: 'key', secret });
}
