import {
  type AttemptContext,
  Connection,
  ConnectionError,
  type Hooks,
  isRateLimitError,
  isServerError,
  path,
} from 'tideway';
import { expect, test } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { inTurn, sendJson, startServer } from '../helpers/server.ts';

test('Hooks are called around every try, in order', async () => {
  await using server = await startServer(inTurn(503, 429, 200));
  const events: string[] = [];
  const connection = new Connection({
    endpoint: server.url,
    retry: { backoff: 1 },
    hooks: {
      beforeRequest: ({ attempt }) => {
        events.push(`before ${attempt}`);
        return undefined;
      },
      afterResponse: ({ attempt, response }) => {
        events.push(`after ${attempt}: ${response.status}`);
      },
      beforeRetry: ({ attempt }) => {
        events.push(`retry ${attempt}`);
      },
    },
  });
  await connection.json(path`/count`);
  expect(events).toEqual([
    ...['before 1', 'after 1: 503', 'retry 2'],
    ...['before 2', 'after 2: 429', 'retry 3'],
    ...['before 3', 'after 3: 200'],
  ]);
});

test('Hooks may be asynchronous, and each is waited for', async () => {
  const events: string[] = [];
  const later = async (event: string): Promise<undefined> => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    events.push(event);
  };
  await using server = await startServer((response, request, count) => {
    events.push('server');
    return inTurn(503, 200)(response, request, count);
  });
  const hooks: Hooks = {
    beforeRequest: () => later('before'),
    afterResponse: () => later('after'),
    beforeRetry: () => later('retry'),
  };
  await new Connection({ endpoint: server.url, hooks, retry: { backoff: 1 } }).json(path`/count`);
  expect(events).toEqual(['before', 'server', 'after', 'retry', 'before', 'server', 'after']);
});

test('All hooks of a request are given one id, and those of another request another', async () => {
  await using server = await startServer(inTurn(503, 200));
  const ids: string[] = [];
  const note = ({ requestId }: { readonly requestId: string }): undefined => {
    ids.push(requestId);
  };
  const hooks: Hooks = { beforeRequest: note, afterResponse: note, beforeRetry: note };
  const connection = new Connection({ endpoint: server.url, hooks, retry: { backoff: 1 } });
  await connection.json(path`/count`);
  expect(ids).toHaveLength(5);
  expect(new Set(ids).size).toBe(1);
  await connection.json(path`/count`);
  expect(new Set(ids).size).toBe(2);
  expect(ids[0]).toMatch(/^\S{4,}$/);
});

test('`beforeRetry` is given the error, the try to come and the wait', async () => {
  await using server = await startServer(inTurn([429, { 'retry-after': '0.003' }], 502, 200));
  const seen: Parameters<NonNullable<Hooks['beforeRetry']>>[0][] = [];
  const hooks: Hooks = {
    beforeRetry: (context) => {
      seen.push(context);
    },
  };
  await new Connection({ endpoint: server.url, hooks, retry: { backoff: 2 } }).json(path`/count`);
  expect(seen.map(({ attempt }) => attempt)).toEqual([2, 3]);
  expect(seen[0]?.error).toSatisfy(isRateLimitError);
  expect(seen[0]?.delay).toBe(3);
  expect(seen[1]?.error).toSatisfy(isServerError);
  expect(seen[1]?.delay).toBeGreaterThanOrEqual(0);
  expect(seen[1]?.delay).toBeLessThanOrEqual(4);
});

test('`beforeRetry` is not called when there is no other try', async () => {
  await using server = await startServer(inTurn(503));
  let calls = 0;
  const hooks: Hooks = {
    beforeRetry: () => {
      calls++;
    },
  };
  const connection = new Connection({ endpoint: server.url, hooks, retry: { attempts: 2, backoff: 1 } });
  await rejection(connection.json(path`/count`));
  expect(calls).toBe(1);
  await rejection(connection.json(path`/count`, { method: 'POST' }));
  await rejection(connection.json(path`/count`, { retry: false }));
  expect(calls).toBe(1);
});

test('`beforeRetry` is not called for what a hook threw, nor for the reason of an abort', async () => {
  const failure = new ConnectionError('from a hook');
  const controller = new AbortController();
  const fail = (): never => {
    throw failure;
  };
  const abort = (): undefined => {
    controller.abort(failure);
  };
  for (const hooks of [{ beforeRequest: fail }, { afterResponse: fail }, { beforeRequest: abort }]) {
    let calls = 0;
    const beforeRetry = (): void => {
      calls++;
    };
    const fetch = async (): Promise<Response> => Response.json(null);
    const connection = new Connection({ fetch, hooks: { ...hooks, beforeRetry }, retry: { backoff: 1 } });
    expect(await rejection(connection.json(path`/count`, { signal: controller.signal }))).toBe(failure);
    expect(calls).toBe(0);
  }
});

