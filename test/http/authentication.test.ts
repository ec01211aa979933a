import { type Auth, type AuthContext, Connection, isConfigurationError, isTimeoutError, path } from 'tideway';
import { expect, test } from 'vitest';
import { prints } from '../helpers/prints.ts';
import { rejection, thrown } from '../helpers/rejection.ts';
import { inTurn, sendJson, startServer } from '../helpers/server.ts';

/** The header that a server gets. */
async function header(auth: Auth | undefined): Promise<string | undefined> {
  await using server = await startServer((response, { headers }) => sendJson(response, headers.authorization ?? null));
  return (await new Connection({ endpoint: server.url, auth }).json<string | null>(path`/count`)) ?? undefined;
}

function basic(credential: string): string {
  return `Basic ${Buffer.from(credential, 'utf8').toString('base64')}`;
}

function hex(text: string): string {
  return Buffer.from(text, 'utf8').toString('hex');
}

const KEY = 'ffffffffffffffffffffffffffffffff';
const TOKEN = 'eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJqb2I6MTIzLzEvMiJ9.c2lnbmF0dXJl';

test.each<[string, Auth, string]>([
  ['An API key is a user without a password', KEY, `${KEY}:`],
  ['`user:password` is a user and a password', 'ann:secret', 'ann:secret'],
  ['A password may contain colons', 'ann:sec:ret:', 'ann:sec:ret:'],
  ['A key with a colon at its end is the key', `${KEY}:`, `${KEY}:`],
  ['A pair is a user and a password', ['ann', 'secret'], 'ann:secret'],
  ['A pair may have an empty password', [KEY, ''], `${KEY}:`],
  ['A pair is taken as it is, also with colons', ['ann', ':secret:'], 'ann::secret:'],
  ['The hexadecimal form of a job credential is the job and its token', hex(`123/1/2:${TOKEN}`), `123/1/2:${TOKEN}`],
  ['The hexadecimal form may be in capitals', hex(`123/1/2:${TOKEN}`).toUpperCase(), `123/1/2:${TOKEN}`],
  ['A token of a job may contain colons', hex('123/1/2:a:b'), '123/1/2:a:b'],
  ['A hexadecimal key that holds no job is a key', hex('some:thing'), `${hex('some:thing')}:`],
  ['A hexadecimal key that holds half of a job is a key', hex('123/1:token'), `${hex('123/1:token')}:`],
  ['A hexadecimal key that holds a job without a token is a key', hex('123/1/2:'), `${hex('123/1/2:')}:`],
  ['Text of an odd length is no hexadecimal form', `${hex('123/1/2:a')}0`, `${hex('123/1/2:a')}0:`],
  ['A job credential as text is a user and a password', `123/1/2:${TOKEN}`, `123/1/2:${TOKEN}`],
  ['What is beyond ASCII goes out as UTF-8', 'anné:pässwörd✓', 'anné:pässwörd✓'],
])('%s', async (_title, auth, expected) => {
  expect(await header(auth)).toBe(basic(expected));
});

test('Without `auth` no header is sent', async () => {
  expect(await header(undefined)).toBeUndefined();
});

test('A function returns the whole header', async () => {
  expect(await header(() => 'Bearer some-token')).toBe('Bearer some-token');
});

test('A function may take its time', async () => {
  expect(await header(async () => basic('later:'))).toBe(basic('later:'));
});

test('A function that returns undefined sends no header', async () => {
  expect(await header(() => undefined)).toBeUndefined();
  expect(await header(async () => undefined)).toBeUndefined();
});

test('A function is asked anew for every try, and told which one it is', async () => {
  await using server = await startServer(inTurn(503, 429, 200));
  const contexts: AuthContext[] = [];
  const connection = new Connection({
    endpoint: server.url,
    retry: { backoff: 1 },
    auth: (context) => {
      contexts.push(context);
      return `Bearer token-${contexts.length}`;
    },
  });
  await connection.json(path`/items/${'a b'}`, { query: { count: 1 } });
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer token-1',
    'Bearer token-2',
    'Bearer token-3',
  ]);
  expect(contexts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  expect(contexts.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET']);
  expect(contexts.map(({ url }) => String(url))).toEqual(Array(3).fill(`${server.url}items/a%20b?count=1`));
});

