import { Agent, request } from 'undici';
import type * as Node from '../../src/node/index.ts';
import { DIST } from './sdk.ts';

/** How many requests are sent, and by whom. */
export interface RequestsOrder {
  readonly origin: string;
  readonly client: 'fetch' | 'undiciFetch' | 'undici request';
}

/** What they took. */
export interface RequestsResult {
  /** Requests a second. */
  readonly rate: number;
  /** Microseconds of this process a request. */
  readonly cpu: number;
  /** Bytes that were read. */
  readonly bytes: number;
}

const REQUESTS = 10_000;
const AT_ONCE = 100;

const { client, origin } = JSON.parse(process.argv[2] ?? '{}') as RequestsOrder;
const { undiciFetch }: typeof Node = await import(new URL('node.js', DIST).href);
const dispatcher = new Agent({ connections: AT_ONCE });
const lean = undiciFetch({ dispatcher });
const ways: Readonly<Record<RequestsOrder['client'], () => Promise<string>>> = {
  fetch: async () => (await fetch(origin)).text(),
  undiciFetch: async () => (await lean(origin)).text(),
  'undici request': async () => (await request(origin, { dispatcher })).body.text(),
};

async function measure(): Promise<RequestsResult> {
  const read = ways[client];
  let left = REQUESTS;
  let bytes = 0;
  const began = process.cpuUsage();
  const started = performance.now();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) {
        const { length } = await read();
        bytes += length;
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  const { system, user } = process.cpuUsage(began);
  return { rate: REQUESTS / seconds, cpu: (system + user) / REQUESTS, bytes };
}

process.on('message', async () => process.send?.(await measure()));
process.send?.('ready');
