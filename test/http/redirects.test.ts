import { Connection, type ConnectionOptions, isRedirectError, path } from 'tideway';
import { expect, test } from 'vitest';
import { prints } from '../helpers/prints.ts';
import { rejection } from '../helpers/rejection.ts';
import { inTurn, startServer } from '../helpers/server.ts';

const hooks: readonly (readonly [string, ConnectionOptions['hooks']])[] = [
  ['no hook', undefined],
  [
    'a hook that makes a request of its own',
    { beforeRequest: ({ request }) => new Request(request.url, { headers: request.headers }) },
  ],
  [
    'a hook that wants redirects to be followed',
    { beforeRequest: ({ request }) => new Request(request, { redirect: 'follow' }) },
  ],
];

test.each([301, 302, 303, 307, 308].flatMap((status) => hooks.map(([title, hook]) => [status, title, hook] as const)))(
  'A redirect of status %i is an error and its target never sees a request, with %s',
  async (status, _title, hook) => {
    await using target = await startServer(inTurn(200));
    await using server = await startServer(inTurn([status, { location: `${target.url}elsewhere?apikey=SECRETKEY` }]));
    const connection = new Connection({ endpoint: server.url, auth: 'SECRETKEY', hooks: hook, retry: { backoff: 1 } });
    for (const method of ['GET', 'POST'] as const) {
      const error = await rejection(connection.json(path`/items/${1}`, { method }));
      expect(error).toSatisfy(isRedirectError);
      expect(error).toMatchObject({ code: 'ERR_REDIRECT', target: target.url.slice(0, -1) });
      expect(error).toHaveProperty('message', expect.stringContaining(`${method} /items/1`));
      expect(prints(error)).not.toMatch(/SECRETKEY|apikey|elsewhere/);
    }
    expect(target.requests).toHaveLength(0);
    // It is not tried again either.
    expect(server.requests).toHaveLength(2);
  },
);

test('A redirect to the same server is an error too', async () => {
  await using server = await startServer(inTurn([302, { location: '/login?next=SECRET' }], 200));
  const error = await rejection(new Connection({ endpoint: server.url, auth: 'KEY' }).json(path`/items`));
  expect(error).toSatisfy(isRedirectError);
  expect(prints(error)).not.toContain('SECRET');
  expect(server.requests).toHaveLength(1);
});

test.each(['https://user:SECRET@elsewhere.example/x', 'SECRET://x', 'https://[SECRET', '//elsewhere.example/SECRET'])(
  'The target %s is not shown beyond its origin',
  async (location) => {
    await using server = await startServer(inTurn([302, { location }]));
    const error = await rejection(new Connection({ endpoint: server.url }).json(path`/items`));
    expect(error).toSatisfy(isRedirectError);
    expect(prints(error)).not.toContain('SECRET');
  },
);

test('A redirect that a browser hides is an error as well', async () => {
  const hidden = Object.defineProperties(new Response(), {
    type: { value: 'opaqueredirect' },
    status: { value: 0 },
    ok: { value: false },
  });
  const error = await rejection(new Connection({ fetch: async () => hidden }).json(path`/items`));
  expect(error).toSatisfy(isRedirectError);
  expect(error).toHaveProperty('target', undefined);
});

test('The request that `fetch` gets asks for no redirect to be followed', async () => {
  const modes: string[] = [];
  const connection = new Connection({
    fetch: async ({ redirect }) => {
      modes.push(redirect);
      return Response.json(null);
    },
  });
  await connection.json(path`/items`);
  expect(modes).toEqual(['manual']);
});

test('The connection of a redirect is free again', async () => {
  await using server = await startServer((response) => {
    response.writeHead(302, { location: 'https://elsewhere.example/' });
    response.write('a body that goes on');
  });
  expect(await rejection(new Connection({ endpoint: server.url }).json(path`/items`))).toSatisfy(isRedirectError);
  await expect.poll(() => server.sockets()).toBe(0);
});

test('A status of 3xx without a target is a refusal', async () => {
  await using server = await startServer(inTurn(304));
  expect(await rejection(new Connection({ endpoint: server.url }).json(path`/items`))).toMatchObject({
    code: 'ERR_API',
    status: 304,
  });
});
