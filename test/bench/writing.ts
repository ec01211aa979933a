import { type CorpusName, makeRecords } from './corpora.ts';
import { loadSdk } from './sdk.ts';

/** How records are written. */
export interface WritingOrder {
  readonly origin: string;
  readonly corpus: CorpusName;
  readonly records: number;
  /** The milliseconds that the server takes for an answer. */
  readonly latency: number;
  readonly contentEncoding: 'gzip' | 'identity';
  /** Batches in the air; 0 is the reference: encode, send, wait, batch by batch. */
  readonly inFlight: number;
}

/** What one writing took. */
export interface WritingResult {
  /** Milliseconds. */
  readonly time: number;
  /** The most that the process held, in bytes. */
  readonly peak: number;
}

const { contentEncoding, corpus, inFlight, latency, origin, records } = JSON.parse(
  process.argv[2] ?? '{}',
) as WritingOrder;
const { ScrapyCloud } = await loadSdk();
const cloud = new ScrapyCloud({ auth: 'benchmark', endpoint: origin });
// The same ones again and again: making them is not what is measured.
const all = makeRecords(corpus, 10_000) as object[];

async function ours(): Promise<void> {
  const writer = cloud.getJob(`${latency}/1/1`).items.writer({ start: 0, inFlight, contentEncoding });
  for (let n = 0; n < records; n++) await writer.write(all[n % all.length] as object);
  await writer.close();
}

/** What is written by hand: each step waits for the one before. */
async function reference(): Promise<void> {
  for (let start = 0; start < records; start += 1000) {
    let text = '';
    for (let n = start; n < Math.min(records, start + 1000); n++) text += `${JSON.stringify(all[n % all.length])}\n`;
    const plain = new TextEncoder().encode(text);
    const stream = new Response(plain).body?.pipeThrough(new CompressionStream('gzip'));
    const body = contentEncoding === 'gzip' ? await new Response(stream ?? null).bytes() : plain;
    const headers = { 'content-encoding': contentEncoding };
    const answer = await fetch(`${origin}/items/${latency}/1/1?start=${start}`, { method: 'POST', body, headers });
    await answer.text();
  }
}

async function measure(): Promise<WritingResult> {
  const started = performance.now();
  await (inFlight === 0 ? reference() : ours());
  return { time: performance.now() - started, peak: process.resourceUsage().maxRSS * 1024 };
}

process.on('message', async () => process.send?.(await measure()));
process.send?.('ready');
