/** What programs download that import tideway, in bytes of brotli; fails above the limits. Needs a build. */
import { measureSize } from '../test/bench/sizes.ts';

interface Limit {
  readonly names: readonly string[] | '*';
  /** Bytes of brotli at the start of a program, ky included. */
  readonly limit: number;
  /** The file of the entry. The root by default. */
  readonly entry?: string;
}

const LIMITS: readonly Limit[] = [
  { names: ['Connection', 'Items'], limit: 17_700 },
  { names: '*', limit: 21_800 },
  { names: ['Fetcher'], limit: 12_800, entry: 'fetcher.js' },
  { names: ['polite'], limit: 8_400, entry: 'crawl.js' },
  { names: ['crawl', 'memoryFrontier'], limit: 25_800, entry: 'crawl.js' },
  { names: ['memoryCache', 'cachedFetch'], limit: 6_300, entry: 'cache.js' },
  { names: ['indexedDbCache', 'cachedFetch'], limit: 7_900, entry: 'cache.js' },
  { names: '*', limit: 6_200, entry: 'gateway.js' },
  { names: ['Tide', 'jsonLines'], limit: 7_900, entry: 'tide.js' },
  { names: ['redisLimiter'], limit: 6_600, entry: 'redis.js' },
  { names: '*', limit: 18_500, entry: 'redis.js' },
];

for (const { entry, names, limit } of LIMITS) {
  const { start, later } = await measureSize(names, entry);
  const title = names === '*' ? 'everything' : `{ ${names.join(', ')} }`;
  const fits = start <= limit;
  console.log(
    `${fits ? 'ok' : 'TOO LARGE'}  ${title}: ${start} bytes of ${limit} at the start, ${later} loaded when needed`,
  );
  if (!fits) process.exitCode = 1;
}
