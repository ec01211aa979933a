import { once } from 'node:events';
import { createGzip } from 'node:zlib';
import { isApiError } from 'tideway';
import { jsonLines, Tide } from 'tideway/tide';
import { describe, expect, it } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { deferred, startServer } from '../helpers/server.ts';

/** The most of an error's body that is kept, in bytes. */
const KEPT = 64 * 1024;

describe('The body of a refusal', () => {
  it('is kept up to a bound, and an endless one is left', async () => {
    await using server = await startServer((response) => {
      response.writeHead(503);
      const write = (): void => {
        while (!response.destroyed) if (!response.write('x'.repeat(9_999))) return void response.once('drain', write);
      };
      write();
    });
    const error = await rejection(new Tide(server.url, { framing: jsonLines() }).on());
    expect(error).toMatchObject({ status: 503, body: 'x'.repeat(KEPT) });
    await expect.poll(() => server.sockets()).toBe(0);
  });

  it('hides no status where it does not come to its end', async () => {
    await using server = await startServer(
      (response) => void response.writeHead(429, { 'retry-after': '3' }).write('x'),
    );
    const error = await rejection(new Tide(server.url, { framing: jsonLines(), timeout: 100 }).on());
    // Before the headers a busy machine may have let the time pass.
    if (isApiError(error)) expect(error).toMatchObject({ status: 429, retryAfter: 3_000 });
    else expect(error).toHaveProperty('phase', 'headers');
    await expect.poll(() => server.sockets()).toBe(0);
  });

  it.each([
    ['a date', new Date(Date.now() + 86_400_000).toUTCString(), 80_000_000, 90_000_000],
    ['no time at all', 'in a while', undefined, undefined],
    ['less than nothing', '-5', undefined, undefined],
  ])('comes with the wait that the server asks for, be it %s', async (_, after, from, to) => {
    await using server = await startServer((response) => void response.writeHead(420, { 'retry-after': after }).end());
    const { retryAfter } = (await rejection(new Tide(server.url, { framing: jsonLines() }).on())) as {
      readonly retryAfter?: number;
    };
    if (from === undefined) expect(retryAfter).toBeUndefined();
    else {
      expect(retryAfter).toBeGreaterThan(from);
      expect(retryAfter).toBeLessThan(to);
    }
  });
});

describe('An answer without a body', () => {
  it.each([
    [204, 'GET'],
    [205, 'GET'],
    [200, 'GET'],
    [200, 'HEAD'],
  ])('with status %d to %s is a stream without records', async (status, method) => {
    await using server = await startServer((response) => void response.writeHead(status).end());
    const tide = new Tide(server.url, { framing: jsonLines(), method });
    expect(await tide.on()).toMatchObject({ status, delivered: 0, bytes: 0, reason: 'end' });
    expect(tide.state).toBe('idle');
  });

  it('with status 304 is an error: there is nothing that was not modified', async () => {
    await using server = await startServer((response) => void response.writeHead(304).end());
    expect(await rejection(new Tide(server.url, { framing: jsonLines() }).on())).toHaveProperty('status', 304);
  });
});

describe('A compressed stream', () => {
  it('brings each record as soon as the server has flushed it', async () => {
    const seen = [deferred(), deferred(), deferred()];
    await using server = await startServer(async (response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      const gzip = createGzip();
      gzip.pipe(response);
      for (const [n, { promise }] of seen.entries()) {
        gzip.write(`${n}\n`);
        gzip.flush();
        // The next one is written when this one was read.
        await promise;
      }
    });
    const tide = new Tide(server.url, { framing: jsonLines<number>() });
    for await (const n of tide.records({ limit: 3 })) seen[n]?.resolve();
    expect(tide.run).toMatchObject({ delivered: 3, bytes: 6, reason: 'limit' });
    await expect.poll(() => server.sockets()).toBe(0);
  });

  it('that is cut delivers what was whole, and fails', async () => {
    await using server = await startServer(async (response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      const gzip = createGzip();
      gzip.pipe(response);
      gzip.write('0\n1\n');
      gzip.flush();
      await once(gzip, 'data');
      response.write('', () => response.destroy());
    });
    const tide = new Tide(server.url, { framing: jsonLines<number>() });
    expect(await rejection(tide.on())).toHaveProperty('code', 'ERR_CONNECTION');
    expect(await tide.counter.read()).toMatchObject({ count: await tide.queue.size() });
  });

  it('that is none, although it says so, is a break', async () => {
    await using server = await startServer((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('0\n');
    });
    expect(await rejection(new Tide(server.url, { framing: jsonLines() }).on())).toHaveProperty(
      'code',
      'ERR_CONNECTION',
    );
  });
});
