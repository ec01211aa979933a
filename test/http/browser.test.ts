import { type Auth, Connection, isConfigurationError, path, ScrapyCloud } from 'tideway';
import { afterEach, expect, test, vi } from 'vitest';
import { prints } from '../helpers/prints.ts';
import { thrown } from '../helpers/rejection.ts';
import { inTurn, startServer } from '../helpers/server.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Globals of the places where a page's code runs. */
const browsers: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['A page', { window: {}, document: {} }],
  ['A worker of a page', { WorkerGlobalScope: class {}, importScripts: () => {} }],
  ['A service worker', { WorkerGlobalScope: class {}, ServiceWorkerGlobalScope: class {}, clients: {} }],
];
/** Those of servers that look like browsers. */
const servers: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['Node', {}],
  ['Deno', { window: {}, Deno: { version: {} } }],
  ['A worker of Deno', { WorkerGlobalScope: class {}, Deno: { version: {} } }],
  ['Bun', { Bun: { version: '1' } }],
  ['Bun with a document of its tests', { Bun: { version: '1' }, document: {} }],
  ['workerd', { WorkerGlobalScope: class {}, ServiceWorkerGlobalScope: class {}, WebSocketPair: class {}, caches: {} }],
];
const credentials: readonly Auth[] = ['SECRETKEY', 'ann:SECRETKEY', ['ann', 'SECRETKEY']];

function enter(globals: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
}

test.each(browsers)('%s refuses a credential of text, and does not show it', (_title, globals) => {
  enter(globals);
  for (const auth of credentials) {
    for (const make of [() => new Connection({ auth }), () => new ScrapyCloud({ auth })]) {
      const error = thrown(make);
      expect(error).toSatisfy(isConfigurationError);
      expect(error).toHaveProperty('message', expect.stringContaining('dangerouslyAllowBrowser'));
      expect(prints(error)).not.toContain('SECRETKEY');
    }
    expect(thrown(() => new Connection({ auth, dangerouslyAllowBrowser: false }))).toSatisfy(isConfigurationError);
  }
});

test.each(browsers)('%s takes a credential of text with `dangerouslyAllowBrowser`', async (_title, globals) => {
  await using server = await startServer(inTurn(200));
  enter(globals);
  const connection = new Connection({ endpoint: server.url, auth: 'SECRETKEY', dangerouslyAllowBrowser: true });
  expect(await connection.json(path`/items`)).toEqual({ ok: true });
  expect(server.requests[0]?.headers.authorization).toBe(`Basic ${btoa('SECRETKEY:')}`);
});

test.each(browsers)('%s takes a function, and no `auth` at all', async (_title, globals) => {
  await using server = await startServer(inTurn(200));
  enter(globals);
  const signed = new Connection({ endpoint: server.url, auth: async () => 'Bearer token-of-a-session' });
  expect(await signed.json(path`/items`)).toEqual({ ok: true });
  expect(await new Connection({ endpoint: server.url }).json(path`/items`)).toEqual({ ok: true });
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-of-a-session', undefined]);
});

test.each(browsers)('%s sends no header that a browser would have to ask for', async (_title, globals) => {
  enter(globals);
  let names: string[] = [];
  const fetch = async ({ headers }: Request): Promise<Response> => {
    names = [...headers.keys()];
    return Response.json(null);
  };
  await new Connection({ fetch, userAgent: 'acme/1.0' }).json(path`/items`);
  expect(names).toEqual(['accept']);
});

test.each(servers)('%s takes a credential of text', async (_title, globals) => {
  await using server = await startServer(inTurn(200));
  enter(globals);
  for (const auth of credentials) await new Connection({ endpoint: server.url, auth }).json(path`/items`);
  expect(server.requests).toHaveLength(credentials.length);
  for (const { headers } of server.requests) expect(headers.authorization).toMatch(/^Basic /);
});

test('What is no credential is refused as such in a browser too', () => {
  enter({ document: {} });
  const error = thrown(() => new Connection({ auth: '', dangerouslyAllowBrowser: true }));
  expect(error).toSatisfy(isConfigurationError);
  expect(error).toHaveProperty('message', expect.stringContaining('API key'));
});