test('A function is told of the method of the request', async () => {
  await using server = await startServer(inTurn(200));
  const methods: string[] = [];
  const auth: Auth = ({ method }) => {
    methods.push(method);
    return undefined;
  };
  const connection = new Connection({ endpoint: server.url, auth });
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const) await connection.json(path`/x`, { method });
  expect(methods).toEqual(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
  expect(server.requests.map(({ method }) => method)).toEqual(methods);
});

test.each([
  ['an error', new Error('the vault is locked')],
  ['the error of a failed fetch', new TypeError('fetch failed')],
  ['the error of a failed fetch in Chrome', new TypeError('Failed to fetch')],
  ['text', 'some text'],
])('When a function throws %s, the caller gets just that and no request is sent', async (_title, failure) => {
  await using server = await startServer(inTurn(200));
  for (const retry of [false, { backoff: 1 }] as const) {
    let asked = 0;
    const auth = (): string => {
      asked++;
      throw failure;
    };
    const connection = new Connection({ endpoint: server.url, auth, retry });
    expect(await rejection(connection.json(path`/count`))).toBe(failure);
    expect(asked).toBe(1);
  }
  expect(server.requests).toHaveLength(0);
});

test('A function that never answers runs into the timeout', async () => {
  const auth = (): Promise<string> => new Promise(() => {});
  const connection = new Connection({ auth, timeout: 5, retry: false, fetch: async () => new Response() });
  expect(await rejection(connection.json(path`/count`))).toSatisfy(isTimeoutError);
});

test('A function that returns no text is refused, and what it returned is not shown', async () => {
  await using server = await startServer(inTurn(200));
  for (const value of [{ key: 'SECRET' }, ['SECRET'], 5, null, Symbol('SECRET')]) {
    const auth = (() => value) as unknown as Auth;
    const error = await rejection(new Connection({ endpoint: server.url, auth }).json(path`/count`));
    expect(error).toSatisfy(isConfigurationError);
    expect(prints(error)).not.toContain('SECRET');
  }
  expect(server.requests).toHaveLength(0);
});

test('A function that returns what no header can hold is refused, and what it returned is not shown', async () => {
  await using server = await startServer(inTurn(200));
  for (const value of ['Bearer SECRET\nx-other: header', 'Bearer SECRET\0', 'Bearer SECRET✓']) {
    const connection = new Connection({ endpoint: server.url, auth: () => value });
    const error = await rejection(connection.json(path`/count`));
    expect(error).toSatisfy(isConfigurationError);
    expect(prints(error)).not.toContain('SECRET');
  }
  expect(server.requests).toHaveLength(0);
});

test('What is no credential is refused at once, and not shown', () => {
  const wrong = ['', ':', [], ['SECRET'], ['SECRET', 'SECRET', 'SECRET'], ['', 'SECRET'], ['SECRET', 5], null, 5, true];
  for (const auth of [...wrong, { key: 'SECRET' }, new Map([['SECRET', 'SECRET']])]) {
    const error = thrown(() => new Connection({ auth: auth as unknown as Auth }));
    expect(error, JSON.stringify(auth)).toSatisfy(isConfigurationError);
    expect(error).toHaveProperty('message', expect.stringContaining('`auth`'));
    expect(prints(error)).not.toContain('SECRET');
  }
});

test('A credential is in nothing that a connection shows', () => {
  const connection = new Connection({ auth: 'SECRETKEY' });
  const shown = prints(connection);
  expect(shown).not.toContain('SECRETKEY');
  expect(shown).not.toContain(btoa('SECRETKEY:'));
});
