import { getEventListeners } from 'node:events';
import { Connection, type ConnectionOptions, Items, path, type RequestOptions } from 'tideway';
import { expect, test, vi } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { startServer } from '../helpers/server.ts';

/** Answers by the path, without a network. */
async function fetch({ url }: Request): Promise<Response> {
  switch (new URL(url).pathname.split('/')[1]) {
    case 'missing':
      return new Response('Not Found', { status: 404 });
    case 'busy':
      return new Response('', { status: 503 });
    case 'empty':
      return new Response(null, { status: 204 });
    case 'redirect':
      return new Response(null, { status: 302, headers: { location: 'https://elsewhere.example/' } });
    case 'down':
      throw new TypeError('fetch failed');
    case 'html':
      return new Response('<html>');
    case 'never':
      return new Promise(() => {});
    default:
      return Response.json({ some: 'answer' });
  }
}

type Call = (connection: Connection, options: RequestOptions) => Promise<unknown>;

/** Every way that a call may end. */
const calls: readonly (readonly [string, Call])[] = [
  ['an answer of JSON', (connection, call) => connection.json(path`/items`, call)],
  ['an answer of text', (connection, call) => connection.text(path`/items`, call)],
  ['a stream read to its end', async (connection, call) => (await connection.request(path`/items`, call)).text()],
  [
    'a stream that is cancelled',
    async (connection, call) => (await connection.request(path`/items`, call)).body?.cancel(),
  ],
  ['an answer without a body', (connection, call) => connection.request(path`/empty`, call)],
  ['no JSON', (connection, call) => rejection(connection.json(path`/html`, call))],
  ['a refusal', (connection, call) => rejection(connection.json(path`/missing`, call))],
  ['a refusal after some tries', (connection, call) => rejection(connection.json(path`/busy`, call))],
  ['a redirect', (connection, call) => rejection(connection.json(path`/redirect`, call))],
  ['no network', (connection, call) => rejection(connection.json(path`/down`, call))],
  ['no headers in time', (connection, call) => rejection(connection.json(path`/never`, { ...call, timeout: 1 }))],
  ['a deadline', (connection, call) => rejection(connection.json(path`/never`, { ...call, deadline: 1 }))],
  ['a wrong option', (connection, call) => rejection(connection.json(path`/items`, { ...call, timeout: -1 }))],
  [
    'a wrong header',
    (connection, call) => rejection(connection.json(path`/items`, { ...call, headers: { 'a b': '' } })),
  ],
  [
    'records that are read',
    (connection, call) => new Items(connection, '1/2/3').iter({ signal: call.signal }).toArray(),
  ],
  ['records that are left', (connection, call) => new Items(connection, '1/2/3').iter({ signal: call.signal }).first()],
];

test.each(calls)('A signal that lives long keeps no listener of a call that ends with %s', async (_title, run) => {
  const ofCall = new AbortController();
  const ofConnection = new AbortController();
  const options: ConnectionOptions = { fetch, signal: ofConnection.signal, retry: { attempts: 2, backoff: 1 } };
  const connection = new Connection(options);
  for (let count = 0; count < 25; count++) await run(connection, { signal: ofCall.signal });
  await new Promise((resolve) => setImmediate(resolve));
  expect(getEventListeners(ofCall.signal, 'abort')).toHaveLength(0);
  expect(getEventListeners(ofConnection.signal, 'abort')).toHaveLength(0);
});

test('A signal that lives long keeps no listener of thousands of calls', async () => {
  const { signal } = new AbortController();
  const connection = new Connection({ fetch, signal });
  for (let count = 0; count < 50; count++) {
    await Promise.all(Array.from({ length: 50 }, () => connection.json(path`/items`, { signal })));
  }
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('A long body gathers no listeners', async () => {
  let listeners = 0;
  let most = 0;
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  vi.spyOn(EventTarget.prototype, 'addEventListener').mockImplementation(function (this: EventTarget, ...values) {
    most = Math.max(most, ++listeners);
    return addEventListener.apply(this, values);
  });
  vi.spyOn(EventTarget.prototype, 'removeEventListener').mockImplementation(function (this: EventTarget, ...values) {
    listeners--;
    return removeEventListener.apply(this, values);
  });
  let chunks = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (++chunks <= 2000) controller.enqueue(new Uint8Array(1).fill(32));
      else controller.close();
    },
  });
  const { signal } = new AbortController();
  await new Connection({ fetch: async () => new Response(body) }).text(path`/items`, { signal });
  vi.restoreAllMocks();
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(50);
});

test('A call under way does listen, so that the counts above mean something', async () => {
  const { signal } = new AbortController();
  const connection = new Connection({ fetch });
  const call = rejection(connection.json(path`/never`, { signal, timeout: 20, retry: false }));
  await new Promise((resolve) => setImmediate(resolve));
  expect(getEventListeners(signal, 'abort').length).toBeGreaterThan(0);
  await call;
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('A call over a socket keeps no listener either', async () => {
  await using server = await startServer((response, { url }) => {
    response.writeHead(url === '/missing' ? 404 : 200).end('{}');
  });
  const { signal } = new AbortController();
  const connection = new Connection({ endpoint: server.url });
  for (let count = 0; count < 20; count++) {
    await connection.json(path`/items`, { signal });
    await rejection(connection.json(path`/missing`, { signal }));
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});
