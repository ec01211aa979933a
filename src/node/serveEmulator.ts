import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEmulator, type Emulator, type EmulatorOptions } from '../emulator/index.ts';
import { ConfigurationError } from '../errors/index.ts';
import { bodyOf, type MessageBody } from './message-body.ts';

/** The options of {@link serveEmulator}: where it listens, and those of `createEmulator`. */
export interface EmulatorServerOptions extends EmulatorOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default `127.0.0.1`: this machine only. */
  readonly host?: string;
  /** An emulator that exists; it outlives the server. Default: a new one of the other options. */
  readonly emulator?: Emulator;
}

/** An emulator on a socket. */
export interface EmulatorServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:49152`, without a slash at the end. */
  readonly url: string;
  /** The base of the storage API: the `endpoint` of a client. */
  readonly endpoint: string;
  /** The base of the dash API: the `dashEndpoint` of a client. */
  readonly dashEndpoint: string;
  readonly emulator: Emulator;
  /** Ends open connections and frees the port. */
  close(): Promise<void>;
}

const withoutBody: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

function toRequest(
  message: IncomingMessage,
  origin: string,
  signal: AbortSignal,
  given: MessageBody | undefined,
): Request {
  const method = message.method ?? 'GET';
  const target = message.url ?? '/';
  // Joined as text: resolved against a base, `//x` would name a host. The absolute form is that of proxies.
  const url = /^https?:\/\//i.test(target) ? new URL(target) : new URL(origin + target);
  const headers = new Headers();
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    headers.append(message.rawHeaders[index] ?? '', message.rawHeaders[index + 1] ?? '');
  }
  if (given === undefined) return new Request(url, { method, headers, signal });
  const init: RequestInit & { readonly duplex: 'half' } = {
    method,
    headers,
    body: given.stream,
    signal,
    duplex: 'half',
  };
  return new Request(url, init);
}

async function send(response: Response, reply: ServerResponse, signal: AbortSignal): Promise<void> {
  reply.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) {
    reply.end();
    return;
  }
  // The headers go out before the first record does: a paced or stalled body may take its time.
  if (!response.headers.has('content-length')) reply.flushHeaders();
  for await (const chunk of response.body) {
    if (signal.aborted) return;
    if (!reply.write(chunk)) await once(reply, 'drain', { signal });
  }
  reply.end();
}

// What was written leaves the process before the connection breaks, so that the client can read up to the break.
function breakOff(reply: ServerResponse): void {
  const { socket } = reply;
  if (socket === null || socket.destroyed) return;
  if (socket.writableLength === 0) socket.destroy();
  else socket.write('', () => socket.destroy());
}

async function answer(
  emulator: Emulator,
  message: IncomingMessage,
  reply: ServerResponse,
  origin: string,
): Promise<void> {
  const leaving = new AbortController();
  reply.on('close', () => leaving.abort());
  const body = withoutBody.has(message.method ?? 'GET') ? undefined : bodyOf(message);
  let request: Request;
  try {
    request = toRequest(message, origin, leaving.signal, body);
  } catch {
    body?.drain();
    reply.writeHead(400, { 'content-type': 'text/plain; charset=UTF-8' }).end('Bad Request\n');
    return;
  }
  try {
    const response = await emulator.handle(request);
    // A refusal may leave it unread, and that of a GET is never asked for.
    if (body === undefined) message.resume();
    else body.drain();
    await send(response, reply, leaving.signal);
  } catch {
    // A fault, a client that left, or a server that closes: in each case nothing more can be said.
    breakOff(reply);
  }
}

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('The server listens on no port'));
      else resolve(address);
    });
  });
}

/**
 * Puts an emulator on a real socket of this machine. Throws a `ConfigurationError` where the options cannot work, and
 * what the platform throws where the port cannot be had.
 */
export async function serveEmulator(options: EmulatorServerOptions = {}): Promise<EmulatorServer> {
  const { port = 0, host = '127.0.0.1', emulator: given, ...emulatorOptions } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new ConfigurationError(
      `Expected \`port\` to be an integer from 0 to 65535, got \`${port}\` (${typeof port})`,
    );
  }
  if (given !== undefined && Object.keys(emulatorOptions).length > 0) {
    throw new ConfigurationError('Expected `emulator` without options of an emulator, as it exists already');
  }
  const emulator = given ?? createEmulator(emulatorOptions);
  let origin = '';
  const server = createServer((message, reply) => void answer(emulator, message, reply, origin));
  const address = await listen(server, port, host);
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  origin = `http://${name}:${address.port}`;
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    if (given === undefined) await emulator.close();
    server.closeAllConnections();
    await closed;
  };
  return {
    url: origin,
    endpoint: `${origin}/`,
    dashEndpoint: `${origin}/api/`,
    emulator,
    close,
    [Symbol.asyncDispose]: close,
  };
}
