import type * as Tideway from '../../src/tide/index.ts';
import { weigh } from './corpora.ts';
import { DIST, loadSdk } from './sdk.ts';

/** Those who read: a tide by each framing, the sequence that it is made of, and what people use instead. */
export const TIDE_CONTESTANTS = [
  'Records',
  'jsonLines',
  'lines',
  'raw',
  'delimited',
  'jsonSequence',
  'lengthPrefixed',
  'sse',
  'on',
  'off',
  'reader and split',
  'EventSourceParserStream',
] as const;

/** The name of a contestant. */
export type TideContestant = (typeof TIDE_CONTESTANTS)[number];

/** What the process of a contestant is told at its start. */
export interface TideOrder {
  readonly origin: string;
  readonly contestant: TideContestant;
}

/** What it did in one read. */
export interface TideResult {
  readonly time: number;
  readonly records: number;
  readonly checksum: number;
}

const add = weigh.logs;

async function count(
  records: AsyncIterable<unknown>,
  parse: (record: unknown) => unknown = (one) => one,
): Promise<Omit<TideResult, 'time'>> {
  const sight = { records: 0, checksum: 0 };
  for await (const record of records) {
    sight.records++;
    sight.checksum += add(parse(record));
  }
  return sight;
}

const parse = (text: unknown): unknown => JSON.parse(text as string);
const parseData = (event: unknown): unknown => JSON.parse((event as { readonly data: string }).data);

/** Milliseconds from `off()` to the close that the server sees, on a stream that is silent. */
async function turnOff(Tide: typeof Tideway.Tide, origin: string, framing: Tideway.Framing<unknown>): Promise<number> {
  const tide = new Tide(`${origin}/silent`, { framing });
  const running = tide.on();
  await tide.queue.take();
  const began = process.hrtime.bigint();
  tide.off();
  await running;
  for (;;) {
    const closed = BigInt((await (await fetch(`${origin}/closed`)).json()) as string);
    if (closed > began) return Number(closed - began) / 1e6;
  }
}

async function load({
  contestant,
  origin,
}: TideOrder): Promise<() => Promise<Omit<TideResult, 'time'> & { readonly time?: number }>> {
  const tideway = (await import(new URL('tide.js', DIST).href)) as typeof Tideway;
  const { Tide } = tideway;
  const read = <T>(path: string, framing: Tideway.Framing<T>): AsyncIterable<T> =>
    new Tide(`${origin}/${path}`, { framing }).records();
  switch (contestant) {
    case 'Records': {
      const { ScrapyCloud } = await loadSdk();
      const { samples } = new ScrapyCloud({ auth: 'benchmark', endpoint: origin }).getJob('2/1/1');
      // Samples have no keys: what is compared is the sequence, without what only Scrapy Cloud needs.
      return () => count(samples.iter<unknown>());
    }
    case 'jsonLines':
      return () => count(read('jsonLines', tideway.jsonLines()));
    case 'lines':
      return () => count(read('jsonLines', tideway.lines()), parse);
    case 'raw':
      return async () => {
        let records = 0;
        // Its records are chunks: what is in them is for others to find out.
        for await (const chunk of read('jsonLines', tideway.raw())) records += chunk.length > 0 ? 1 : 0;
        return { records, checksum: 0 };
      };
    case 'delimited':
      return () => count(read('delimited', tideway.delimited('\r\n', { as: 'json' })));
    case 'jsonSequence':
      return () => count(read('jsonSequence', tideway.jsonSequence()));
    case 'lengthPrefixed':
      return () => count(read('lengthPrefixed', tideway.lengthPrefixed({ as: 'json' })));
    case 'sse':
      return () => count(read('sse', tideway.sse()), parseData);
    case 'on':
      return async () => {
        const tide = new Tide(`${origin}/jsonLines`, { framing: tideway.jsonLines() });
        const consuming = count(tide.queue);
        await tide.on();
        await tide.queue.close();
        return consuming;
      };
    case 'off':
      return async () => ({ records: 0, checksum: 0, time: await turnOff(Tide, origin, tideway.jsonLines()) });
    case 'reader and split':
      return () => count(split(`${origin}/jsonLines`));
    case 'EventSourceParserStream': {
      const { EventSourceParserStream } = await import('eventsource-parser/stream');
      return async () => {
        const { body } = await fetch(`${origin}/sse`);
        if (!body) throw new Error('The benchmark server sent no body');
        const text = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>);
        return count(text.pipeThrough(new EventSourceParserStream()), parseData);
      };
    }
  }
}

/** What is written by hand: a plain reader, and `split`. */
async function* split(url: string): AsyncGenerator<unknown> {
  const { body } = await fetch(url);
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (let result = await reader?.read(); result && !result.done; result = await reader?.read()) {
    const lines = (rest + decoder.decode(result.value, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line);
  }
}

if (process.send) {
  const read = await load(JSON.parse(process.argv[2] ?? '{}') as TideOrder);
  process.on('message', async () => {
    const started = performance.now();
    const sight = await read();
    process.send?.({ time: performance.now() - started, ...sight } satisfies TideResult);
  });
  process.send('ready');
}
