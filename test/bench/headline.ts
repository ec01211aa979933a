/** The same URLs one after the other, many at once, and from the cache. */
import type * as Caching from '../../src/cache/index.ts';
import type * as Fetching from '../../src/fetcher/index.ts';
import { DIST } from './sdk.ts';

/** Which URLs. */
export interface HeadlineOrder {
  readonly origin: string;
  readonly urls: number;
  readonly atOnce: number;
}

/** How long each way took, in milliseconds. */
export interface HeadlineResult {
  readonly one: number;
  readonly many: number;
  readonly cached: number;
  /** How many answers were right, over all three. */
  readonly right: number;
}

const { atOnce, origin, urls } = JSON.parse(process.argv[2] ?? '{}') as HeadlineOrder;
const { Fetcher }: typeof Fetching = await import(new URL('fetcher.js', DIST).href);
const { memoryCache }: typeof Caching = await import(new URL('cache.js', DIST).href);
const list = Array.from({ length: urls }, (_, n) => `${origin}/steady/${n}`);

async function measure(): Promise<HeadlineResult> {
  let right = 0;
  const run = async (fetcher: Fetching.Fetcher, cached: boolean): Promise<number> => {
    const started = performance.now();
    for await (const { fromCache, status } of fetcher.map(list)) if (status === 200 && fromCache === cached) right++;
    return performance.now() - started;
  };
  const one = await run(new Fetcher({ concurrency: 1 }), false);
  const fetcher = new Fetcher({ concurrency: atOnce, cache: memoryCache({ ttl: 600_000, maxEntries: urls }) });
  const many = await run(fetcher, false);
  return { one, many, cached: await run(fetcher, true), right };
}

process.on('message', async () => process.send?.(await measure()));
process.send?.('ready');
