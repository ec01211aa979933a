/**
 * Takes batches as the storage API does, in a process of its own: `POST /items/{milliseconds}/…` is drained, counted and
 * answered after so long, which stands for the way and for the server's own work. `GET /count` tells what came, and
 * begins anew.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { breaking, serveParent } from './serve-parent.ts';

let records = 0;
let bytes = 0;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST') {
    response.end(JSON.stringify({ records, bytes }));
    records = 0;
    bytes = 0;
    return;
  }
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  const body = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, end + 1)) records++;
  }
  const latency = Number((request.url ?? '').split('/')[2]);
  if (latency > 1) await sleep(latency);
  response.end();
}

serveParent(createServer(breaking(answer)));
