/**
 * Answers everything with 1 KB that may be kept for an hour, in a process of its own: `/late/…` after 20 ms. `/page` is an
 * empty page.
 */
import { createServer } from 'node:http';
import { serveParent } from './serve-parent.ts';

const body = Buffer.alloc(1000, 'x');
const headers = { 'content-type': 'text/plain', 'content-length': body.length, 'cache-control': 'max-age=3600' };

/** How long an answer takes that comes late, in milliseconds. */
const LATENCY = 20;

const server = createServer(({ url = '/' }, response) => {
  const answer = (): void => void response.writeHead(200, headers).end(body);
  if (url === '/page') response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>');
  else if (url.startsWith('/late/')) setTimeout(answer, LATENCY);
  else answer();
});
serveParent(server);
