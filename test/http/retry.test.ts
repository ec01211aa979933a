import {
  type AttemptContext,
  Connection,
  isApiError,
  isConnectionError,
  isServerError,
  isTimeoutError,
  path,
  type RequestOptions,
} from 'tideway';
import { expect, test } from 'vitest';
import { rejection, thrown } from '../helpers/rejection.ts';
import { type Handler, inTurn, startServer } from '../helpers/server.ts';

const fast = { backoff: 1 };
/** Requests that may be repeated. */
const repeatable: readonly RequestOptions[] = [
  {},
  { method: 'GET' },
  { method: 'DELETE' },
  { method: 'POST', idempotent: true, body: 'some body' },
  { method: 'PUT', idempotent: true, json: { some: 'body' } },
  { method: 'PATCH', idempotent: true, form: { some: 'body' } },
  { method: 'POST', idempotent: true, body: new TextEncoder().encode('some bytes') },
];
/** Requests that may not. */
const single: readonly RequestOptions[] = [
  { method: 'POST' },
  { method: 'POST', body: 'some body' },
  { method: 'PUT', json: {} },
  { method: 'PATCH', form: {} },
  { method: 'POST', idempotent: false },
  { method: 'GET', idempotent: false },
  { method: 'DELETE', idempotent: false },
];
/** Closes the connection without an answer. */
const hangUp: Handler = (response) => {
  response.socket?.destroy();
};

test.each([408, 429, 502, 503, 504])('Status %i is tried again, with the same request', async (status) => {
  for (const options of repeatable) {
    await using server = await startServer(inTurn(status, status, 200));
    const connection = new Connection({ endpoint: server.url, retry: fast });
    expect(await connection.json(path`/items/${1}`, { ...options, query: { a: 1 } })).toEqual({ ok: true });
    expect(server.requests).toHaveLength(3);
    const [first, ...others] = server.requests;
    for (const other of others) {
      expect(other.method).toBe(first?.method);
      expect(other.url).toBe('/items/1?a=1');
      expect(other.body).toBe(first?.body);
      expect(other.headers['content-type']).toBe(first?.headers['content-type']);
    }
  }
});

test('A connection that breaks before the headers is tried again, with the same request', async () => {
  for (const options of repeatable) {
    await using server = await startServer((response, request, count) =>
      (count < 3 ? hangUp : inTurn(200))(response, request, count),
    );
    const connection = new Connection({ endpoint: server.url, retry: fast });
    expect(await connection.json(path`/items`, options)).toEqual({ ok: true });
    const [first] = server.requests;
    expect(server.requests.map(({ body }) => body)).toEqual(Array(3).fill(first?.body));
  }
});

test('A try without headers in time is tried again', async () => {
  await using server = await startServer((response, request, count) =>
    count === 1 ? undefined : inTurn(200)(response, request, count),
  );
  const connection = new Connection({ endpoint: server.url, retry: fast, timeout: 300 });
  expect(await connection.json(path`/items`)).toEqual({ ok: true });
  expect(server.requests).toHaveLength(2);
});

test.each([400, 401, 403, 404, 405, 409, 410, 413, 422, 425, 431, 451, 500, 501, 505, 507, 508, 599])(
  'Status %i is not tried again',
  async (status) => {
    for (const options of repeatable) {
      await using server = await startServer(inTurn(status, 200));
      const error = await rejection(new Connection({ endpoint: server.url, retry: fast }).json(path`/items`, options));
      expect(isApiError(error) && error.status).toBe(status);
      expect(server.requests).toHaveLength(1);
    }
  },
);

test.each([408, 429, 502, 503, 504])(
  'Status %i of a request that may not be repeated is an error at once',
  async (status) => {
    for (const options of single) {
      await using server = await startServer(inTurn(status, 200));
      const error = await rejection(new Connection({ endpoint: server.url, retry: fast }).json(path`/items`, options));
      expect(isApiError(error) && error.status).toBe(status);
      expect(server.requests).toHaveLength(1);
    }
  },
);

test('A request that may not be repeated is sent once when its connection breaks or its headers do not come', async () => {
  for (const options of single) {
    await using server = await startServer((response, request, count) =>
      request.url === '/break' ? hangUp(response, request, count) : undefined,
    );
    const attempts: number[] = [];
    const beforeRequest = ({ attempt }: AttemptContext): undefined => {
      attempts.push(attempt);
    };
    const connection = new Connection({ endpoint: server.url, retry: fast, hooks: { beforeRequest } });
    expect(await rejection(connection.json(path`/silence`, { ...options, timeout: 20 }))).toSatisfy(isTimeoutError);
    expect(await rejection(connection.json(path`/break`, options))).toSatisfy(isConnectionError);
    expect(attempts).toEqual([1, 1]);
  }
});

test('Four tries are made unless others are wanted', async () => {
  await using server = await startServer(inTurn(503));
  const connection = new Connection({ endpoint: server.url, retry: fast });
  expect(await rejection(connection.json(path`/items`))).toSatisfy(isServerError);
  expect(server.requests).toHaveLength(4);
});