test('`beforeRequest` sees the request as it is signed', async () => {
  await using server = await startServer(inTurn(200));
  const seen: AttemptContext[] = [];
  const hooks: Hooks = {
    beforeRequest: (context) => {
      seen.push(context);
      return undefined;
    },
  };
  const connection = new Connection({ endpoint: server.url, auth: () => 'Bearer token', hooks });
  await connection.json(path`/items/${1}`, { method: 'PUT', query: { a: 1 }, json: { some: 'body' } });
  expect(seen[0]?.request.url).toBe(`${server.url}items/1?a=1`);
  expect(seen[0]?.request.method).toBe('PUT');
  expect(seen[0]?.request.headers.get('authorization')).toBe('Bearer token');
});

test('The request that `beforeRequest` returns is sent in place of the other', async () => {
  await using server = await startServer((response, { url, headers }) => {
    sendJson(response, { url, some: headers['x-some'], authorization: headers.authorization });
  });
  const connection = new Connection({
    endpoint: server.url,
    auth: () => 'Bearer token',
    hooks: {
      beforeRequest: async ({ request }) => {
        const replaced = new Request(`${request.url}?replaced=1`, request);
        replaced.headers.set('x-some', 'header');
        return replaced;
      },
    },
  });
  expect(await connection.json(path`/count`)).toEqual({
    url: '/count?replaced=1',
    some: 'header',
    authorization: 'Bearer token',
  });
});

test('A request that replaces another keeps its body over all tries', async () => {
  await using server = await startServer(inTurn(503, 503, 200));
  const connection = new Connection({
    endpoint: server.url,
    retry: { backoff: 1 },
    hooks: { beforeRequest: ({ request, attempt }) => new Request(request, { headers: { 'x-try': String(attempt) } }) },
  });
  await connection.json(path`/items`, { method: 'POST', body: 'the whole body', idempotent: true });
  expect(server.requests.map(({ body }) => body)).toEqual(Array(3).fill('the whole body'));
  expect(server.requests.map(({ headers }) => headers['x-try'])).toEqual(['1', '2', '3']);
});

test('A request that replaces another ends with the call as well', async () => {
  const controller = new AbortController();
  const signals: AbortSignal[] = [];
  const connection = new Connection({
    hooks: { beforeRequest: ({ request }) => new Request(request.url) },
    fetch: (request) => {
      signals.push(request.signal);
      controller.abort();
      return new Promise(() => {});
    },
  });
  expect(await rejection(connection.json(path`/count`, { signal: controller.signal }))).toBe(controller.signal.reason);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});

test('`afterResponse` may read a clone of the body, and the caller still gets all of it', async () => {
  await using server = await startServer((response) => sendJson(response, { some: 'answer' }));
  const texts: string[] = [];
  const hooks: Hooks = {
    afterResponse: async ({ response }) => {
      texts.push(await response.clone().text());
    },
  };
  const connection = new Connection({ endpoint: server.url, hooks });
  expect(await connection.json(path`/count`)).toEqual({ some: 'answer' });
  expect(texts).toEqual(['{"some":"answer"}']);
});

test('`afterResponse` is called for a refusal too', async () => {
  await using server = await startServer(inTurn(404));
  const statuses: number[] = [];
  const hooks: Hooks = {
    afterResponse: ({ response }) => {
      statuses.push(response.status);
    },
  };
  await rejection(new Connection({ endpoint: server.url, hooks }).json(path`/count`));
  expect(statuses).toEqual([404]);
});

const failures: readonly (readonly [string, unknown])[] = [
  ['an error', new Error('from a hook')],
  ['the error of a failed fetch', new TypeError('fetch failed')],
  ['an error that tideway would repeat', new ConnectionError('from a hook')],
  ['text', 'some text'],
];

test.each(failures)(
  'When `beforeRequest` throws %s, the caller gets just that, and nothing is sent',
  async (_title, failure) => {
    await using server = await startServer(inTurn(200));
    let calls = 0;
    const beforeRequest = (): undefined => {
      calls++;
      throw failure;
    };
    const connection = new Connection({ endpoint: server.url, hooks: { beforeRequest }, retry: { backoff: 1 } });
    expect(await rejection(connection.json(path`/count`))).toBe(failure);
    expect(await rejection(connection.json(path`/count`, { retry: false }))).toBe(failure);
    expect(calls).toBe(2);
    expect(server.requests).toHaveLength(0);
  },
);

test.each(failures)(
  'When `afterResponse` throws %s, the caller gets just that, and nothing is repeated',
  async (_title, failure) => {
    await using server = await startServer(inTurn(200, 503));
    const afterResponse = async (): Promise<void> => {
      throw failure;
    };
    const connection = new Connection({ endpoint: server.url, hooks: { afterResponse }, retry: { backoff: 1 } });
    expect(await rejection(connection.json(path`/count`))).toBe(failure);
    expect(await rejection(connection.json(path`/count`))).toBe(failure);
    expect(await rejection(connection.json(path`/count`, { retry: false }))).toBe(failure);
    expect(server.requests).toHaveLength(3);
  },
);

test.each(failures)(
  'When `beforeRetry` throws %s, the caller gets just that, and nothing is repeated',
  async (_title, failure) => {
    await using server = await startServer(inTurn(503));
    const beforeRetry = (): void => {
      throw failure;
    };
    const connection = new Connection({ endpoint: server.url, hooks: { beforeRetry }, retry: { backoff: 1 } });
    expect(await rejection(connection.json(path`/count`))).toBe(failure);
    expect(server.requests).toHaveLength(1);
  },
);
