import type { ServerResponse } from 'node:http';
import { Connection, type ConnectionOptions, isConfigurationError, NotFoundError, path, RateLimitError } from 'tideway';
import { expect, test } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { deferred, inTurn, startServer, type TestServer } from '../helpers/server.ts';

const reasons: readonly (readonly [string, unknown])[] = [
  ['an error', new Error('enough')],
  ['text', 'enough'],
  ['no reason at all', undefined],
  ['an error that tideway would repeat', new RateLimitError({ status: 429, method: 'GET', path: '/' })],
  ['an error that tideway makes a result of', new NotFoundError({ status: 404, method: 'GET', path: '/' })],
];

/** Asks with a signal that belongs to the call, and with one that belongs to the connection. */
async function both(
  options: ConnectionOptions,
  check: (connection: Connection, call: { signal?: AbortSignal }, controller: AbortController) => Promise<void>,
): Promise<void> {
  const ofCall = new AbortController();
  await check(new Connection(options), { signal: ofCall.signal }, ofCall);
  const ofConnection = new AbortController();
  await check(new Connection({ ...options, signal: ofConnection.signal }), {}, ofConnection);
}

async function closed(server: TestServer): Promise<void> {
  await expect.poll(() => server.sockets()).toBe(0);
}

/**
 * Aborts calls once the server has done so much of an answer: they must reject with the reason and close their
 * connections. Resolves to how many requests came.
 */
async function abortAfter(
  begin: (response: ServerResponse) => void | Promise<void>,
  reason: unknown,
  options: ConnectionOptions = {},
): Promise<number> {
  let begun = deferred();
  await using server = await startServer(async (response) => {
    await begin(response);
    begun.resolve();
  });
  await both({ endpoint: server.url, ...options }, async (connection, call, controller) => {
    begun = deferred();
    const answer = rejection(connection.json(path`/items`, call));
    await begun.promise;
    controller.abort(reason);
    expect(await answer).toBe(controller.signal.reason);
    await closed(server);
  });
  return server.requests.length;
}

test.each(reasons)('A call that is aborted before it begins, with %s, sends nothing', async (_title, reason) => {
  await using server = await startServer(inTurn(200));
  await both({ endpoint: server.url }, async (connection, call, controller) => {
    controller.abort(reason);
    expect(await rejection(connection.json(path`/items`, call))).toBe(controller.signal.reason);
    expect(await rejection(connection.request(path`/items`, call))).toBe(controller.signal.reason);
  });
  expect(server.requests).toHaveLength(0);
});

test('A call that is aborted before it begins asks no function of the user', async () => {
  const calls: string[] = [];
  const note = (name: string) => (): undefined => {
    calls.push(name);
  };
  const connection = new Connection({ auth: note('auth'), hooks: { beforeRequest: note('hook') } });
  await rejection(connection.json(path`/items`, { signal: AbortSignal.abort() }));
  expect(calls).toEqual([]);
});

test.each(reasons)(
  'A call that is aborted while it waits for headers, with %s, rejects with that',
  async (_title, reason) => {
    expect(await abortAfter(() => {}, reason, { retry: { backoff: 1 } })).toBe(2);
  },
);

test.each(reasons)(
  'A call that is aborted while it waits for another try, with %s, rejects with that',
  async (_title, reason) => {
    await using server = await startServer(inTurn([503, { 'retry-after': '20' }]));
    let waiting = deferred();
    const hooks = { beforeRetry: () => waiting.resolve() };
    await both({ endpoint: server.url, hooks }, async (connection, call, controller) => {
      waiting = deferred();
      const answer = rejection(connection.json(path`/items`, call));
      await waiting.promise;
      // The wait itself begins a few turns after the hook.
      await new Promise((resolve) => setTimeout(resolve, 10));
      controller.abort(reason);
      expect(await answer).toBe(controller.signal.reason);
    });
    expect(server.requests).toHaveLength(2);
  },
);

test.each(reasons)(
  'A call that is aborted in a hook before another try, with %s, rejects with that',
  async (_title, reason) => {
    await using server = await startServer(inTurn(503));
    const controller = new AbortController();
    const hooks = { beforeRetry: () => controller.abort(reason) };
    const connection = new Connection({ endpoint: server.url, hooks, retry: { backoff: 1 } });
    expect(await rejection(connection.json(path`/items`, { signal: controller.signal }))).toBe(
      controller.signal.reason,
    );
    expect(server.requests).toHaveLength(1);
  },
);

test.each(reasons)('A call that is aborted during the body, with %s, rejects with that', async (_title, reason) => {
  await abortAfter((response) => void response.write('"half of'), reason);
});

