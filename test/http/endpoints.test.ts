import { Connection, isConfigurationError, path } from 'tideway';
import { expect, test } from 'vitest';
import { prints } from '../helpers/prints.ts';
import { thrown } from '../helpers/rejection.ts';
import { sendJson, startServer } from '../helpers/server.ts';

/** The URL that a connection asks for. */
async function askedUrl(
  options: ConstructorParameters<typeof Connection>[0],
  api?: 'storage' | 'dash',
): Promise<string> {
  let url = '';
  const connection = new Connection({
    ...options,
    fetch: async (request) => {
      url = request.url;
      return new Response('{}');
    },
  });
  await connection.json(path`/items/${'1'}`, { api });
  return url;
}

test('Without options the storage API of Zyte is asked', async () => {
  expect(await askedUrl({})).toBe('https://storage.zyte.com/items/1');
  expect(await askedUrl({}, 'storage')).toBe('https://storage.zyte.com/items/1');
});

test('Without options the dash API of Zyte is asked below /api/', async () => {
  expect(await askedUrl({}, 'dash')).toBe('https://app.zyte.com/api/items/1');
});

test('The two endpoints are set one by one', async () => {
  const options = { endpoint: 'https://storage.example/', dashEndpoint: 'https://dash.example/v1/' };
  expect(await askedUrl(options, 'storage')).toBe('https://storage.example/items/1');
  expect(await askedUrl(options, 'dash')).toBe('https://dash.example/v1/items/1');
});

test.each([
  ['without a slash at the end', 'https://proxy.example/zyte', 'https://proxy.example/zyte/items/1'],
  ['with a slash at the end', 'https://proxy.example/zyte/', 'https://proxy.example/zyte/items/1'],
  ['without a path', 'https://proxy.example', 'https://proxy.example/items/1'],
  ['with a port', 'http://localhost:8002', 'http://localhost:8002/items/1'],
  ['as a URL', new URL('https://proxy.example/zyte'), 'https://proxy.example/zyte/items/1'],
])('An endpoint %s is asked below its own path', async (_title, endpoint, expected) => {
  expect(await askedUrl({ endpoint })).toBe(expected);
  expect(await askedUrl({ dashEndpoint: endpoint }, 'dash')).toBe(expected);
});

test('Both APIs are reached over a socket', async () => {
  await using storage = await startServer((response) => sendJson(response, 'storage'));
  await using dash = await startServer((response) => sendJson(response, 'dash'));
  const connection = new Connection({ endpoint: storage.url, dashEndpoint: `${dash.url}api` });
  expect(await connection.json(path`/count`)).toBe('storage');
  expect(await connection.json(path`/jobs/list.json`, { api: 'dash' })).toBe('dash');
  expect(storage.requests.map(({ url }) => url)).toEqual(['/count']);
  expect(dash.requests.map(({ url }) => url)).toEqual(['/api/jobs/list.json']);
});

test.each(['endpoint', 'dashEndpoint'])('`%s` is refused when it is no address of the web', (name) => {
  for (const value of [
    'not a url',
    '',
    '/items',
    'ftp://storage.example/',
    'file:///etc/passwd',
    'javascript:0',
    5,
    {},
  ]) {
    const error = thrown(() => new Connection({ [name]: value }));
    expect(error, String(value)).toSatisfy(isConfigurationError);
    expect(error).toHaveProperty('message', expect.stringContaining(`\`${name}\``));
  }
});

test.each(['endpoint', 'dashEndpoint'])('`%s` is refused when it carries a query or a fragment', (name) => {
  const queries = ['https://storage.example/?apikey=SECRET', 'https://storage.example?'];
  for (const value of [...queries, 'https://storage.example/#SECRET', 'https://storage.example/#']) {
    const error = thrown(() => new Connection({ [name]: value }));
    expect(error).toSatisfy(isConfigurationError);
    expect(prints(error)).not.toContain('SECRET');
  }
});

test.each(['endpoint', 'dashEndpoint'])(
  'A credential in `%s` is refused before `fetch` sees it, and not shown',
  (name) => {
    let calls = 0;
    const fetch = async (): Promise<Response> => {
      calls++;
      return new Response('{}');
    };
    const values = [
      'https://SECRET@storage.example/',
      'https://SECRET:@storage.example/',
      'https://:SECRET@storage.example/',
      'https://user:SECRET@storage.example/',
      new URL('https://user:SECRET@storage.example/'),
      // Not even a valid address.
      'https://user:SECRET@storage.example:port/',
    ];
    for (const value of values) {
      const error = thrown(() => new Connection({ [name]: value, fetch }));
      expect(error).toSatisfy(isConfigurationError);
      expect(prints(error)).not.toContain('SECRET');
    }
    expect(calls).toBe(0);
  },
);
