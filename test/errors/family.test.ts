import { createContext, runInContext } from 'node:vm';
import * as tideway from 'tideway';
import { afterEach, expect, test, vi } from 'vitest';

type Guard = (error: unknown) => boolean;
type Members = typeof tideway;

afterEach(() => {
  vi.resetModules();
});

/** One error of every class of the family, made with the classes of a copy of the module. */
function family(from: Members): Readonly<Record<string, tideway.TidewayError>> {
  const refusal = { method: 'GET', path: '/items/1', requestId: 'abcd' };
  return {
    TidewayError: new from.TidewayError('Some message'),
    ApiError: new from.ApiError({ ...refusal, status: 409 }),
    BadRequestError: new from.BadRequestError({ ...refusal, status: 400 }),
    UnauthorizedError: new from.UnauthorizedError({ ...refusal, status: 401 }),
    ForbiddenError: new from.ForbiddenError({ ...refusal, status: 403 }),
    NotFoundError: new from.NotFoundError({ ...refusal, status: 404 }),
    ValueTooLargeError: new from.ValueTooLargeError({ ...refusal, status: 413 }),
    DuplicateJobError: new from.DuplicateJobError({ ...refusal, status: 400 }),
    RateLimitError: new from.RateLimitError({ ...refusal, status: 429 }),
    ServerError: new from.ServerError({ ...refusal, status: 500 }),
    ConnectionError: new from.ConnectionError('Some message'),
    TimeoutError: new from.TimeoutError('Some message', 'headers', 5),
    StreamInterruptedError: new from.StreamInterruptedError(
      'GET /items/1',
      { delivered: 2, lastKey: '1/2/3/1' },
      undefined,
    ),
    DecodeError: new from.DecodeError('JSON', 3, 14),
    RecordTooLargeError: new from.RecordTooLargeError('The record', 5),
    BodyTooLargeError: new from.BodyTooLargeError('The body', 5),
    RedirectError: new from.RedirectError('Some message', 'https://elsewhere.example'),
    UnsavedRecordsError: new from.UnsavedRecordsError('POST /items/1', [{ some: 'record' }], 7),
    QueueFullError: new from.QueueFullError('Some message'),
    SchemaError: new from.SchemaError('A record', [{ message: 'wrong', path: ['some', { key: 'field' }] }]),
    CircuitOpenError: new from.CircuitOpenError('Some message'),
    PrivateNetworkError: new from.PrivateNetworkError('Some message'),
    RobotsDisallowedError: new from.RobotsDisallowedError('Some message', 'Disallow: /'),
    ConfigurationError: new from.ConfigurationError('Some message'),
  };
}

const errors = family(tideway);
const names = Object.keys(errors);
const apiErrors = [
  ...['ApiError', 'BadRequestError', 'UnauthorizedError', 'ForbiddenError', 'NotFoundError', 'ValueTooLargeError'],
  ...['DuplicateJobError', 'RateLimitError', 'ServerError'],
];

function classOf(name: string, from: Members = tideway): typeof tideway.TidewayError {
  return from[name as 'TidewayError'];
}

function guardOf(name: string, from: Members = tideway): Guard {
  return from[`is${name}` as 'isTidewayError'];
}

/** Whether an error of one class is one of another. */
function isKindOf(name: string, kind: string): boolean {
  return kind === name || kind === 'TidewayError' || (kind === 'ApiError' && apiErrors.includes(name));
}

test('The root exports every error with its guard, and no other', () => {
  const exported = Object.keys(tideway).filter((name) => name.endsWith('Error'));
  const classes = exported.filter((name) => !name.startsWith('is'));
  expect(classes.sort()).toEqual([...names].sort());
  expect(exported.filter((name) => name.startsWith('is')).sort()).toEqual(names.map((name) => `is${name}`).sort());
});

test.each([
  ['TidewayError', 'ERR_TIDEWAY'],
  ['ApiError', 'ERR_API'],
  ['BadRequestError', 'ERR_BAD_REQUEST'],
  ['UnauthorizedError', 'ERR_UNAUTHORIZED'],
  ['ForbiddenError', 'ERR_FORBIDDEN'],
  ['NotFoundError', 'ERR_NOT_FOUND'],
  ['ValueTooLargeError', 'ERR_VALUE_TOO_LARGE'],
  ['DuplicateJobError', 'ERR_DUPLICATE_JOB'],
  ['RateLimitError', 'ERR_RATE_LIMIT'],
  ['ServerError', 'ERR_SERVER'],
  ['ConnectionError', 'ERR_CONNECTION'],
  ['TimeoutError', 'ERR_TIMEOUT'],
  ['StreamInterruptedError', 'ERR_STREAM_INTERRUPTED'],
  ['DecodeError', 'ERR_DECODE'],
  ['RecordTooLargeError', 'ERR_RECORD_TOO_LARGE'],
  ['BodyTooLargeError', 'ERR_BODY_TOO_LARGE'],
  ['RedirectError', 'ERR_REDIRECT'],
  ['UnsavedRecordsError', 'ERR_UNSAVED_RECORDS'],
  ['QueueFullError', 'ERR_QUEUE_FULL'],
  ['SchemaError', 'ERR_SCHEMA'],
  ['CircuitOpenError', 'ERR_CIRCUIT_OPEN'],
  ['PrivateNetworkError', 'ERR_PRIVATE_NETWORK'],
  ['RobotsDisallowedError', 'ERR_ROBOTS_DISALLOWED'],
  ['ConfigurationError', 'ERR_CONFIGURATION'],
])('A %s has the code %s, its name and a stack that begins with it', (name, code) => {
  const error = errors[name] as tideway.TidewayError;
  expect(error.code).toBe(code);
  expect(error.name).toBe(name);
  expect(error.message).not.toBe('');
  expect(String(error)).toBe(`${name}: ${error.message}`);
  expect(error.stack?.split('\n')[0]).toBe(`${name}: ${error.message}`);
  expect(error.stack).toContain('family.test.ts');
});