test('A body that is aborted when all of it is there but its end does not look like its end', async () => {
  await using server = await startServer((response) => {
    response.write('{"some":"json"}');
  });
  await both({ endpoint: server.url }, async (connection, call, controller) => {
    const response = await connection.request(path`/items`, call);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('{"some":"json"}');
    const next = rejection(reader.read());
    controller.abort(new Error('enough'));
    expect(await next).toBe(controller.signal.reason);
    expect(await rejection(reader.read())).toBe(controller.signal.reason);
    await closed(server);
  });
});

test('A stream that is aborted while nobody reads it rejects the next read', async () => {
  await using server = await startServer((response) => {
    response.write('begin');
  });
  await both({ endpoint: server.url }, async (connection, call, controller) => {
    const response = await connection.request(path`/items`, call);
    controller.abort(new Error('enough'));
    expect(await rejection(response.text())).toBe(controller.signal.reason);
    await closed(server);
  });
});

test.each(reasons)(
  'A call that is aborted during the explanation of a refusal, with %s, rejects with that',
  async (_title, reason) => {
    await abortAfter(async (response) => {
      response.writeHead(400);
      response.write('Half of');
      // The headers are on their way to the other end.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }, reason);
  },
);

test('A call that is aborted in a hook, or by `auth`, rejects with the reason and sends nothing', async () => {
  await using server = await startServer(inTurn(200));
  const attempts: ((controller: AbortController) => ConnectionOptions)[] = [
    (controller) => ({ auth: () => void controller.abort(new Error('enough')) as undefined }),
    (controller) => ({ hooks: { beforeRequest: () => void controller.abort(new Error('enough')) as undefined } }),
  ];
  for (const options of attempts) {
    const controller = new AbortController();
    const connection = new Connection({ endpoint: server.url, ...options(controller) });
    expect(await rejection(connection.json(path`/items`, { signal: controller.signal }))).toBe(
      controller.signal.reason,
    );
  }
  expect(server.requests).toHaveLength(0);
});

test('A call that is aborted after its end keeps its answer', async () => {
  await using server = await startServer(inTurn(200));
  await both({ endpoint: server.url }, async (connection, call, controller) => {
    const answer = await connection.json(path`/items`, call);
    const response = await connection.request(path`/items`, call);
    const text = await response.text();
    controller.abort();
    expect(answer).toEqual({ ok: true });
    expect(text).toBe('{"ok":true}');
  });
});

test('A signal of a call ends that call alone', async () => {
  const held = deferred();
  await using server = await startServer(async (response, { url }) => {
    if (url === '/items/1') await held.promise;
    response.end('"answer"');
  });
  const connection = new Connection({ endpoint: server.url });
  const controller = new AbortController();
  const other = connection.json(path`/items/${1}`);
  const aborted = rejection(connection.json(path`/items/${1}`, { signal: controller.signal }));
  controller.abort();
  expect(await aborted).toBe(controller.signal.reason);
  held.resolve();
  expect(await other).toBe('answer');
  expect(await connection.json(path`/items/${2}`)).toBe('answer');
});

test('A stream that is cancelled closes the connection, before it is read and after', async () => {
  await using server = await startServer((response) => {
    response.write('begin');
  });
  const connection = new Connection({ endpoint: server.url });
  const unread = await connection.request(path`/items`);
  await unread.body?.cancel();
  await closed(server);
  const reader = (await connection.request(path`/items`)).body?.getReader();
  expect((await reader?.read())?.done).toBe(false);
  await reader?.cancel(new Error('enough'));
  await closed(server);
  expect(server.requests).toHaveLength(2);
});

test('`AbortSignal.timeout` is a signal as any other', async () => {
  await using server = await startServer(() => {});
  const signal = AbortSignal.timeout(20);
  const error = await rejection(new Connection({ endpoint: server.url }).json(path`/items`, { signal }));
  expect(error).toBe(signal.reason);
  expect(error).toHaveProperty('name', 'TimeoutError');
});

test('`close` ends what is under way and refuses what comes after', async () => {
  const arrived = deferred();
  await using server = await startServer(() => arrived.resolve());
  const connection = new Connection({ endpoint: server.url });
  const answer = rejection(connection.json(path`/items`));
  await arrived.promise;
  connection.close();
  expect(await answer).toSatisfy(isConfigurationError);
  await closed(server);
  expect(await rejection(connection.json(path`/items`))).toSatisfy(isConfigurationError);
  connection.close();
  expect(server.requests).toHaveLength(1);
});
