import {
  delimited,
  type Framing,
  jsonLines,
  jsonSequence,
  lengthPrefixed,
  lines,
  type Sign,
  sse,
  Tide,
} from 'tideway/tide';
import { describe, expect, it, vi } from 'vitest';
import { prints } from '../helpers/prints.ts';
import { rejection } from '../helpers/rejection.ts';
import { startServer } from '../helpers/server.ts';

/** Every stream begins with a record; what it ends in is half of another. */
const HALVES: readonly (readonly [where: string, framing: Framing<unknown>, whole: string, half: string])[] = [
  ['a string', jsonLines(), '1\n', '"kettle \\'],
  ['a word', jsonLines(), '1\n', 'fals'],
  ['a number', jsonLines(), '1\n', '-'],
  ['a character', lines(), '1\n', '\xc3'],
  ['a character of a string', jsonLines(), '1\n', '"\xc3'],
  ['a text of a sequence', jsonSequence(), '\x1e1\n', '\x1e"ket'],
  ['a record with a delimiter', delimited('\r\n', { as: 'json' }), '1\r\n', '"ket'],
  ['a length', lengthPrefixed(), '1\r\n1', '12'],
  ['the space behind a length', lengthPrefixed(), '1\r\n1', '12\r\n'],
  ['a record with a length', lengthPrefixed(), '1\r\n1', '12\r\nket'],
];

describe('A body that ends in good order, but inside', () => {
  it.each(HALVES)('%s is a break, and is replaced', async (_, framing, whole, half) => {
    await using server = await startServer((response, __, count) => {
      response.end(Buffer.from(count < 3 ? whole + half : whole, 'latin1'));
    });
    expect(await rejection(new Tide(server.url, { framing }).on())).toHaveProperty('code', 'ERR_CONNECTION');
    const tide = new Tide(server.url, { framing, reconnect: { network: 1 } });
    expect(await tide.on()).toMatchObject({ delivered: 2, reason: 'end' });
    expect(server.requests).toHaveLength(3);
  });

  it.each([
    ['jsonLines()', jsonLines()],
    ['jsonSequence()', jsonSequence()],
    ['sse()', sse()],
    ['lengthPrefixed()', lengthPrefixed()],
    ["delimited(';', { as: 'json' })", delimited(';', { as: 'json' })],
  ])('HTML is none: it is an error of %s, and no other attempt is made', async (_, framing) => {
    await using server = await startServer((response) => void response.end('\n<html>SECRET</html>'));
    const error = await rejection(new Tide(server.url, { framing, reconnect: { network: 1 } }).on());
    expect(error).toHaveProperty('code', 'ERR_DECODE');
    expect(prints(error)).not.toContain('SECRET');
    expect(server.requests).toHaveLength(1);
  });
});

describe('The id of the last event', () => {
  it('is sent as the bytes of its UTF-8', async () => {
    await using server = await startServer((response, _, count) => {
      if (count === 1) response.writeHead(200).write('id: é→😀\ndata: 1\n\n', () => response.destroy());
      else response.end('data: 2\n\n');
    });
    const tide = new Tide(server.url, { framing: sse(), reconnect: { network: 1 } });
    expect((await tide.records().toArray()).map(({ data }) => data)).toEqual(['1', '2']);
    expect(Buffer.from(String(server.requests[1]?.headers['last-event-id']), 'latin1').toString()).toBe('é→😀');
  });

  it('is not that of an event which was cut before its end', async () => {
    await using server = await startServer((response, _, count) => {
      if (count === 1) response.writeHead(200).write('id: 1\ndata: 1\n\nid: 2\ndata: 2\n', () => response.destroy());
      else response.end('data: 2\n\n');
    });
    const tide = new Tide(server.url, { framing: sse(), reconnect: { network: 1 } });
    expect(await tide.records().toArray()).toHaveLength(2);
    expect(server.requests[1]?.headers['last-event-id']).toBe('1');
  });
});

describe('What a user answers with that is no request', () => {
  it.each(['http://localhost/?SECRET', 5, undefined])('as `resume` may, is an error: %j', async (answer) => {
    await using server = await startServer((response) => void response.write('1\n', () => response.destroy()));
    const resume = (): Request => answer as unknown as Request;
    const error = await rejection(
      new Tide(server.url, { framing: jsonLines(), reconnect: { network: 1, resume } }).on(),
    );
    expect(error).toMatchObject({ code: 'ERR_CONFIGURATION', message: expect.stringContaining('`resume`') });
    expect(prints(error)).not.toContain('SECRET');
    expect(server.requests).toHaveLength(1);
  });

  it('as `sign` may, is an error, and is not shown', async () => {
    const sign = (() => 'Bearer SECRET') as unknown as Sign;
    const error = await rejection(new Tide('http://localhost/', { framing: jsonLines(), sign }).on());
    expect(error).toMatchObject({ code: 'ERR_CONFIGURATION', message: expect.stringContaining('`sign`') });
    expect(prints(error)).not.toContain('SECRET');
  });

  it('as `resume` may throw, comes out as it is', async () => {
    await using server = await startServer((response) => void response.write('1\n', () => response.destroy()));
    const failure = new Error('No such record');
    const resume = (): never => {
      throw failure;
    };
    const tide = new Tide(server.url, { framing: jsonLines(), reconnect: { network: 1, resume } });
    expect(await rejection(tide.on())).toBe(failure);
    expect(tide.state).toBe('idle');
  });
});

describe('A wait that is longer than a timer can be', () => {
  it.each([
    ['what the server asks for', {}],
    ['a wait without an end', { rateLimit: Number.POSITIVE_INFINITY }],
  ])('is waited for all the same: %s', async (_, reconnect) => {
    const told = vi.fn();
    await using server = await startServer((response) => {
      response.writeHead(429, 'rateLimit' in reconnect ? {} : { 'retry-after': '9'.repeat(30) }).end();
    });
    const tide = new Tide(server.url, {
      framing: jsonLines(),
      reconnect: { longest: Number.POSITIVE_INFINITY, ...reconnect },
      onReconnect: told,
    });
    const run = tide.on();
    await expect.poll(() => tide.state).toBe('waiting');
    // A timer that is told too much fires at once: the next attempt would follow within a millisecond.
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(told).toHaveBeenCalledOnce();
    tide.off();
    expect((await run).reason).toBe('off');
    expect(server.requests).toHaveLength(1);
  });
});
