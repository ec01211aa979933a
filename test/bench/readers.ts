import { DecodeError, notJson, RecordTooLargeError } from '../../src/errors/index.ts';
import { JsonLines } from '../../src/records/json-lines.ts';
import { type CorpusName, weigh } from './corpora.ts';

/** How the bytes of a body are asked for. */
export type ReaderName = 'default' | 'byob';

/** What a read by one of them took and saw. */
export interface ReaderSight {
  readonly time: number;
  readonly records: number;
  readonly checksum: number;
  readonly bytes: number;
  readonly chunks: number;
}

/** The size of the buffer that a BYOB reader fills again and again. */
const BUFFER_BYTES = 128 * 1024;

/** The SDK's decoder over either reader; in a browser's page as in Node. */
export async function readBy(name: ReaderName, url: string, corpus: CorpusName): Promise<ReaderSight> {
  const add = weigh[corpus];
  const decoder = new JsonLines<unknown>(8 * 1024 * 1024, { DecodeError, notJson, RecordTooLargeError });
  let [records, checksum, bytes, chunks] = [0, 0, 0, 0];
  const take = (batch: readonly unknown[]): void => {
    records += batch.length;
    for (const record of batch) checksum += add(record);
  };
  const started = performance.now();
  const { body } = await fetch(url);
  if (!body) throw new Error('The benchmark server sent no body');
  const next = name === 'byob' ? byob(body) : byDefault(body);
  for (;;) {
    const chunk = await next();
    if (!chunk) break;
    chunks++;
    bytes += chunk.length;
    take(decoder.push(chunk).records);
  }
  take(decoder.end().records);
  return { time: performance.now() - started, records, checksum, bytes, chunks };
}

type Next = () => Promise<Uint8Array | undefined>;

function byDefault(body: ReadableStream<Uint8Array>): Next {
  const reader = body.getReader();
  return async () => (await reader.read()).value;
}

/** One buffer for all reads: a new one for each costs what is gained. */
function byob(body: ReadableStream<Uint8Array>): Next {
  const reader = body.getReader({ mode: 'byob' });
  let buffer = new ArrayBuffer(BUFFER_BYTES);
  return async () => {
    const { done, value } = await reader.read(new Uint8Array(buffer));
    if (done) return undefined;
    buffer = value.buffer;
    return value;
  };
}

// A page is handed this file as a script, and calls it by this name.
Object.assign(globalThis, { readBy });
