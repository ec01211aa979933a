import { spawn } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import * as tideway from 'tideway';
import { Connection, type ConnectionOptions, Items, isTidewayError, path, type RequestOptions } from 'tideway';
import { expect, test } from 'vitest';
import { calledGetters, prints } from '../helpers/prints.ts';
import { rejection, thrown } from '../helpers/rejection.ts';
import { type Handler, type SeenRequest, startServer } from '../helpers/server.ts';

const KEY = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const BASE64: string = Buffer.from(`${KEY}:`).toString('base64');
/** The key in every form. What no print may hold: that, a query string, a body that was sent, a body that came. */
const CREDENTIALS: readonly string[] = [KEY, BASE64, encodeURIComponent(BASE64)];
const SECRETS: readonly string[] = [...CREDENTIALS, 'querysecret', 'sentsecret', 'bodysecret'];

const query = { filter: 'querysecret', apikey: KEY };
const sent: RequestOptions = { method: 'POST', query, body: 'sentsecret', headers: { 'x-other': 'sentsecret' } };

/** Expects that no print of an error holds a secret. */
function expectClean(error: unknown): void {
  expect(error).toSatisfy(isTidewayError);
  const shown = prints(error);
  // That the prints are prints of this error.
  expect(shown).toContain((error as Error).message);
  expect(shown).toContain((error as tideway.TidewayError).code);
  for (const secret of SECRETS) expect(shown, `${(error as Error).name} shows ${secret}`).not.toContain(secret);
}

/** Expects the same of an error that came from a server, and no credential even in what is only read by name. */
function expectCleanAnswer(error: unknown): void {
  expectClean(error);
  const shown = calledGetters(error);
  for (const secret of CREDENTIALS) expect(shown, `${(error as Error).name} holds ${secret}`).not.toContain(secret);
}

/** All that a server knows of a request, as a debugging page would show it. */
function echo({ method, url, headers, body }: SeenRequest): string {
  return [
    `${method} ${url}`,
    `authorization: ${headers.authorization}`,
    `the key ${KEY}, that is ${BASE64}, or ${encodeURIComponent(BASE64)}`,
    `http://${KEY}:@storage.example${url}`,
    body,
    'bodysecret',
  ].join('\n');
}

/** Answers with what it was asked, in the status line, in headers and in the body. */
function echoing(status: number, makeBody: (request: SeenRequest) => string = echo): Handler {
  return (response, request) => {
    const { headers, url } = request;
    const echoed = { 'x-echo': `${headers.authorization} ${url} bodysecret`, 'www-authenticate': `Basic ${BASE64}` };
    response.writeHead(status, `Refused ${headers.authorization} ${url}`, echoed).end(makeBody(request));
  };
}

/** The errors of a call that fails, of GET and POST. */
async function failures(options: ConnectionOptions, call: RequestOptions = {}): Promise<unknown[]> {
  const connection = new Connection({ auth: KEY, retry: { attempts: 2, backoff: 1 }, ...options });
  return [
    await rejection(connection.json(path`/items/${1}`, { query, ...call })),
    await rejection(connection.json(path`/items/${1}`, { ...sent, ...call })),
  ];
}

test('The prints of these tests do find what an error holds', () => {
  const places: Readonly<Record<string, (error: Error) => void>> = {
    message: (error) => Object.assign(error, { message: KEY }),
    cause: (error) =>
      Object.assign(error, { cause: new Error('outer', { cause: { deep: { in: [new Headers({ a: KEY })] } } }) }),
    field: (error) =>
      Object.assign(error, { field: { some: new Map([['request', new Request(`https://a.example/?${KEY}`)]]) } }),
    hidden: (error) => Object.defineProperty(error, 'hidden', { value: KEY }),
    symbol: (error) => Object.assign(error, { [Symbol('some')]: KEY }),
    getter: (error) =>
      Object.setPrototypeOf(
        error,
        class extends Error {
          get body(): string {
            return KEY;
          }
        }.prototype,
      ),
  };
  for (const [place, put] of Object.entries(places)) {
    const error = new Error('some message');
    put(error);
    let shown = '';
    try {
      shown = prints(error) + calledGetters(error);
    } catch {
      // Some of these cannot be cloned.
      shown = KEY;
    }
    expect(shown, place).toContain(KEY);
  }
});

