/**
 * What programs download that import tideway, as size-limit's configuration: bytes of brotli at their start. Needs a
 * build. size-limit's own bundling knows no start: it counts one file with all that may ever be loaded in it, or without.
 * So each row is bundled here as a page has it, in chunks, and size-limit measures the ones that are loaded at once.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SizeLimitConfig } from 'size-limit';
import { bundle } from '../test/bench/sizes.ts';

interface Limit {
  readonly names: readonly string[] | '*';
  /** Bytes of brotli at the start of a program, ky included. */
  readonly limit: number;
  /** The file of the entry. The root by default. */
  readonly entry?: string;
}

const LIMITS: readonly Limit[] = [
  { names: ['Connection', 'Items'], limit: 12_900 },
  { names: '*', limit: 17_300 },
  { names: ['Fetcher'], limit: 8_700, entry: 'fetcher.js' },
  { names: ['polite'], limit: 8_800, entry: 'crawl.js' },
  { names: ['crawl', 'memoryFrontier'], limit: 21_100, entry: 'crawl.js' },
  { names: ['memoryCache', 'cachedFetch'], limit: 6_300, entry: 'cache.js' },
  { names: ['indexedDbCache', 'cachedFetch'], limit: 7_900, entry: 'cache.js' },
  { names: '*', limit: 6_200, entry: 'gateway.js' },
  { names: ['Tide', 'jsonLines'], limit: 6_500, entry: 'tide.js' },
  { names: ['redisLimiter'], limit: 6_600, entry: 'redis.js' },
  { names: '*', limit: 20_700, entry: 'redis.js' },
  { names: '*', limit: 8_900, entry: 'cache.js' },
  { names: '*', limit: 25_600, entry: 'crawl.js' },
  { names: '*', limit: 28_000, entry: 'emulator.js' },
  { names: '*', limit: 9_600, entry: 'fetcher.js' },
  { names: '*', limit: 36_900, entry: 'node.js' },
  { names: '*', limit: 11_900, entry: 'tide.js' },
];

const folder: string = fileURLToPath(new URL('../node_modules/.cache/sizes', import.meta.url));

async function check({ entry = 'index.js', limit, names }: Limit, row: number): Promise<SizeLimitConfig[number]> {
  const title = names === '*' ? 'everything' : `{ ${names.join(', ')} }`;
  const { start } = await bundle(names, entry);
  mkdirSync(`${folder}/${row}`, { recursive: true });
  for (const [index, file] of start.entries()) writeFileSync(`${folder}/${row}/${index}.js`, file);
  const name = `${title} of tideway${entry === 'index.js' ? '' : `/${entry.replace('.js', '')}`}`;
  return { name, path: `../node_modules/.cache/sizes/${row}/*.js`, limit: `${limit} B` };
}

rmSync(folder, { recursive: true, force: true });
const checks: SizeLimitConfig = await Promise.all(LIMITS.map(check));

export default checks;
