import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { ReadOptions, Records, ScrapyCloud } from '../../src/index.ts';
import { CORPORA, type CorpusName, weigh } from './corpora.ts';
import { loadPeers, type Peers } from './peers.ts';
import { loadSdk } from './sdk.ts';

/** What a contestant has seen of a body. */
export interface Sight {
  records: number;
  checksum: number;
  /** Undefined where the contestant does not tell. */
  bytes?: number | undefined;
  /** Milliseconds that count, where they are not those from the call to its end. */
  time?: number;
}

/** Where a contestant reads, and what. */
export interface Target {
  readonly origin: string;
  readonly corpus: CorpusName;
  /** How often the corpus is sent. */
  readonly times: number;
  /** Whether the lines have the keys that are asked for. */
  readonly keyed: boolean;
  /** Only so many records. */
  readonly count?: number;
  /** Told when the first record is there. */
  readonly onFirst?: () => void;
}

/** Reads a body to its end. */
export type Contestant = (target: Target) => Promise<Sight>;

/** Two are ours, one is the yardstick, one is its ceiling, and the others are what people use instead. */
export const CONTESTANTS = [
  'reference',
  'drain',
  'batches',
  'for await',
  'async generator',
  'openai',
  'split2',
  'TransformStream',
] as const;

/** The name of a contestant. */
export type ContestantName = (typeof CONTESTANTS)[number];

/** The job under which the server has a corpus. */
export function jobOf({ corpus, keyed, times }: Pick<Target, 'corpus' | 'keyed' | 'times'>): string {
  return `${keyed ? 1 : 2}/${CORPORA.indexOf(corpus) + 1}/${times}`;
}

async function bodyOf(target: Target): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  // The same lines as ours gets: with the key that it asks for to be able to go on after a break.
  const { count, corpus, origin } = target;
  const query = new URLSearchParams({
    ...(corpus !== 'samples' && { meta: '_key' }),
    ...(count && { count: String(count) }),
  });
  const { body } = await fetch(`${origin}/${corpus}/${jobOf(target)}?${query}`);
  if (!body) throw new Error('The benchmark server sent no body');
  return body;
}

/** Reads as users of the SDK do. */
export async function makeOurs(origin: string): Promise<ScrapyCloud> {
  const { ScrapyCloud } = await loadSdk();
  return new ScrapyCloud({ auth: 'benchmark', endpoint: origin });
}

/** A read of a corpus by the SDK. */
export function readOurs<T = unknown>(
  cloud: ScrapyCloud,
  target: Omit<Target, 'origin'>,
  own: ReadOptions = {},
): Records<T> {
  const { corpus, count } = target;
  const options = count ? { count, ...own } : own;
  const { items, logs, samples } = cloud.getJob(jobOf(target));
  return corpus === 'items'
    ? items.iter<T>(options)
    : corpus === 'logs'
      ? logs.iter<T>(options)
      : samples.iter<T>(options);
}

/** The contestants by name. The SDK and the peers are loaded when they are asked for. */
export async function loadContestants(origin: string): Promise<Readonly<Record<ContestantName, Contestant>>> {
  const cloud = await makeOurs(origin);
  const peers = await loadPeers();
  return {
    reference,
    drain,
    batches: async (target) => {
      const add = weigh[target.corpus];
      const sight = { records: 0, checksum: 0 };
      const records = readOurs(cloud, target);
      for await (const batch of records.batches()) {
        if (sight.records === 0) target.onFirst?.();
        sight.records += batch.length;
        for (const record of batch) sight.checksum += add(record);
      }
      return { ...sight, bytes: records.progress.bytes };
    },
    'for await': async (target) => {
      const records = readOurs(cloud, target);
      const sight = await countRecords(records, target);
      return { ...sight, bytes: records.progress.bytes };
    },
    'async generator': async (target) => countRecords(generate(await bodyOf(target)), target),
    openai: (target) => readWithOpenai(target, peers),
    split2: (target) => readWithSplit2(target, peers),
    TransformStream: async (target) => countRecords(transform(await bodyOf(target)), target),
  };
}

async function countRecords(records: AsyncIterable<unknown>, { corpus, onFirst }: Target): Promise<Sight> {
  const add = weigh[corpus];
  const sight = { records: 0, checksum: 0 };
  for await (const record of records) {
    if (sight.records++ === 0) onFirst?.();
    sight.checksum += add(record);
  }
  return sight;
}

/** Reads the body and does nothing with it: nobody can be faster. */
async function drain(target: Target): Promise<Sight> {
  const started = performance.now();
  const reader = (await bodyOf(target)).getReader();
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
  }
  return { records: 0, checksum: 0, bytes, time: performance.now() - started };
}

/**
 * The yardstick: a body drained, and `JSON.parse` of its lines, which were split before. One after the other, and
 * without any of the work in between.
 */
async function reference(target: Target): Promise<Sight> {
  const { bytes, time: draining = 0 } = await drain(target);
  const add = weigh[target.corpus];
  const sight = { records: 0, checksum: 0 };
  let parsing = 0;
  // In pieces: lines of 100 MB at once would give the garbage collector work that no reader of a stream makes.
  for await (const lines of splitLines(await bodyOf(target))) {
    const started = performance.now();
    for (const line of lines) sight.checksum += add(JSON.parse(line));
    parsing += performance.now() - started;
    sight.records += lines.length;
  }
  return { ...sight, bytes, time: draining + parsing };
}

/** What most people write: a generator that decodes the bytes, keeps the unfinished line and hands out one by one. */
async function* generate(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line);
  }
  if (rest !== '') yield JSON.parse(rest);
}

async function* splitLines(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
  if (rest !== '') yield [rest];
}

/** The textbook chain of Web Streams. */
function transform(body: ReadableStream<Uint8Array<ArrayBuffer>>): ReadableStream<unknown> {
  let rest = '';
  const lines = new TransformStream<string, unknown>({
    transform(text, controller) {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) controller.enqueue(JSON.parse(line));
    },
    flush(controller) {
      if (rest !== '') controller.enqueue(JSON.parse(rest));
    },
  });
  return body.pipeThrough(new TextDecoderStream()).pipeThrough(lines);
}

async function readWithOpenai(target: Target, { Stream }: Peers): Promise<Sight> {
  return countRecords(Stream.fromReadableStream(await bodyOf(target), new AbortController()), target);
}

async function readWithSplit2(target: Target, { split2 }: Peers): Promise<Sight> {
  const body = Readable.fromWeb((await bodyOf(target)) as NodeReadableStream);
  return countRecords(body.pipe(split2((line) => JSON.parse(line))), target);
}
