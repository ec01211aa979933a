import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request as the server got it. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query, as they came over the wire. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers a request. `count` is its number, from 1. */
export type Handler = (response: ServerResponse, request: SeenRequest, count: number) => void | Promise<void>;

/** An HTTP server on a port of its own. */
export interface TestServer extends AsyncDisposable {
  /** Its address, with a slash at the end. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** How many connections are open as of now. */
  sockets(): Promise<number>;
  /** Ends it, and every connection with it. */
  close(): Promise<void>;
}

/** Starts a server that answers with `handler`. What the handler throws is answered with status 599. */
export async function startServer(handler: Handler): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = message;
    try {
      const request = { method, url, headers, body: await text(message) };
      await handler(response, request, requests.push(request));
    } catch (error) {
      if (!response.headersSent) response.writeHead(599);
      response.end(String(error));
    }
  };
  const server = createServer((message, response) => void answer(message, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    sockets: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, connections) => (error ? reject(error) : resolve(connections))),
      ),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** One answer a request, in this order: a status alone, or with headers. The last one stays. Success is `{"ok":true}`. */
export function inTurn(...answers: readonly (number | readonly [number, Readonly<Record<string, string>>])[]): Handler {
  return (response, _request, count) => {
    const answer = answers[Math.min(count, answers.length) - 1] ?? 200;
    const [status, headers] = typeof answer === 'number' ? [answer, {}] : answer;
    response.writeHead(status, headers).end(status === 200 ? '{"ok":true}' : '');
  };
}

/** A promise that is settled from outside. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

/** Lets one end of a connection wait for the other. */
export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
