import { cache, undici } from './answers.ts';
import { buildPackage } from './build.ts';
import { node, openChromium, type ReaderPlace } from './byob.ts';
import { CONTESTANTS, type ContestantName, jobOf } from './contestants.ts';
import { CORPORA, type CorpusName } from './corpora.ts';
import { type CorpusBench, contradictions, factsOf } from './corpus-bench.ts';
import type { CrawlingOrder, CrawlingResult } from './crawling.ts';
import { throughput } from './decoding.ts';
import type { FirstRecordOrder } from './first-record.ts';
import type { KeyOrder, KeyResult } from './key-cost.ts';
import type { MemoryOrder, MemoryResult } from './memory.ts';
import { type BenchOptions, readOptions } from './options.ts';
import type { Bench } from './part.ts';
import { installPeers } from './peers.ts';
import { ask, startRepeater, startServer, startTideServer, startUploadServer } from './processes.ts';
import type { ReaderName, ReaderSight } from './readers.ts';
import { sharing } from './redis.ts';
import { type Goal, median, medianRatio, Report } from './report.ts';
import { fetching, headline, mapping, pressure, scheduling } from './retrieval.ts';
import type { Facts } from './server.ts';
import { measureSize } from './sizes.ts';
import { TIDE_CONTESTANTS, type TideOrder, type TideResult } from './tide.ts';
import { inTurns } from './turns.ts';
import type { WritingOrder, WritingResult } from './writing.ts';

/** The most that a read adds to the memory, in MB. */
const MEMORY = 40;
/** Which part of a corpus is read before memory is measured. */
const WARM_UP = 0.04;
/** The most rounds for what has no goal. */
const SIDE_ROUNDS = 3;
/** How often memory is measured. When the collector runs is chance. */
const MEMORY_ROUNDS = 3;
/** How much more often processes are started than anything else is done: each takes its own time. */
const FIRST_ROUNDS = 4;
/** The most between the server's first byte and the first record of a cold process, in milliseconds. */
const FIRST_RECORD = 10;
/** Two batches in the air to one, where the server takes its time. */
const IN_FLIGHT_RATIO = 1.2;
/** How long it takes, in milliseconds. */
const SERVER_TIME = 20;
/** `records()` of a tide, at least so much of `Records` over the same bytes. */
const TIDE_RATIO = 0.9;
/** The most between `off()` on a silent stream and the close that the server sees, in milliseconds. */
const OFF = 50;
/** The most that a URL takes that waits for its turn, in bytes. */
const CRAWL_MEMORY = 600;
/** How long a robots.txt is kept, in milliseconds. */
const DAY = 24 * 60 * 60_000;
const MB = 1e6;

async function memory({ options, report, server }: CorpusBench, corpus: CorpusName): Promise<void> {
  const { records } = await factsOf(server, corpus, true);
  const warmUp = Math.ceil(records * WARM_UP);
  const measure = async (contestant: ContestantName, times: number, goal: Goal): Promise<void> => {
    const results: MemoryResult[] = [];
    for (let round = 0; round < (goal.most && !options.quick ? MEMORY_ROUNDS : 1); round++) {
      const order: MemoryOrder = { origin: server.origin, corpus, keyed: true, contestant, times, warmUp };
      results.push(await ask<MemoryResult>('memory.ts', order));
    }
    const length = times === 1 ? '' : `, ${times} times as long`;
    report.add(
      `memory growth/${corpus}/${contestant}${length}`,
      median(results.map(({ growth }) => growth)) / MB,
      'MB',
      goal,
    );
    report.add(`memory peak/${corpus}/${contestant}${length}`, median(results.map(({ peak }) => peak)) / MB, 'MB');
  };
  for (const name of CONTESTANTS) {
    const ours = name === 'batches' || name === 'for await';
    if (name === 'reference' || (options.quick && !ours)) continue;
    await measure(name, 1, ours ? { most: MEMORY } : {});
    if (ours) await measure(name, options.long, { most: MEMORY });
  }
}

