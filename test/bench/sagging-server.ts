/**
 * `GET /steady/…` answers after 20 ms. `GET /sags/…` does so for 10 requests at once, and takes the longer the more of
 * them there are, as a server that thrashes does. The path `/down/…` takes 200 ms to answer with 503.
 */
import { createServer } from 'node:http';
import { serveParent } from './serve-parent.ts';

/** How long an answer takes, in milliseconds. */
const TIME = 20;
/** How many requests at once the server bears. */
const BEARS = 10;
/** How long it takes to say that it is down, in milliseconds. */
const DOWN = 200;
/** No answer takes longer, in milliseconds. */
const LONGEST = 3_000;

let sagging = 0;

const server = createServer(({ url = '/' }, response) => {
  const end = (status: number, time: number, done: () => void = () => {}): void => {
    setTimeout(() => {
      done();
      response.writeHead(status, { 'content-type': 'text/plain' }).end('x');
    }, time);
  };
  if (url.startsWith('/down/')) return end(503, DOWN);
  if (!url.startsWith('/sags/')) return end(200, TIME);
  sagging++;
  end(200, Math.min(LONGEST, TIME * Math.max(1, sagging / BEARS) ** 2), () => {
    sagging--;
  });
});
serveParent(server);
