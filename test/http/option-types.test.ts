import { inspect } from 'node:util';
import { ConfigurationError, Connection, type ConnectionOptions, isDecodeError, NotFoundError, path } from 'tideway';
import { describe, expect, it } from 'vitest';
import { rejection } from '../helpers/rejection.ts';

const answering = (body: string): Connection => new Connection({ fetch: async () => new Response(body) });

describe('An option of a wrong type', () => {
  it.each([
    ['fetch', 'https://example.com'],
    ['hooks', () => {}],
    ['logger', 'console'],
    ['signal', 'stop'],
    ['userAgent', 7],
    ['retry', 5],
  ])('%s is refused, and the message names it', (name, value) => {
    const options = { [name]: value } as unknown as ConnectionOptions;
    expect(() => new Connection(options)).toThrow(ConfigurationError);
    expect(() => new Connection(options)).toThrow(`Expected \`${name}\` to be of type`);
  });

  it('is refused of a call, too', async () => {
    const error = await rejection(answering('1').json(path`/x`, { retry: 5 } as never));
    expect(error).toBeInstanceOf(ConfigurationError);
  });
});

describe('An answer that is not JSON', () => {
  it('is an error that tells line and position, and shows nothing of it', async () => {
    const error = await rejection(answering('{\n  "secret": tru }').json(path`/x`));
    expect(isDecodeError(error)).toBe(true);
    expect(error).toMatchObject({ line: 2, position: 12 });
    expect(inspect(error)).not.toContain('secret');
  });
});

describe('An error that holds a body', () => {
  it('does not show it where Node is told to call getters', () => {
    const error = new NotFoundError({ status: 404, method: 'GET', path: '/x', body: 'hunter2' });
    expect(error.body).toBe('hunter2');
    expect(inspect({ error }, { depth: null, showHidden: true, getters: true })).not.toContain('hunter2');
    expect(inspect(error)).toMatch(/^NotFoundError: GET \/x answered 404/);
  });
});