async function first({ options, report, server }: CorpusBench, corpus: CorpusName): Promise<void> {
  for (const contestant of CONTESTANTS) {
    if (contestant === 'reference' || contestant === 'drain') continue;
    const waits: number[] = [];
    for (let round = 0; round < FIRST_ROUNDS * options.rounds; round++) {
      const order: FirstRecordOrder = { origin: server.origin, corpus, keyed: true, contestant, times: 1 };
      const seen = BigInt(await ask<string>('first-record.ts', order));
      waits.push(Number(seen - BigInt(await server.json<string>('/first-byte'))) / 1e6);
    }
    const ours = contestant === 'batches' || contestant === 'for await';
    report.add(`first record/${corpus}/${contestant}`, median(waits), 'ms', ours ? { most: FIRST_RECORD } : {});
    report.sanity(`first record/${corpus}/${contestant}`, Math.min(...waits) > 0 ? [] : ['a record before its bytes']);
  }
}

async function keys({ options, report, server }: CorpusBench, corpus: CorpusName): Promise<void> {
  const { records } = await factsOf(server, corpus, true);
  const breaks = [1_000, 10_000, 100_000].filter((delivered) => delivered <= records || !options.quick);
  const order: KeyOrder = { origin: server.origin, corpus, rounds: Math.min(options.rounds, SIDE_ROUNDS), breaks };
  const result = await ask<KeyResult>('key-cost.ts', order);
  const plain = await factsOf(server, corpus, false);
  const keyed = await factsOf(server, corpus, true);
  report.add(
    `keys/${corpus}/time, taken off to never asked for`,
    medianRatio(result.stripped, result.without),
    'ratio',
  );
  report.add(`keys/${corpus}/time, kept to never asked for`, medianRatio(result.kept, result.without), 'ratio');
  report.add(`keys/${corpus}/bytes, with keys to without`, keyed.bytes / plain.bytes, 'ratio');
  report.add(`keys/${corpus}/ms a record, never asked for`, median(result.without) / plain.records, 'ms');
  for (const { delivered, milliseconds, bytes } of result.breaks) {
    report.add(`keys/${corpus}/a break after ${delivered}, second read`, milliseconds, 'ms');
    report.add(`keys/${corpus}/a break after ${delivered}, its bytes`, bytes, 'B');
  }
}

async function readers(
  { options, report, server }: CorpusBench,
  corpus: CorpusName,
  places: readonly ReaderPlace[],
): Promise<void> {
  const facts = await factsOf(server, corpus, false);
  const url = `${server.origin}/${corpus}/${jobOf({ corpus, keyed: false, times: 1 })}`;
  for (const place of places) {
    const sights: Record<ReaderName, ReaderSight[]> = { default: [], byob: [] };
    for (let round = 0; round <= Math.min(options.rounds, SIDE_ROUNDS); round++) {
      for (const name of round % 2 ? (['default', 'byob'] as const) : (['byob', 'default'] as const)) {
        const sight = await place.read(name, url, corpus);
        if (round > 0) sights[name].push(sight);
      }
    }
    const times = (name: ReaderName): number[] => sights[name].map(({ time }) => time);
    report.add(
      `readers/${corpus}/${place.name}, byob to default`,
      medianRatio(times('default'), times('byob')),
      'ratio',
    );
    for (const name of ['default', 'byob'] as const) {
      const chunk = median(sights[name].map(({ bytes, chunks }) => bytes / chunks));
      report.add(`readers/${corpus}/${place.name}, a chunk of ${name}`, chunk, 'B');
      report.sanity(`readers/${corpus}/${place.name}, ${name}`, contradictions(sights[name], facts));
    }
  }
}