test('No two errors share a code', () => {
  expect(new Set(Object.values(errors).map(({ code }) => code)).size).toBe(names.length);
});

test.each(names)('A %s is an instance of its class and of those above it, and of no other', (name) => {
  const error = errors[name];
  expect(error).toBeInstanceOf(Error);
  for (const kind of names) expect(error instanceof classOf(kind), kind).toBe(isKindOf(name, kind));
});

test.each(names)('The guards tell a %s from the others', (name) => {
  for (const kind of names) expect(guardOf(kind)(errors[name]), kind).toBe(isKindOf(name, kind));
});

test.each(names)('The guards tell a %s from the others also across two copies of the package', async (name) => {
  vi.resetModules();
  const copy = await import('tideway');
  const error = family(copy)[name];
  expect(copy.TidewayError).not.toBe(tideway.TidewayError);
  expect(error).not.toBeInstanceOf(tideway.TidewayError);
  for (const kind of names) {
    expect(guardOf(kind)(error), kind).toBe(isKindOf(name, kind));
    expect(guardOf(kind, copy)(errors[name]), kind).toBe(isKindOf(name, kind));
  }
});

test.each(names)('`is%s` is false for everything else, and never throws', (name) => {
  const guard = guardOf(name);
  const error = errors[name] as tideway.TidewayError;
  const lookAlike = Object.assign(new Error(error.message), { ...error, name, code: error.code });
  const others: readonly unknown[] = [
    ...[undefined, null, true, 0, '', name, error.code, 5n, Symbol('tideway.error'), () => {}, [], {}],
    ...[new Error(error.message), new TypeError('fetch failed'), new DOMException('aborted', 'AbortError')],
    lookAlike,
    { ...error },
    { name, code: error.code, message: error.message, status: 404, reason: 'Not Found' },
    Object.create(null),
    structuredClone(error),
    JSON.parse(JSON.stringify(error)),
    runInContext('new Error("Some message")', createContext()),
  ];
  for (const other of others) expect(guard(other), String(typeof other)).toBe(false);
});

test('A guard narrows the type', () => {
  const error: unknown = errors.NotFoundError;
  if (!tideway.isApiError(error)) throw new Error('Expected an ApiError');
  const status: number = error.status;
  expect(status).toBe(404);
});

test('A cause is kept, and without one there is none', () => {
  const cause = new Error('some cause');
  expect(new tideway.ConnectionError('Some message', { cause }).cause).toBe(cause);
  expect(new tideway.StreamInterruptedError('GET /items', { delivered: 0 }, cause).cause).toBe(cause);
  expect(new tideway.UnsavedRecordsError('POST /items', [], 0, cause).cause).toBe(cause);
  expect(new tideway.ConnectionError('Some message').cause).toBeUndefined();
});

test('Errors hold what their class promises', () => {
  expect(errors.TimeoutError).toMatchObject({ phase: 'headers', timeout: 5, message: 'Some message within 5 ms' });
  expect(errors.StreamInterruptedError).toMatchObject({ delivered: 2, lastKey: '1/2/3/1' });
  expect(errors.DecodeError).toMatchObject({ line: 3, position: 14 });
  expect(errors.RecordTooLargeError).toMatchObject({ limit: 5 });
  expect(errors.BodyTooLargeError).toMatchObject({ limit: 5 });
  expect(errors.RedirectError).toMatchObject({ target: 'https://elsewhere.example' });
  expect(errors.UnsavedRecordsError).toMatchObject({ start: 7, records: [{ some: 'record' }] });
  expect(errors.SchemaError).toMatchObject({ issues: [{ message: 'wrong', path: ['some', { key: 'field' }] }] });
  expect(errors.RobotsDisallowedError).toMatchObject({ rule: 'Disallow: /' });
  expect(errors.ConnectionError).toHaveProperty('requestId', undefined);
});

test('JSON of an error has its name, code, message and fields', () => {
  const refusal = {
    status: 429,
    method: 'GET',
    path: '/items/1',
    requestId: 'abcd',
    retryAfter: 5000,
    reason: 'Slow down',
  };
  const error = new tideway.RateLimitError({ ...refusal, body: 'Slow down\nplease' });
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    name: 'RateLimitError',
    code: 'ERR_RATE_LIMIT',
    message: 'GET /items/1 answered 429: Slow down',
    ...refusal,
  });
});