const explanations: readonly (readonly [string, (request: SeenRequest) => string])[] = [
  ['text', (request) => echo(request)],
  ['one line of text', ({ headers, url }) => `No ${url} with ${headers.authorization} (${KEY}, ${BASE64})`],
  [
    'a `message`',
    ({ headers, url }) => JSON.stringify({ message: `No ${url} with ${headers.authorization} of ${KEY}` }),
  ],
  [
    'an `error`',
    ({ headers, url }) => JSON.stringify({ error: `No ${url} with ${headers.authorization} of ${KEY}` }, null, 2),
  ],
  [
    'a complaint',
    ({ headers }) => JSON.stringify({ non_field_errors: [`No entry with ${headers.authorization} of ${KEY}`] }),
  ],
  ['HTML', (request) => `<html><body><pre>${echo(request)}</pre></body></html>`],
];

test.each(explanations)(
  'A server that echoes what it was asked, in %s, puts no secret into an error',
  async (_title, makeBody) => {
    for (const status of [304, 400, 401, 403, 404, 409, 413, 429, 500, 503]) {
      await using server = await startServer(echoing(status, makeBody));
      for (const error of await failures({ endpoint: server.url })) expectCleanAnswer(error);
    }
  },
);

test('A redirect to a place with secrets puts none into an error', async () => {
  await using server = await startServer((response, request) => {
    response.writeHead(302, { location: `http://${KEY}:@127.0.0.1:1${request.url}#${BASE64}` }).end(echo(request));
  });
  for (const error of await failures({ endpoint: server.url })) {
    expect(error).toSatisfy(tideway.isRedirectError);
    expectCleanAnswer(error);
  }
});

test('An answer that cannot be decoded is in no error', async () => {
  await using server = await startServer(echoing(200));
  for (const error of await failures({ endpoint: server.url })) {
    expect(error).toSatisfy(tideway.isDecodeError);
    expectCleanAnswer(error);
  }
});

test('A connection that breaks puts no secret into an error, whenever it does', async () => {
  const ways: readonly Handler[] = [
    (response) => response.socket?.resetAndDestroy(),
    (response) => response.socket?.end(`HTTP/1.1 bodysecret ${KEY}\r\n\r\n`),
    (response, request) => {
      response.writeHead(200, { 'content-length': 100_000 });
      response.write(echo(request));
      setTimeout(() => response.socket?.resetAndDestroy(), 5);
    },
    (response, request) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(echo(request));
    },
  ];
  for (const way of ways) {
    await using server = await startServer(way);
    for (const error of await failures({ endpoint: server.url })) {
      expect(error).toSatisfy(tideway.isConnectionError);
      expectCleanAnswer(error);
    }
  }
});

test('Time that is up puts no secret into an error', async () => {
  await using server = await startServer((response, request) => {
    if (!request.url.startsWith('/items/1')) return;
    if (request.method === 'GET') response.write(echo(request));
  });
  for (const limits of [{ timeout: 100, idleTimeout: 20 }, { deadline: 100 }]) {
    for (const error of await failures({ endpoint: server.url, ...limits })) {
      expect(error).toSatisfy(tideway.isTimeoutError);
      expectCleanAnswer(error);
    }
  }
});