test.each([1, 2, 3, 7])('`attempts: %i` is that many tries, the first included', async (attempts) => {
  await using server = await startServer(inTurn(503));
  const ofAll = new Connection({ endpoint: server.url, retry: { ...fast, attempts } });
  await rejection(ofAll.json(path`/items`));
  expect(server.requests).toHaveLength(attempts);
  const ofOne = new Connection({ endpoint: server.url });
  await rejection(ofOne.json(path`/items`, { retry: { ...fast, attempts } }));
  expect(server.requests).toHaveLength(2 * attempts);
});

test('`retry: false` is a single try, of a connection or of a call', async () => {
  await using server = await startServer(inTurn(503));
  await rejection(new Connection({ endpoint: server.url, retry: false }).json(path`/items`));
  expect(server.requests).toHaveLength(1);
  await rejection(new Connection({ endpoint: server.url, retry: fast }).json(path`/items`, { retry: false }));
  expect(server.requests).toHaveLength(2);
  await rejection(new Connection({ endpoint: server.url, retry: false }).json(path`/items`, { retry: fast }));
  expect(server.requests).toHaveLength(6);
});

test('The error of the last try is the one that comes out', async () => {
  await using server = await startServer((response, request, count) => {
    if (count === 1) return hangUp(response, request, count);
    response.writeHead(count === 2 ? 503 : 404).end(`refusal ${count}`);
  });
  const error = await rejection(new Connection({ endpoint: server.url, retry: fast }).json(path`/items`));
  expect(error).toMatchObject({ status: 404, reason: 'refusal 3' });
  expect(server.requests).toHaveLength(3);
});

test('A refused connection is tried again and ends in a ConnectionError', async () => {
  const server = await startServer(inTurn(200));
  await server.close();
  const attempts: number[] = [];
  const connection = new Connection({
    endpoint: server.url,
    retry: { backoff: 1, attempts: 3 },
    hooks: {
      beforeRequest: ({ attempt }) => {
        attempts.push(attempt);
        return undefined;
      },
    },
  });
  const error = await rejection(connection.json(path`/items`));
  expect(error).toSatisfy(isConnectionError);
  expect(attempts).toEqual([1, 2, 3]);
});

test('Nothing is tried again once the headers of a success came', async () => {
  await using server = await startServer((response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('{"some":');
    setImmediate(() => response.socket?.destroy());
  });
  const error = await rejection(new Connection({ endpoint: server.url, retry: fast }).json(path`/items`));
  expect(error).toSatisfy(isConnectionError);
  expect(server.requests).toHaveLength(1);
});

test('Tries of requests side by side are counted one by one', async () => {
  const tries = new Map<string, number>();
  await using server = await startServer((response, { url }) => {
    const count = (tries.get(url) ?? 0) + 1;
    tries.set(url, count);
    response.writeHead(count < 3 ? 503 : 200).end();
  });
  const connection = new Connection({ endpoint: server.url, retry: fast });
  await Promise.all([1, 2, 3, 4].map((index) => connection.json(path`/items/${index}`)));
  expect([...tries.values()]).toEqual([3, 3, 3, 3]);
});

test('An option that is undefined is as good as none', async () => {
  const waits: number[] = [];
  const connection = new Connection({
    fetch: async () => new Response('', { status: 503 }),
    hooks: {
      beforeRetry: ({ delay, attempt }) => {
        waits.push(delay);
        if (attempt === 3) throw new Error('enough');
      },
    },
  });
  const undefinedOptions = { attempts: undefined, maxTime: undefined, maxRetryAfter: undefined, backoff: undefined };
  await rejection(connection.json(path`/items`, { retry: undefinedOptions, timeout: undefined, signal: undefined }));
  expect(waits).toHaveLength(2);
  for (const wait of waits) expect(wait).toBeLessThanOrEqual(1000);
  const patient = { retry: { maxTime: undefined, maxRetryAfter: undefined } };
  const fetch = async (): Promise<Response> => new Response('', { status: 503, headers: { 'retry-after': '59' } });
  let retried = false;
  const beforeRetry = (): void => {
    retried = true;
    throw new Error('enough');
  };
  await rejection(new Connection({ ...patient, fetch, hooks: { beforeRetry } }).json(path`/items`));
  expect(retried).toBe(false);
});

test.each([
  ['attempts', [0, -1, 1.5, Number.NaN, '3', null, Number.POSITIVE_INFINITY]],
  ['maxTime', [0, -1, Number.NaN, '1000', null, 2 ** 31]],
  ['maxRetryAfter', [-1, Number.NaN, '1000', null]],
  ['backoff', [0, -1, Number.NaN, '1000', null]],
])('`retry.%s` is refused when it cannot be', async (name, values) => {
  const connection = new Connection({ fetch: async () => new Response('{}') });
  for (const value of values) {
    const options = { retry: { [name]: value } };
    const expected = { code: 'ERR_CONFIGURATION', message: expect.stringContaining(`\`retry.${name}\``) };
    expect(
      thrown(() => new Connection(options)),
      String(value),
    ).toMatchObject(expected);
    expect(await rejection(connection.json(path`/items`, options)), String(value)).toMatchObject(expected);
  }
});
