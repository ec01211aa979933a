/**
 * Takes batches of numbered items in a process of its own, and keeps nothing but what came: one answer in five is lost,
 * one request in five gets 503, some are broken off before they count and some are never answered. `GET` tells what is
 * stored.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';

/** What came. */
export interface Stored {
  /** Indices that were stored at least once. */
  readonly records: number;
  /** Items that were not the one that belongs at their index. */
  readonly wrong: number;
  readonly requests: number;
}

/** Whether the item with an index is there. */
const seen = new Uint8Array(Number(process.argv[2]));
let records = 0;
let wrong = 0;
let requests = 0;

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chance = Math.random();
  requests++;
  if (chance < 0.05) return;
  if (chance < 0.1) return void response.destroy();
  const body = await text(request.pipe(createGunzip()));
  if (chance < 0.3) return void response.writeHead(503).end('Busy');
  const start = Number(new URL(request.url ?? '', 'http://host').searchParams.get('start'));
  for (const [offset, line] of body.split('\n').slice(0, -1).entries()) {
    const index = start + offset;
    if (JSON.parse(line).n !== index) wrong++;
    if (seen[index] === 0) records++;
    seen[index] = 1;
  }
  if (chance < 0.5) response.destroy();
  else response.end();
}

const server = createServer((request, response) => {
  if (request.method === 'POST') take(request, response).catch(() => response.destroy());
  else response.end(JSON.stringify({ records, wrong, requests } satisfies Stored));
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
// Whoever started it is gone.
process.on('disconnect', () => process.exit());