/** Errors of implementations of `fetch` that tell too much. */
const talkative: readonly (readonly [string, (request: Request) => unknown])[] = [
  ['its message', (request) => new Error(`No way to ${request.url} with ${request.headers.get('authorization')}`)],
  [
    'its stack',
    (request) => Object.assign(new Error('failed'), { stack: `Error: ${request.url} ${BASE64} ${KEY}\n  at x` }),
  ],
  ['its name', () => Object.assign(new Error('failed'), { name: `Error of ${KEY}` })],
  ['its code', () => Object.assign(new Error('failed'), { code: `ERR_${KEY}` })],
  [
    'its own fields',
    (request) => Object.assign(new Error('failed'), { request, headers: [...request.headers], url: request.url }),
  ],
  [
    'a hidden field',
    (request) => Object.defineProperty(new Error('failed'), 'request', { value: request.url + BASE64 }),
  ],
  ['a cause', (request) => new TypeError('fetch failed', { cause: new Error(`${request.url} ${BASE64}`) })],
  ['a cause that is the request', (request) => new TypeError('fetch failed', { cause: request })],
  ['a cause that is text', () => new TypeError('fetch failed', { cause: `authorization: Basic ${BASE64}` })],
  [
    'a chain of causes',
    (request) =>
      new Error('1', { cause: new Error('2', { cause: new Error('3', { cause: new Error(request.url + KEY) }) }) }),
  ],
  [
    'a circle of causes',
    (request) => {
      const error = new Error(request.url);
      error.cause = new Error(KEY, { cause: error });
      return error;
    },
  ],
  ['an aggregate', (request) => new AggregateError([new Error(request.url), new Error(BASE64)], `Several: ${KEY}`)],
  ['a DOMException', (request) => new DOMException(`${request.url} ${BASE64}`, 'NetworkError')],
  ['text', (request) => `No way to ${request.url} with ${BASE64} or ${KEY}`],
  ['an object', (request) => ({ request, toString: () => request.url + KEY })],
  ['an object that is no text', (request) => Object.assign(Object.create(null), { request, key: KEY })],
  ['the request', (request) => request],
  ['a function', () => () => `${KEY}`],
  [
    'an error whose fields throw',
    () =>
      Object.defineProperty(new Error('failed'), 'message', {
        get: () => {
          throw new Error(KEY);
        },
      }),
  ],
];

test.each(talkative)('A `fetch` that tells secrets by %s puts none into an error', async (_title, makeError) => {
  const ways: readonly ConnectionOptions['fetch'][] = [
    (request) => Promise.reject(makeError(request)),
    (request) => {
      throw makeError(request);
    },
    async (request) =>
      new Response(new ReadableStream({ start: (controller) => controller.error(makeError(request)) })),
  ];
  for (const fetch of ways) {
    for (const error of await failures({ fetch })) {
      expect(error).toSatisfy(tideway.isConnectionError);
      expectCleanAnswer(error);
    }
  }
});

test('An explanation that `fetch` breaks puts no secret into an error', async () => {
  const fetch = async (request: Request): Promise<Response> =>
    new Response(new ReadableStream({ start: (controller) => controller.error(new Error(request.url + KEY)) }), {
      status: 500,
    });
  for (const error of await failures({ fetch })) {
    expect(error).toSatisfy(tideway.isServerError);
    expectCleanAnswer(error);
  }
});

test.each([
  ['a key', `Basic ${BASE64}`],
  ['a token', `Bearer ${KEY}`],
  ['a bare key', KEY],
  ['a token with a line end', `Bearer ${KEY}\n`],
  ['a token behind spaces', `  Bearer   ${KEY}`],
  ['no header', `Bearer ${KEY}\nx: y`],
])('What an `auth` function returned, %s, is in no error', async (_title, header) => {
  const auth = async (): Promise<string> => header;
  await using refusing = await startServer((response, { headers: { authorization = '' } }) => {
    const credential = authorization.replace(/^\S+ +/, '');
    const decoded = Buffer.from(credential, 'base64').toString();
    response.writeHead(401).end(`No entry with ${authorization}, that is ${credential} or ${decoded}`);
  });
  await using undecodable = await startServer(echoing(200));
  for (const server of [refusing, undecodable]) {
    for (const error of await failures({ endpoint: server.url, auth })) expectCleanAnswer(error);
  }
  const fetch = (request: Request): Promise<Response> =>
    Promise.reject(new Error(`No way with ${request.headers.get('authorization')}`));
  for (const error of await failures({ fetch, auth })) expectCleanAnswer(error);
});

test('A read that is given up puts no secret into an error', async () => {
  let count = 0;
  const fetch = async (request: Request): Promise<Response> => {
    if (++count === 1) return new Response(`{"_key":"1/2/3/0"}\n{"_key":"1/2/3/1","bodysecret":`);
    if (count === 2)
      return new Response(`Gone, ${request.url} ${request.headers.get('authorization')} ${KEY}`, { status: 410 });
    throw new Error(request.url + KEY);
  };
  const connection = new Connection({ auth: KEY, fetch });
  const error = await rejection(new Items(connection, '1/2/3').iter({ filter: ['a', '=', ['querysecret']] }).toArray());
  expect(error).toSatisfy(tideway.isStreamInterruptedError);
  expect(error).toMatchObject({ delivered: 1, lastKey: '1/2/3/0' });
  expectCleanAnswer(error);
});

