import fc from 'fast-check';
import { type ApiError, Connection, isApiError, path } from 'tideway';
import { expect, test } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { deferred, inTurn, startServer } from '../helpers/server.ts';

const KEY = '0123456789abcdef0123456789abcdef';

/** The error that an answer leads to. */
async function errorOf(body: string | Buffer, status = 400, auth = KEY): Promise<ApiError> {
  await using server = await startServer((response) => {
    response.writeHead(status).end(body);
  });
  const error = await rejection(new Connection({ endpoint: server.url, auth, retry: false }).json(path`/items/${1}`));
  if (!isApiError(error)) throw error;
  return error;
}

test.each([
  [400, 'BadRequestError'],
  [401, 'UnauthorizedError'],
  [402, 'ApiError'],
  [403, 'ForbiddenError'],
  [404, 'NotFoundError'],
  [405, 'ApiError'],
  [408, 'ApiError'],
  [409, 'ApiError'],
  [410, 'ApiError'],
  [413, 'ValueTooLargeError'],
  [418, 'ApiError'],
  [429, 'RateLimitError'],
  [500, 'ServerError'],
  [501, 'ServerError'],
  [502, 'ServerError'],
  [503, 'ServerError'],
  [504, 'ServerError'],
  [599, 'ServerError'],
])('Status %i is a %s', async (status, name) => {
  const error = await errorOf('', status);
  expect(error.name).toBe(name);
  expect(error.status).toBe(status);
});

test('An error tells of the request: status, code, method, path and id', async () => {
  await using server = await startServer((response) => {
    response.writeHead(404, { 'x-request-id': 'of the server' }).end('Not Found\n');
  });
  const connection = new Connection({ endpoint: `${server.url}base/`, dashEndpoint: `${server.url}api/` });
  const options = { method: 'DELETE', query: { filter: 'SECRET' } } as const;
  const error = await rejection(connection.json(path`/items/${'a b'}`, options));
  expect(error).toMatchObject({
    status: 404,
    code: 'ERR_NOT_FOUND',
    method: 'DELETE',
    path: '/base/items/a%20b',
    reason: 'Not Found',
    body: 'Not Found\n',
    retryAfter: undefined,
    message: 'DELETE /base/items/a%20b answered 404: Not Found',
    requestId: expect.stringMatching(/^[0-9a-f]+$/),
  });
  expect(await rejection(connection.json(path`/jobs/list.json`, { api: 'dash' }))).toHaveProperty(
    'path',
    '/api/jobs/list.json',
  );
});

test('The id is the same over all tries, in hooks, and another for another request', async () => {
  await using server = await startServer(inTurn(503));
  const ids = new Set<string>();
  const connection = new Connection({
    endpoint: server.url,
    retry: { attempts: 3, backoff: 1 },
    hooks: {
      beforeRequest: ({ requestId }) => {
        ids.add(requestId);
        return undefined;
      },
      beforeRetry: ({ error, requestId }) => {
        ids.add(requestId);
        ids.add(isApiError(error) ? (error.requestId ?? 'none') : 'no error');
      },
    },
  });
  const first = (await rejection(connection.json(path`/items`))) as ApiError;
  expect(ids).toEqual(new Set([first.requestId]));
  const second = (await rejection(connection.json(path`/items`))) as ApiError;
  expect(second.requestId).not.toBe(first.requestId);
});

test.each([
  ['its `message`', '{"status":"error","message":"Project is unknown"}', 'Project is unknown'],
  ['its `error`', '{"error":"Project is unknown"}', 'Project is unknown'],
  [
    'its `message` rather than its `error`',
    '{"error":"Unauthorized","message":"The key is unknown"}',
    'The key is unknown',
  ],
  [
    'its `message`, laid out over lines',
    '{\n  "error": "Unauthorized",\n  "message": "Unauthorized"\n}',
    'Unauthorized',
  ],
  ['its first complaint', '{"non_field_errors":["Pick one","Or another"]}', 'Pick one'],
  ['its text', 'Not Found\n', 'Not Found'],
  [
    'the first line of its text',
    'Error parsing data, wrong type\r\nTraceback\n  in some file',
    'Error parsing data, wrong type',
  ],
  ['the first line that is not blank', '\n\n  Something is wrong  \nmore', 'Something is wrong'],
])('The reason of a server is %s', async (_title, body, reason) => {
  const error = await errorOf(body);
  expect(error.reason).toBe(reason);
  expect(error.message).toBe(`GET /items/1 answered 400: ${reason}`);
  expect(error.body).toBe(body);
});