async function writing({ options, report }: Bench): Promise<void> {
  const server = await startUploadServer();
  const records = Math.max(10_000, Math.round(options.bytes / 1700 / 10_000) * 10_000);
  for (const latency of [1, SERVER_TIME]) {
    for (const contentEncoding of ['identity', 'gzip'] as const) {
      const contestants = await Promise.all(
        [0, 1, 2].map(async (inFlight) => {
          const order = {
            origin: server.origin,
            corpus: 'items',
            records,
            latency,
            contentEncoding,
            inFlight,
          } as const;
          return { inFlight, process: await startRepeater<WritingResult>('writing.ts', order satisfies WritingOrder) };
        }),
      );
      const results: WritingResult[][] = [[], [], []];
      const wrong: string[] = [];
      for (let round = 0; round <= Math.min(options.rounds, SIDE_ROUNDS); round++) {
        for (const { inFlight, process } of contestants) {
          const result = await process.next();
          const seen = await server.json<{ records: number }>('/count');
          if (seen.records !== records) wrong.push(`${seen.records} records in place of ${records}`);
          if (round > 0) results[inFlight]?.push(result);
        }
      }
      for (const { process } of contestants) process.close();
      const title = `${contentEncoding}, ${latency > 1 ? `the server takes ${latency} ms` : 'the server answers at once'}`;
      const [reference = [], one = [], two = []] = results.map((result) => result.map(({ time }) => time));
      for (const [name, times] of Object.entries({ reference, 'one in the air': one, 'two in the air': two })) {
        report.add(`writing/${title}/${name}`, records / (median(times) / 1e3), 'records/s');
      }
      report.add(`writing/${title}/one to the reference`, medianRatio(reference, one), 'ratio');
      const least = latency > 1 ? IN_FLIGHT_RATIO : undefined;
      report.add(`writing/${title}/two in the air to one`, medianRatio(one, two), 'ratio', { least });
      const peak = median((results[1] ?? []).map((result) => result.peak)) / MB;
      report.add(`writing/${title}/memory peak, one in the air`, peak, 'MB');
      report.sanity(`writing/${title}`, wrong);
    }
  }
  server.close();
}

async function tide({ options, report }: Bench): Promise<void> {
  const server = await startTideServer(options.bytes);
  const facts = await server.json<Facts>('/facts');
  const orders = TIDE_CONTESTANTS.map((contestant): TideOrder => ({ origin: server.origin, contestant }));
  const all = await inTurns<TideOrder, TideResult>('tide.ts', orders, options);
  const contestants = TIDE_CONTESTANTS.map((contestant, index) => ({ contestant, results: all[index] ?? [] }));
  const timesOf = (name: string): number[] =>
    contestants.find(({ contestant }) => contestant === name)?.results.map(({ time }) => time) ?? [];
  for (const { contestant, results } of contestants) {
    if (contestant === 'off') {
      report.add('tide/off() to the close at the server/median', median(results.map(({ time }) => time)), 'ms', {
        most: OFF,
      });
      continue;
    }
    const rate = median(results.map(({ time, records }) => records / (time / 1e3)));
    report.add(`tide/records a second/${contestant}`, rate, 'records/s');
    if (contestant !== 'raw') report.sanity(`tide/${contestant}`, contradictions(results, facts));
  }
  const ratio = (name: string, left: string, right: string, least?: number): void =>
    report.add(`tide/ratio/${name}`, medianRatio(timesOf(left), timesOf(right)), 'ratio', { least });
  ratio('records() to Records', 'Records', 'jsonLines', TIDE_RATIO);
  ratio('records() to a reader and split', 'reader and split', 'jsonLines');
  ratio('sse() to EventSourceParserStream', 'EventSourceParserStream', 'sse');
  server.close();
}