test('A record that cannot be decoded is in no error', async () => {
  const bodies = [
    '{"bodysecret":1}\n{"bodysecret": c0ffee00c0ffee00c0ffee00c0ffee00}\n',
    `"${'bodysecret'.repeat(1000)}`,
  ];
  for (const body of bodies) {
    const connection = new Connection({ auth: KEY, fetch: async () => new Response(body) });
    const error = await rejection(new Items(connection, '1/2/3').iter({ maxRecordBytes: 100 }).toArray());
    expectCleanAnswer(error);
  }
});

test('Options that cannot be are in no error where they may be secret', () => {
  const wrong: readonly ConnectionOptions[] = [
    { endpoint: `https://${KEY}:@storage.example/` },
    { endpoint: `https://storage.example/?apikey=${KEY}` },
    { endpoint: `${KEY}` },
    { auth: [KEY] as never },
    { auth: { key: KEY } as never },
    { auth: ['', KEY] },
  ];
  for (const options of wrong) expectCleanAnswer(thrown(() => new Connection(options)));
});

test('Data that an error of the family holds is read by name, and never printed', () => {
  const refusal = {
    method: 'POST',
    path: '/items/1',
    requestId: 'abcd',
    reason: 'Some reason',
    body: `bodysecret ${KEY}`,
  };
  const classes = [
    ...[tideway.ApiError, tideway.BadRequestError, tideway.UnauthorizedError, tideway.ForbiddenError],
    ...[tideway.NotFoundError, tideway.ValueTooLargeError, tideway.DuplicateJobError, tideway.RateLimitError],
    tideway.ServerError,
  ];
  for (const Class of classes) {
    const error = new Class({ ...refusal, status: 400 });
    expect(error.body).toBe(refusal.body);
    expectClean(error);
    expectClean(new tideway.StreamInterruptedError('GET /items', { delivered: 1 }, error));
    expectClean(new tideway.UnsavedRecordsError('POST /items', [{ some: 'bodysecret' }], 1, error));
  }
  const unsaved = new tideway.UnsavedRecordsError('POST /items', [{ some: 'bodysecret' }], 1);
  expect(unsaved.records).toEqual([{ some: 'bodysecret' }]);
  expectClean(unsaved);
  const wrong = new tideway.SchemaError('A record', [{ message: 'Got bodysecret', path: ['field'] }]);
  expect(wrong.issues).toEqual([{ message: 'Got bodysecret', path: ['field'] }]);
  expectClean(wrong);
});

test('A process that ends with an error prints no secret', async () => {
  await using server = await startServer(echoing(401));
  await using gone = await startServer((response) => void response.socket?.resetAndDestroy());
  const source = new URL('../../src/index.ts', import.meta.url).href;
  for (const [url, code] of [
    [server.url, 'ERR_UNAUTHORIZED'],
    [gone.url, 'ERR_CONNECTION'],
  ]) {
    const program = `
      import { Connection, path } from ${JSON.stringify(source)};
      const connection = new Connection({ endpoint: '${url}', auth: '${KEY}', retry: false });
      const options = { query: { filter: 'querysecret' }, method: 'POST', body: 'sentsecret' };
      try {
        await connection.json(path\`/items/\${1}\`, options);
      } catch (error) {
        console.log(error);
        console.error('%o', error);
        console.dir(error, { showHidden: true, depth: 20 });
        throw error;
      }`;
    const child = spawn(process.execPath, ['--input-type=module'], { stdio: 'pipe' });
    child.stdin.end(program);
    const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(await exit).toBe(1);
    expect(output).toContain(code);
    // Node shows the line of the program that threw, not the program.
    expect(errors).toContain(code);
    for (const secret of SECRETS) expect(output + errors).not.toContain(secret);
  }
});

test('The server of these tests does echo what it was asked', async () => {
  await using server = await startServer(echoing(400));
  const answer = await new Promise<string>((resolve, reject) => {
    const headers = { authorization: `Basic ${BASE64}` };
    httpRequest(`${server.url}?querysecret=1`, { headers }, (message) => resolve(text(message)))
      .on('error', reject)
      .end();
  });
  for (const secret of [KEY, BASE64, 'querysecret', 'bodysecret']) expect(answer).toContain(secret);
});
