import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { launchChromium } from './byob.ts';
import type { CacheHitsOrder, CacheHitsResult } from './cache-hits.ts';
import type { measureWrites } from './idb-writes.ts';
import type { Bench } from './part.ts';
import { startRepeater, startSmallServer } from './processes.ts';
import { median, medianRatio, type Report } from './report.ts';
import type { RequestsOrder, RequestsResult } from './requests.ts';
import { DIST } from './sdk.ts';
import { inTurns } from './turns.ts';

/** A hit in memory to a fetch over the loopback, at least. */
const HIT_RATIO = 50;
/** The lean fetch to the platform's, in requests a second, at least. */
const UNDICI_RATIO = 2;

/** What a hit costs, and what storing costs. */
export async function cache({ options, report }: Bench): Promise<void> {
  const server = await startSmallServer();
  const order: CacheHitsOrder = { origin: server.origin };
  const process = await startRepeater<CacheHitsResult>('cache-hits.ts', order);
  const results: CacheHitsResult[] = [];
  for (let round = 0; round <= options.rounds; round++) {
    const result = await process.next();
    if (round > 0) results.push(result);
  }
  process.close();
  const of = (name: 'bare' | 'fetch' | 'found' | 'http' | 'response'): number[] =>
    results.map((result) => result[name]);
  for (const [name, title] of [
    ['fetch', 'fetch over the loopback'],
    ['found', 'found in memory'],
    ['response', 'cachedFetch, policy ttl'],
    ['http', 'cachedFetch, policy http'],
    ['bare', 'a Response of bytes alone'],
  ] as const) {
    report.add(`cache/an answer/${title}`, median(of(name)) / 1000, 'ms');
  }
  report.add('cache/ratio/fetch to found in memory', medianRatio(of('fetch'), of('found')), 'ratio', {
    least: HIT_RATIO,
  });
  report.add('cache/ratio/fetch to cachedFetch', medianRatio(of('fetch'), of('response')), 'ratio');
  report.add('cache/ratio/fetch to a Response of bytes alone', medianRatio(of('fetch'), of('bare')), 'ratio');
  report.sanity(
    'cache/hits',
    results.flatMap(({ bytes }) => (bytes.every((one) => one === 1000) ? [] : [`${bytes} bytes in place of 1000`])),
  );
  await writes(report, server.origin, options.rounds);
  server.close();
}

async function writes(report: Report, origin: string, rounds: number): Promise<void> {
  const browser = await launchChromium();
  if (!browser) return report.note('No Chromium is installed: IndexedDB is left out');
  const page = await browser.newPage();
  await page.goto(`${origin}/page`);
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('idb-writes.ts', import.meta.url))],
    bundle: true,
    format: 'iife',
    target: 'es2022',
    alias: { 'tideway/cache': fileURLToPath(new URL('cache.js', DIST)) },
    write: false,
  });
  await page.addScriptTag({ content: outputFiles[0]?.text ?? '' });
  type Scope = { readonly measureWrites: typeof measureWrites };
  const results: Awaited<ReturnType<typeof measureWrites>>[] = [];
  for (let round = 0; round <= rounds; round++) {
    const result = await page.evaluate(() => (globalThis as unknown as Scope).measureWrites());
    if (round > 0) results.push(result);
  }
  await browser.close();
  const [batched, single] = [results.map((one) => one.batched), results.map((one) => one.single)];
  report.add('cache/IndexedDB, 300 answers at once/indexedDbCache', median(batched), 'ms');
  report.add('cache/IndexedDB, 300 answers at once/one by one', median(single), 'ms');
  report.add(
    'cache/IndexedDB, 300 answers at once/one by one to indexedDbCache',
    medianRatio(single, batched),
    'ratio',
  );
  report.sanity(
    'cache/IndexedDB',
    results.flatMap(({ stored }) => (stored === 300 ? [] : [`${stored} answers in place of 300`])),
  );
}

/** Requests without latency, 100 at once: the platform's fetch, ours on undici, and undici itself. */
export async function undici({ options, report }: Bench): Promise<void> {
  const server = await startSmallServer();
  const clients = ['fetch', 'undiciFetch', 'undici request'] as const;
  const orders = clients.map((client): RequestsOrder => ({ origin: server.origin, client }));
  const all = await inTurns<RequestsOrder, RequestsResult>('requests.ts', orders, options);
  const results = Object.fromEntries(clients.map((client, index) => [client, all[index]]));
  server.close();
  const of = (client: string, what: 'cpu' | 'rate'): number[] => (results[client] ?? []).map((result) => result[what]);
  for (const client of clients) {
    report.add(`undici/100 at once/${client}`, median(of(client, 'rate')), 'requests/s');
    report.add(`undici/CPU a request/${client}`, median(of(client, 'cpu')) / 1000, 'ms');
    const wrong = (results[client] ?? []).flatMap(({ bytes }) =>
      bytes === 10_000_000 ? [] : [`${bytes} bytes in place of 10000000`],
    );
    report.sanity(`undici/${client}`, wrong);
  }
  const ratio = medianRatio(of('undiciFetch', 'rate'), of('fetch', 'rate'));
  report.add('undici/ratio/undiciFetch to fetch', ratio, 'ratio', { least: UNDICI_RATIO });
}
