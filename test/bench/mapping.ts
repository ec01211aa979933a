/** `map` over many URLs against a stub of `fetch`, or a bare loop over the same: what it adds to the memory. */
import type * as Fetching from '../../src/fetcher/index.ts';
import { DIST } from './sdk.ts';

/** Who goes over how many URLs. */
export interface MappingOrder {
  readonly client: 'fetch' | 'fetcher';
  readonly urls: number;
}

/** What it took. */
export interface MappingResult {
  /**
   * By how much the objects that are alive grow, in bytes: the most that any collection in the midst of the run leaves,
   * above what the first of them left.
   */
  readonly live: number;
  /** By how much the most that the process held is above what it held after a first, short run, in bytes. */
  readonly peak: number;
  readonly results: number;
}

const { client, urls } = JSON.parse(process.argv[2] ?? '{}') as MappingOrder;
const { Fetcher }: typeof Fetching = await import(new URL('fetcher.js', DIST).href);
const AT_ONCE = 200;
/** How often the run is looked at. */
const LOOKS = 10;

function* source(length: number): Generator<string> {
  for (let n = 0; n < length; n++) yield `http://h${n % 100}.test/${n}`;
}

const stub = async (_url: string, _init?: RequestInit): Promise<Response> => new Response('ok');

const ways: Readonly<Record<MappingOrder['client'], (length: number, done: () => void) => Promise<void>>> = {
  fetch: async (length, done) => {
    const all = source(length);
    const work = async (): Promise<void> => {
      for (let step = all.next(); !step.done; step = all.next()) {
        const response = await stub(step.value, { signal: new AbortController().signal });
        await response.arrayBuffer();
        if (response.ok) done();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  },
  fetcher: async (length, done) => {
    const fetcher = new Fetcher({ concurrency: AT_ONCE, fetch: stub });
    for await (const { ok } of fetcher.map(source(length))) if (ok) done();
  },
};

async function run(length: number): Promise<Pick<MappingResult, 'live' | 'results'>> {
  let results = 0;
  const heaps: number[] = [];
  await ways[client](length, () => {
    if (++results % Math.ceil(length / LOOKS) !== 0 || !globalThis.gc) return;
    globalThis.gc();
    const { external, heapUsed } = process.memoryUsage();
    heaps.push(heapUsed + external);
  });
  const [first = 0] = heaps;
  return { results, live: Math.max(0, ...heaps.map((heap) => heap - first)) };
}

process.on('message', async () => {
  await run(Math.min(urls, 50_000));
  const before = process.resourceUsage().maxRSS * 1024;
  const { live, results } = await run(urls);
  process.send?.({ live, peak: process.resourceUsage().maxRSS * 1024 - before, results } satisfies MappingResult);
});
process.send?.('ready');