test.each([
  ['nothing', ''],
  ['blank lines', ' \n\n '],
  ['a page of HTML', '<html><body><h1>503 Service Unavailable</h1>\nNo server is available.\n</body></html>\n'],
  ['a page of HTML behind a blank line', '\n  <!DOCTYPE html>\n<title>Down</title>'],
  ['JSON without a word', '{"status":"error"}'],
  ['JSON whose `message` is no text', '{"message":{"some":"object"}}'],
  ['a list', '["Pick one"]'],
  ['a number', '42'],
])('There is no reason in %s', async (_title, body) => {
  const error = await errorOf(body);
  expect(error.reason).toBeUndefined();
  expect(error.message).toBe('GET /items/1 answered 400');
  expect(error.body).toBe(body);
});

test('A reason has at most 200 characters, the body more', async () => {
  for (const body of ['x'.repeat(5000), JSON.stringify({ message: 'x'.repeat(5000) })]) {
    const error = await errorOf(body);
    expect(error.reason).toBe('x'.repeat(200));
    expect(error.message).toBe(`GET /items/1 answered 400: ${'x'.repeat(200)}`);
    expect(error.body).toBe(body);
  }
});

test.each([
  ['the key', (key: string) => key],
  ['the key as HTTP has it', (key: string) => Buffer.from(`${key}:`).toString('base64')],
  ['the header', (key: string) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`],
  ['the key in a URL', (key: string) => `https://${key}:@storage.example/items?apikey=${key}&x=1`],
])('%s is cut out of reason, message and body', async (_title, form) => {
  for (const wrap of [(text: string) => text, (text: string) => JSON.stringify({ message: text }, null, 1)]) {
    const error = await errorOf(wrap(`Bad credential ${form(KEY)} was sent`));
    for (const text of [error.reason, error.message, error.body]) {
      expect(text).toContain('Bad credential');
      expect(text).toContain('was sent');
      expect(text).not.toContain(KEY);
      expect(text).not.toContain(Buffer.from(`${KEY}:`).toString('base64'));
    }
  }
});

test('A key that stands where the reason ends is not shown in part', async () => {
  for (let before = 150; before <= 205; before++) {
    const error = await errorOf(`${'x'.repeat(before)}${KEY}`);
    expect(error.reason).not.toMatch(/0123/);
  }
});

test('The password of a pair is cut out, the name is not', async () => {
  const error = await errorOf('ann may not enter with sesame123', 403, 'ann:sesame123');
  expect(error.reason).toMatch(/^ann may not enter with (?!sesame123)/);
  expect(error.body).not.toContain('sesame123');
});

test('A token is cut out of the answer to a job', async () => {
  const token = 'eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJqb2I6MTIzLzEvMiJ9.c2lnbmF0dXJl';
  const error = await errorOf(`The token ${token} has ended`, 401, Buffer.from(`123/1/2:${token}`).toString('hex'));
  expect(error.body).not.toContain(token);
});

test.each([
  ['a token', 'Bearer some-secret-token', 'some-secret-token'],
  ['a key', `Basic ${Buffer.from(`${KEY}:`).toString('base64')}`, KEY],
  ['a user and a password', `Basic ${Buffer.from('ann:sesame123').toString('base64')}`, 'sesame123'],
])('%s that a function returned is cut out too', async (_title, header, secret) => {
  await using server = await startServer((response, { headers }) => {
    response.writeHead(401).end(`No entry with ${headers.authorization}, that is ${secret}`);
  });
  const error = await rejection(new Connection({ endpoint: server.url, auth: () => header }).json(path`/items`));
  if (!isApiError(error)) throw error;
  for (const text of [error.reason, error.message, error.body]) {
    expect(text).toContain('No entry with');
    expect(text).not.toContain(secret);
    expect(text).not.toContain(header);
  }
});

test('A token is cut out also when a hundred others came before it and after it', async () => {
  await using server = await startServer((response, { headers }) => {
    response.writeHead(401).end(`No entry with ${headers.authorization}`);
  });
  let count = 0;
  const connection = new Connection({ endpoint: server.url, auth: () => `Bearer token-number-${++count}` });
  for (let call = 0; call < 100; call++) {
    const error = await rejection(connection.json(path`/items`));
    expect(error).toHaveProperty('reason', expect.not.stringContaining('token-number'));
  }
});

test('Tokens of requests side by side are cut out, however many', async () => {
  const all = deferred();
  await using server = await startServer(async (response, { headers }, count) => {
    if (count === 60) all.resolve();
    await all.promise;
    response.writeHead(401).end(`No entry with ${headers.authorization}`);
  });
  let count = 0;
  const connection = new Connection({ endpoint: server.url, auth: () => `Bearer token-number-${++count}` });
  const errors = await Promise.all(Array.from({ length: 60 }, () => rejection(connection.json(path`/items`))));
  for (const error of errors) expect(error).toHaveProperty('reason', expect.not.stringContaining('token-number'));
});

test('A password is cut out however the server writes it down', async () => {
  const password = 'a"b\\c/d e?f=ü<&';
  for (const text of [
    password,
    encodeURIComponent(password),
    JSON.stringify({ message: `The password ${password} is wrong` }),
    JSON.stringify({ message: `The password ${password} is wrong` }).replaceAll('/', '\\/'),
  ]) {
    const error = await errorOf(text, 401, `ann:${password}`);
    for (const part of [error.reason, error.message, error.body]) expect(part).not.toMatch(/b\\|c\/d|c\\\/d|%22|d e/);
  }
});

test('A password is cut out whatever it is made of', async () => {
  const password = fc.string({ unit: fc.constantFrom(...'QX7"\\/%+=&?#@:;<>ü✓\'`~{}[]|^.,-_'), minLength: 6 });
  const shape = fc.constantFrom<(text: string) => string>(
    (text) => text,
    encodeURIComponent,
    (text) => JSON.stringify({ message: text }),
    (text) => JSON.stringify({ error: text }, null, 2),
  );
  await fc.assert(
    fc.asyncProperty(password, shape, async (secret, write) => {
      const fetch = async (): Promise<Response> => new Response(write(`No ${secret} here`), { status: 401 });
      const error = await rejection(new Connection({ auth: ['ann', secret], fetch }).json(path`/items`));
      if (!isApiError(error)) throw error;
      expect(error.reason).not.toContain(secret);
      expect(error.reason).not.toContain(encodeURIComponent(secret));
      expect(error.body).not.toContain(secret);
    }),
  );
});

test('A credential of somebody else before a host is cut out', async () => {
  const error = await errorOf('No way to https://bob:sesame123@upstream.example/items and //carol@upstream.example');
  expect(error.reason).not.toMatch(/bob|sesame123|carol/);
  expect(error.reason).toContain('@upstream.example/items');
  expect(error.body).not.toContain('sesame123');
});

test('What looks like a query string is cut out, what does not is not', async () => {
  const error = await errorOf('No /items/1?filter=some%20value&x=1 here; why? 1 = 1');
  expect(error.reason).toBe('No /items/1?… here; why? 1 = 1');
});

test.each([
  ['question marks', '?'.repeat(64 * 1024)],
  ['question marks with text', '?a'.repeat(32 * 1024)],
  ['slashes', '/'.repeat(64 * 1024)],
  ['slashes with text', '//a'.repeat(20 * 1024)],
  ['parentheses', `{"message":"${'['.repeat(60 * 1024)}"}`],
])('An explanation made of %s does not keep the program busy', async (_title, body) => {
  const started = performance.now();
  const error = await errorOf(body);
  expect(error.status).toBe(400);
  // A pattern that looks twice needs seconds.
  expect(performance.now() - started).toBeLessThan(1500);
});
