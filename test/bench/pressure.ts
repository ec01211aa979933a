/** URLs of a server that sags, with and without `adaptive()`; or beside one that is down, with and without a breaker. */
import type * as Fetching from '../../src/fetcher/index.ts';
import { DIST } from './sdk.ts';

/** Who fetches how many. */
export interface PressureOrder {
  readonly origin: string;
  /** How many answers are wanted. */
  readonly urls: number;
  readonly client: 'fixed' | 'adaptive' | 'no breaker' | 'breaker';
}

/** What came of it. */
export interface PressureResult {
  /** Good answers a second. */
  readonly rate: number;
  readonly answers: number;
}

/** Far more at once than the server bears. */
const TOO_MANY = 100;
const { client, origin, urls } = JSON.parse(process.argv[2] ?? '{}') as PressureOrder;
const { adaptive, circuitBreaker, Fetcher }: typeof Fetching = await import(new URL('fetcher.js', DIST).href);

function setUp(): Fetching.FetcherOptions {
  if (client === 'fixed') return { concurrency: TOO_MANY };
  if (client === 'adaptive') return { concurrency: TOO_MANY, limits: [{ key: 'origin', concurrency: adaptive() }] };
  return { concurrency: 20, retry: false, breaker: client === 'breaker' ? circuitBreaker() : undefined };
}

function* source(): Generator<string> {
  const sags = client === 'fixed' || client === 'adaptive';
  for (let n = 0; n < urls; n++) {
    if (sags) yield `${origin}/sags/${n}`;
    else {
      yield `${origin}/steady/${n}`;
      // Another name of the same machine is another origin.
      yield `${origin.replace('127.0.0.1', 'localhost')}/down/${n}`;
    }
  }
}

async function measure(): Promise<PressureResult> {
  const fetcher = new Fetcher(setUp());
  const started = performance.now();
  let answers = 0;
  for await (const { ok } of fetcher.map(source())) if (ok) answers++;
  return { answers, rate: answers / ((performance.now() - started) / 1000) };
}

process.on('message', async () => process.send?.(await measure()));
process.send?.('ready');