/** Polite crawls: what a URL costs, by the number of hosts, and that no request comes early. */
async function crawling({ options, report }: Bench): Promise<void> {
  const measure = async (title: string, order: CrawlingOrder): Promise<CrawlingResult> => {
    const process = await startRepeater<CrawlingResult>('crawling.ts', order, ['--expose-gc']);
    const result = await process.next();
    process.close();
    const { done, early, requests } = result;
    const wrong = done === order.urls ? [] : [`${done} of ${order.urls} pages`];
    // Each host has a robots.txt, which is asked for again after a day.
    const days = 1 + Math.floor(((order.urls / order.hosts) * (order.delay + order.latency)) / DAY);
    if (requests < order.urls + order.hosts || requests > order.urls + order.hosts * days) {
      wrong.push(`${requests} requests`);
    }
    if (early > 0) wrong.push(`${early} requests that came early`);
    report.sanity(`crawl/${title}`, wrong);
    return result;
  };
  const urls = options.quick ? 10_000 : 1_000_000;
  for (const hosts of options.quick ? [1_000] : [1, 100, 10_000, 100_000]) {
    const title = `made up, ${urls} URLs, ${hosts} hosts`;
    const { bytes, cpu, peak, requests, time } = await measure(title, { urls, hosts, delay: 1_000, latency: 100 });
    report.add(`crawl/${title}/a URL`, (time / urls) * 1e6, 'ns');
    // Each host has a robots.txt: where there are many hosts, there are more requests.
    report.add(`crawl/${title}/a request, of the processor`, (cpu / requests) * 1e6, 'ns');
    report.add(`crawl/${title}/a URL that waits`, bytes, 'B', { most: CRAWL_MEMORY });
    report.add(`crawl/${title}/memory at most`, peak / MB, 'MB');
    report.add(`crawl/${title}/all`, time, 'ms');
  }
  const real = { urls: options.quick ? 200 : 2_000, hosts: options.quick ? 20 : 200, delay: 100, latency: 0 };
  const server = await startRepeater<string[]>('sites-server.ts', { sites: real.hosts });
  const title = `real, ${real.urls} pages, ${real.hosts} hosts`;
  const { time } = await measure(title, { ...real, origins: await server.next() });
  server.close();
  report.add(`crawl/${title}`, time, 'ms');
  const least = (real.urls / real.hosts) * real.delay;
  report.add(`crawl/${title}/to the delays alone`, time / least, 'ratio');
  report.sanity(`crawl/${title}, sooner than its delays`, time >= least ? [] : [`${time} ms`]);
}

async function sizes({ report }: Bench): Promise<void> {
  const fetcher = await measureSize(['Fetcher'], 'fetcher.js');
  report.add('sizes/{ Fetcher }', fetcher.start, 'B', { most: 9_000 });
  report.add('sizes/{ Fetcher }, loaded when needed', fetcher.later, 'B');
  const programs = [
    { name: '{ Connection, Items }', names: ['Connection', 'Items'], most: 12_000 },
    { name: 'the whole root', names: '*', most: 20_000 },
    { name: '{ ScrapyCloud }', names: ['ScrapyCloud'] },
  ] as const;
  for (const { name, names, ...goal } of programs) {
    const { start, later } = await measureSize(names);
    report.add(`sizes/${name}`, start, 'B', 'most' in goal ? { most: goal.most } : {});
    report.add(`sizes/${name}, loaded when needed`, later, 'B');
  }
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options) return;
  installPeers();
  buildPackage();
  const started = performance.now();
  const report = new Report(options.json);
  const server = await startServer(options.bytes);
  const wants = (part: BenchOptions['only'][number]): boolean => options.only.includes(part);
  const chromium = wants('readers') ? await openChromium(server.origin) : undefined;
  if (wants('readers') && !chromium) report.note('No Chromium is installed: its readers are left out');
  const bench: CorpusBench = { options, report, server };
  try {
    // Corpus by corpus: the server holds one of them at a time.
    for (const corpus of CORPORA) {
      if (wants('throughput')) {
        await throughput(bench, corpus, false);
        if (corpus !== 'samples') await throughput(bench, corpus, true);
      }
      report.print();
      if (wants('memory')) await memory(bench, corpus);
      report.print();
      if (wants('first') && corpus === 'items') await first(bench, corpus);
      if (wants('keys') && corpus !== 'samples') await keys(bench, corpus);
      report.print();
      if (wants('readers')) await readers(bench, corpus, chromium ? [node, chromium] : [node]);
      report.print();
    }
    if (wants('writing')) await writing(bench);
    report.print();
    if (wants('tide')) await tide(bench);
    report.print();
    if (wants('cache')) await cache(bench);
    report.print();
    if (wants('undici')) await undici(bench);
    report.print();
    if (wants('fetcher')) {
      await fetching(bench);
      await headline(bench);
      await pressure(bench);
      await scheduling(bench);
      await mapping(bench);
    }
    report.print();
    if (wants('crawl')) await crawling(bench);
    report.print();
    if (wants('redis')) await sharing(report, options.quick);
    report.print();
    if (wants('sizes')) await sizes(bench);
    report.print();
  } finally {
    await chromium?.close();
    server.close();
  }
  report.note(`\n${Math.round((performance.now() - started) / 1e3)} s on Node ${process.versions.node}`);
  report.summarize();
  if (!report.passed(!options.quick)) process.exitCode = 1;
}

await main();
