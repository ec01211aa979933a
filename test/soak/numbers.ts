/**
 * Streams numbered records as JSON lines from `?from` on, in a process of its own, as fast as they are read. Some
 * connections are cut: after as many records as `?cut` says, at random, half of them inside a record.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const RECORDS_A_WRITE = 1_000;
const total = Number(process.argv[2]);

async function stream(response: ServerResponse, from: number, cut: number): Promise<void> {
  let goOn: () => void = () => {};
  response.on('drain', () => goOn());
  response.on('close', () => goOn());
  const until = cut > 0 ? Math.min(total, from + Math.ceil(Math.random() * cut)) : total;
  for (let next = from; next < until && !response.destroyed; ) {
    let text = '';
    for (const end = Math.min(until, next + RECORDS_A_WRITE); next < end; next++)
      text += `{"n":${next},"text":"é ${next}"}\n`;
    if (response.write(text) || response.destroyed) continue;
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
  }
  if (until === total) response.end();
  else response.write(Math.random() < 0.5 ? '{"n":' : '\n', () => response.destroy());
}

const server = createServer((request, response) => {
  const { searchParams } = new URL(request.url ?? '/', 'http://host');
  void stream(response, Number(searchParams.get('from')), Number(searchParams.get('cut')));
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
// Whoever started it is gone.
process.on('disconnect', () => process.exit());
