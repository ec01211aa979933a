import { gzipSync } from 'node:zlib';
import { ConfigurationError, Connection, isConnectionError, NotFoundError, path, TimeoutError } from 'tideway';
import { afterEach, expect, test, vi } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { sendJson, startServer } from '../helpers/server.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

test('A `fetch` of the user is asked in place of the platform, with a Request that holds everything', async () => {
  const seen: Request[] = [];
  const connection = new Connection({
    auth: 'KEY',
    fetch: async (request) => {
      seen.push(request);
      return Response.json({ ok: true });
    },
  });
  const answer = await connection.json(path`/jobq/${7}/push`, {
    method: 'POST',
    form: { spider: 'a b' },
    query: { n: 1 },
  });
  expect(answer).toEqual({ ok: true });
  expect(seen).toHaveLength(1);
  const [request] = seen as [Request];
  expect(request).toBeInstanceOf(Request);
  expect(request.url).toBe('https://storage.zyte.com/jobq/7/push?n=1');
  expect(request.method).toBe('POST');
  expect(request.headers.get('authorization')).toBe(`Basic ${btoa('KEY:')}`);
  expect(await request.text()).toBe('spider=a+b');
});

test('The platform is asked as it is at the time of the call', async () => {
  const connection = new Connection();
  vi.stubGlobal('fetch', async () => Response.json('replaced'));
  expect(await connection.json(path`/count`)).toBe('replaced');
});

test('The request that `fetch` is given is aborted with the call', async () => {
  const controller = new AbortController();
  let signal: AbortSignal | undefined;
  const connection = new Connection({
    fetch: (request) => {
      signal = request.signal;
      // Deaf to its signal, as some are.
      return new Promise(() => {});
    },
  });
  const call = connection.json(path`/count`, { signal: controller.signal });
  await vi.waitFor(() => expect(signal).toBeDefined());
  controller.abort(new Error('enough'));
  expect(await rejection(call)).toBe(controller.signal.reason);
  expect(signal?.aborted).toBe(true);
});

test('What `fetch` throws is the cause of a ConnectionError, whether it throws at once or later', async () => {
  const failures: (() => Promise<Response>)[] = [
    () =>
      Promise.reject(
        new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) }),
      ),
    () => {
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) });
    },
  ];
  for (const fetch of failures) {
    const error = await rejection(new Connection({ fetch, retry: false }).json(path`/count`));
    expect(error).toSatisfy(isConnectionError);
    expect(error).toMatchObject({
      message: 'GET /count got no answer',
      cause: { name: 'TypeError', message: 'fetch failed', cause: { message: 'reset', code: 'ECONNRESET' } },
    });
  }
});

test('What `fetch` throws is a cause also when it is no error', async () => {
  for (const failure of ['a text', undefined, 7, { some: 'object' }]) {
    const fetch = (): Promise<Response> => Promise.reject(failure);
    const error = await rejection(new Connection({ fetch, retry: false }).json(path`/count`));
    expect(error).toSatisfy(isConnectionError);
    expect(error).toHaveProperty('cause', expect.any(Error));
  }
});

test('An error of the family that `fetch` throws comes out as it is', async () => {
  for (const failure of [
    new ConfigurationError('Expected a cache'),
    new NotFoundError({ status: 404, method: 'GET', path: '/' }),
    // Of a fetcher whose queue is full: to ask it again would not empty it.
    new TimeoutError('No place in the queue', 'queue', 5),
  ]) {
    let calls = 0;
    const fetch = async (): Promise<Response> => {
      calls++;
      throw failure;
    };
    expect(await rejection(new Connection({ fetch }).json(path`/count`))).toBe(failure);
    expect(calls).toBe(1);
    const body = new ReadableStream({ start: (controller) => controller.error(failure) });
    expect(await rejection(new Connection({ fetch: async () => new Response(body) }).json(path`/count`))).toBe(failure);
  }
});

test('A circle of causes is followed a few steps', async () => {
  const fetch = async (): Promise<Response> => {
    const first = new Error('first');
    first.cause = new Error('second', { cause: first });
    throw first;
  };
  let error = await rejection(new Connection({ fetch, retry: false }).json(path`/count`));
  const messages: string[] = [];
  while (error instanceof Error) {
    messages.push(error.message);
    error = error.cause;
  }
  expect(messages.slice(0, 4)).toEqual(['GET /count got no answer', 'first', 'second', 'first']);
  expect(messages.length).toBeLessThan(20);
});

test('A body that comes compressed is decompressed by the platform', async () => {
  await using server = await startServer((response) => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    response.writeHead(200, headers).end(gzipSync('{"some":"json"}'));
  });
  const connection = new Connection({ endpoint: server.url });
  expect(await connection.json(path`/count`)).toEqual({ some: 'json' });
  const response = await connection.request(path`/count`);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.json()).toEqual({ some: 'json' });
});

test('The answer of `request` has the status, the headers and the body of the server', async () => {
  await using server = await startServer((response) => {
    response.writeHead(201, 'Made', { 'x-some': 'header' }).end('body');
  });
  const response = await new Connection({ endpoint: server.url }).request(path`/count`);
  expect(response.status).toBe(201);
  expect(response.statusText).toBe('Made');
  expect(response.headers.get('x-some')).toBe('header');
  expect(await response.text()).toBe('body');
});

test('The body of `request` is read when it is wanted, and not before', async () => {
  let pulls = 0;
  const body = (): ReadableStream<Uint8Array> =>
    new ReadableStream(
      {
        pull: (controller) => {
          pulls++;
          controller.enqueue(new TextEncoder().encode('chunk'));
        },
      },
      { highWaterMark: 0 },
    );
  const response = await new Connection({ fetch: async () => new Response(body()) }).request(path`/count`);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(pulls).toBe(0);
  const reader = response.body?.getReader();
  await reader?.read();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(pulls).toBe(1);
  await reader?.cancel();
});

test.each([204, 205])('An answer of status %i has no body, and none is waited for', async (status) => {
  await using server = await startServer((response) => {
    response.writeHead(status, { 'x-some': 'header' }).end();
  });
  const connection = new Connection({ endpoint: server.url });
  const response = await connection.request(path`/count`, { method: 'DELETE' });
  expect(response.status).toBe(status);
  expect(response.headers.get('x-some')).toBe('header');
  expect(await response.text()).toBe('');
  expect(await connection.text(path`/count`)).toBe('');
  expect(await connection.json(path`/count`)).toBeUndefined();
});

test('A connection asks many at a time', async () => {
  await using server = await startServer((response, { url }) => sendJson(response, url));
  const connection = new Connection({ endpoint: server.url });
  const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => connection.json(path`/items/${index}`)));
  expect(answers).toEqual(Array.from({ length: 50 }, (_, index) => `/items/${index}`));
});
