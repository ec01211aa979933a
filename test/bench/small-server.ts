/** Answers everything with 1 KB that may be kept for an hour, in a process of its own; `/page` is an empty page. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const body = Buffer.alloc(1000, 'x');
const headers = { 'content-type': 'text/plain', 'content-length': body.length, 'cache-control': 'max-age=3600' };

const server = createServer((request, response) => {
  if (request.url === '/page') response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>');
  else response.writeHead(200, headers).end(body);
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
// Whoever started it is gone.
process.on('disconnect', () => process.exit());
