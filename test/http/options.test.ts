import { type CallOptions, Connection, type ConnectionOptions, isConfigurationError, path } from 'tideway';
import { expect, test } from 'vitest';
import { rejection, thrown } from '../helpers/rejection.ts';

const fetch = async (): Promise<Response> => Response.json('answer');

test('A connection needs no options', () => {
  expect(new Connection()).toBeInstanceOf(Connection);
  expect(new Connection({})).toBeInstanceOf(Connection);
});

test('Options that are left undefined are as good as none', async () => {
  const undefinedOptions: ConnectionOptions = {
    auth: undefined,
    endpoint: undefined,
    dashEndpoint: undefined,
    retry: undefined,
    timeout: undefined,
    idleTimeout: undefined,
    deadline: undefined,
    userAgent: undefined,
    hooks: undefined,
    logger: undefined,
    signal: undefined,
    dangerouslyAllowBrowser: undefined,
  };
  expect(await new Connection({ ...undefinedOptions, fetch }).json(path`/items`)).toBe('answer');
  expect(await new Connection({ fetch, hooks: {} }).json(path`/items`)).toBe('answer');
});

test.each([
  ['a fraction of a millisecond', { timeout: 0.5 }],
  ['the longest that a timer can be', { timeout: 2 ** 31 - 1, idleTimeout: 2 ** 31 - 1, deadline: 2 ** 31 - 1 }],
  ['no limit at all', { timeout: Infinity, idleTimeout: Infinity, deadline: Infinity, retry: { maxTime: Infinity } }],
  ['a single try', { retry: { attempts: 1 } }],
  ['no tries but the first', { retry: false as const }],
])('A call takes %s', async (_title, options: CallOptions) => {
  const answer = new Connection({ fetch: async () => Response.json('answer') }).json(path`/items`, options);
  if (options.timeout === 0.5)
    expect(await answer.catch((error: unknown) => error)).not.toSatisfy(isConfigurationError);
  else expect(await answer).toBe('answer');
});

test('A wrong option of a call sends nothing, and rejects rather than throws', async () => {
  let calls = 0;
  const connection = new Connection({
    fetch: () => {
      calls++;
      return fetch();
    },
  });
  for (const options of [{ timeout: -1 }, { retry: { attempts: 0 } }, { deadline: Number.NaN }] as CallOptions[]) {
    expect(await rejection(connection.json(path`/items`, options))).toSatisfy(isConfigurationError);
    expect(await rejection(connection.text(path`/items`, options))).toSatisfy(isConfigurationError);
    expect(await rejection(connection.request(path`/items`, options))).toSatisfy(isConfigurationError);
  }
  expect(calls).toBe(0);
});

test('The message names the option, what was expected and what came', () => {
  expect(thrown(() => new Connection({ timeout: -1 }))).toHaveProperty(
    'message',
    expect.stringMatching(/^Expected `timeout` to be .*milliseconds.*, got `-1` \(number\)$/),
  );
  expect(thrown(() => new Connection({ retry: { attempts: 1.5 } }))).toHaveProperty(
    'message',
    expect.stringMatching(/^Expected `retry\.attempts` to be an integer from 1 and up, got `1.5` \(number\)$/),
  );
});

test('A long text that came in place of a number is not shown', () => {
  const text = 'ffffffffffffffffffffffffffffffffffffffffffff';
  const error = thrown(() => new Connection({ timeout: text as unknown as number }));
  expect(error).toSatisfy(isConfigurationError);
  expect(error).toHaveProperty('message', expect.not.stringContaining(text));
});
