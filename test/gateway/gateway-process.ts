/**
 * A gateway in a process of its own, before a server that swallows and makes as much as it is asked to. Tells its
 * address, and for each line on its input the most memory it took since it began, above what it had then.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { serveFetch } from '../../examples/gateway/serve-fetch.ts';
import { createGateway } from '../../src/gateway/index.ts';

// Nobody waits longer for it: whoever started it may be gone.
setTimeout(() => process.exit(1), 180_000).unref();

const piece: Uint8Array = new Uint8Array(64 * 1024).fill(10);
const upstream = createServer((message, reply) => {
  let received = 0;
  message.on('data', (chunk: Uint8Array) => {
    received += chunk.length;
  });
  message.on('end', () => {
    if (message.method === 'POST') return void reply.end(String(received));
    let left = Number(new URL(message.url ?? '/', 'http://x').searchParams.get('count'));
    const write = (): void => {
      while (left > 0) {
        left -= piece.length;
        if (!reply.write(piece)) return void reply.once('drain', write);
      }
      reply.end();
    };
    write();
  });
});
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
const endpoint = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/`;
const gateway = createGateway({ auth: 'key', secret: process.argv[2] ?? '', endpoint });
const server = await serveFetch(gateway.fetch, 0);
const before = process.memoryUsage.rss();
let peak = before;
setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 10).unref();
process.stdout.write(`${server.url}\n`);
createInterface(process.stdin)
  .on('line', () => process.stdout.write(`${peak - before}\n`))
  .on('close', () => process.exit(0));
