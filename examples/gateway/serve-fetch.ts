// A `fetch` handler on a socket of Node's, whose own server speaks of messages instead of requests.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeStream } from 'node:stream/web';

/** A server that runs. */
export interface FetchServer {
  /** Such as `http://127.0.0.1:8787`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves a handler. Port 0 is a free one. */
export async function serveFetch(
  handler: (request: Request) => Promise<Response>,
  port: number,
  host = '127.0.0.1',
): Promise<FetchServer> {
  let url = '';
  const server = createServer((message, reply) => void answer(handler, url, message, reply));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  url = `http://${host}:${(server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url, close };
}

async function answer(
  handler: (request: Request) => Promise<Response>,
  origin: string,
  message: IncomingMessage,
  reply: ServerResponse,
): Promise<void> {
  const leaving = new AbortController();
  reply.on('close', () => leaving.abort());
  message.on('error', () => {});
  try {
    const response = await handler(requestOf(message, origin, leaving.signal));
    // One value a header, but for cookies.
    const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== 'set-cookie'));
    const cookies = response.headers.getSetCookie();
    reply.writeHead(response.status, cookies.length > 0 ? { ...headers, 'set-cookie': cookies } : headers);
    if (response.body) {
      reply.flushHeaders();
      await pipeline(Readable.fromWeb(response.body as NodeStream), reply);
    } else {
      reply.end();
    }
    // What the handler did not read is read by nobody: the client may send all of it before it listens.
    message.resume();
  } catch {
    // The client left, or the body broke: in both cases nothing more can be said.
    reply.destroy();
  }
}

function requestOf(message: IncomingMessage, origin: string, signal: AbortSignal): Request {
  const { headers: fields, method = 'GET', url: target = '/' } = message;
  // Joined as text: resolved against a base, `//x` would name a host.
  const url = target.startsWith('/') ? `${origin}${target}` : target;
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const hasBody = Number(fields['content-length'] ?? 0) > 0 || fields['transfer-encoding'] !== undefined;
  const isBodiless = method === 'GET' || method === 'HEAD' || !hasBody;
  const body = isBodiless ? null : streamOf(message);
  const init: RequestInit & { readonly duplex: 'half' } = { method, headers, body, signal, duplex: 'half' };
  return new Request(url, init);
}

/** The body of a message, of which at most so much waits as Node keeps by itself: by default it would count pieces. */
function streamOf(message: IncomingMessage): ReadableStream<Uint8Array<ArrayBuffer>> {
  const strategy = new ByteLengthQueuingStrategy({ highWaterMark: message.readableHighWaterMark });
  return Readable.toWeb(message, { strategy }) as ReadableStream<Uint8Array<ArrayBuffer>>;
}
