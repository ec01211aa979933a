import { ConfigurationError, ConnectionError, type DownloadOptions, UnauthorizedError } from 'tideway';
import { serveEmulator } from 'tideway/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { cloudOf } from '../helpers/cloud-of.ts';
import { rejection } from '../helpers/rejection.ts';
import { deferred } from '../helpers/server.ts';
import { type StorageServer, storageServer } from '../helpers/storage-server.ts';
import { untilOver } from '../helpers/until-over.ts';

let server: StorageServer;
beforeEach(async () => {
  server = untilOver(await storageServer());
});

const download = (options: DownloadOptions): ReadableStream<Uint8Array<ArrayBuffer>> =>
  server.cloud().getJob('1/2/3').items.download(options);
const text = (stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> => new Response(stream).text();
const sent = (): Record<string, string> => Object.fromEntries(server.requests.at(-1)?.query ?? []);

describe('`download`', () => {
  it.each<[DownloadOptions, Record<string, string>]>([
    [{ format: 'jl' }, { format: 'jl' }],
    [{ format: 'json' }, { format: 'json' }],
    [{ format: 'xml' }, { format: 'xml' }],
    [{ format: 'text' }, { format: 'text' }],
    [{ format: 'html' }, { format: 'html' }],
    [
      { format: 'csv', fields: ['a', 'b'] },
      { format: 'csv', fields: 'a,b' },
    ],
    [
      { format: 'csv', fields: ['a'], includeHeaders: true, sep: ';', quote: "'", escape: '\\', lineend: '\r\n' },
      { format: 'csv', fields: 'a', include_headers: '1', sep: ';', quote: "'", escape: '\\', lineend: '\r\n' },
    ],
    [
      { format: 'jl', count: 5, offset: 3, meta: '_key', filter: ['a', '>', [1]] },
      { format: 'jl', count: '5', start: '1/2/3/3', meta: '_key', filter: '["a",">",[1]]' },
    ],
  ])('asks for %j', async (options, expected) => {
    server.respond = () => ({ body: 'bytes' });
    expect(await text(download(options))).toBe('bytes');
    expect(sent()).toEqual(expected);
    expect(server.requests[0]).toMatchObject({ method: 'GET', path: '/items/1/2/3' });
  });

  it('asks for msgpack by its type', async () => {
    server.respond = () => ({ body: new Uint8Array([0x81, 0xa1, 0x61, 0x01]) });
    expect(await new Response(download({ format: 'msgpack' })).bytes()).toEqual(new Uint8Array([0x81, 0xa1, 0x61, 1]));
    expect(server.requests[0]?.headers.accept).toBe('application/x-msgpack');
    expect(sent()).toEqual({});
  });

  it('asks when it is pulled, not before', async () => {
    const stream = download({ format: 'json' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.requests).toHaveLength(0);
    await stream.cancel();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.requests).toHaveLength(0);
  });

  it('frees the socket when it is cancelled in the middle', async () => {
    server.respond = () => ({ body: 'some bytes, and then nothing', stallAfter: 10 });
    const reader = download({ format: 'json' }).getReader();
    await reader.read();
    await reader.cancel();
    expect(await server.requests[0]?.ended).toBe('left');
  });

  it('frees the socket when it is cancelled while the headers are waited for', async () => {
    const arrived = deferred();
    server.respond = () => {
      arrived.resolve();
      return { after: deferred().promise };
    };
    const reader = download({ format: 'json' }).getReader();
    const waiting = reader.read();
    await arrived.promise;
    await reader.cancel();
    expect(await server.requests[0]?.ended).toBe('left');
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it('is ended by its signal, with the reason', async () => {
    server.respond = () => ({ body: 'some bytes, and then nothing', stallAfter: 10 });
    const controller = new AbortController();
    const reason = new Error('enough');
    const reader = download({ format: 'json', signal: controller.signal }).getReader();
    await reader.read();
    controller.abort(reason);
    expect(await rejection(reader.read())).toBe(reason);
    expect(await server.requests[0]?.ended).toBe('left');
  });

  it('ends in an error when it breaks: bytes cannot be resumed', async () => {
    server.respond = () => ({ body: 'some bytes, and then nothing', cutAfter: 10 });
    expect(await rejection(text(download({ format: 'json' })))).toBeInstanceOf(ConnectionError);
    expect(server.requests).toHaveLength(1);
  });

  it('ends in an error when it stalls', async () => {
    server.respond = () => ({ body: 'some bytes, and then nothing', stallAfter: 10 });
    const error = await rejection(text(download({ format: 'json', idleTimeout: 30 })));
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'idle' });
  });

  it('ends in an error when it is refused', async () => {
    server.respond = () => ({ status: 401, body: 'Unauthorized\n' });
    expect(await rejection(text(download({ format: 'json' })))).toBeInstanceOf(UnauthorizedError);
  });

  it.each<[string, unknown]>([
    ['`format`', { format: 'pdf' }],
    ['`format`', {}],
    ['`fields`', { format: 'csv' }],
    ['`fields`', { format: 'csv', fields: [] }],
    ['`count`', { format: 'json', count: -1 }],
    ['`offset`', { format: 'json', offset: 1.5 }],
    ['`filter`', { format: 'json', filter: 'oops' }],
  ])('refuses what cannot be: %s of %j', async (name, options) => {
    const reading = async (): Promise<string> => text(download(options as DownloadOptions));
    const error = await rejection(reading());
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain(name);
    expect(server.requests).toHaveLength(0);
  });

  it('holds the server up while nobody reads', async () => {
    const chunk = new Uint8Array(64 * 1024);
    let written = 0;
    server.respond = () => ({
      body: (async function* () {
        for (; written < 2000; written++) yield chunk;
      })(),
    });
    const reader = download({ format: 'json' }).getReader();
    await reader.read();
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(written * chunk.length).toBeLessThan(24 * 1024 * 1024);
    await reader.cancel();
  });

  it('gives what the emulator writes', async () => {
    await using emulated = await serveEmulator({
      projects: [1],
      seed: {
        jobs: [
          {
            spider: 'quotes',
            items: [
              { a: 1, b: 'x' },
              { a: 2, b: 'y;"' },
            ],
            logs: [{ message: 'hello', level: 20, time: 5 }],
          },
        ],
      },
    });
    const job = cloudOf(emulated).getJob('1/1/1');
    const csv = await text(job.items.download({ format: 'csv', fields: ['b', 'a'], includeHeaders: true }));
    expect(csv.split(/\r?\n/).slice(0, 2)).toEqual(['b,a', 'x,1']);
    expect(JSON.parse(await text(job.items.download({ format: 'json' })))).toEqual([
      { a: 1, b: 'x' },
      { a: 2, b: 'y;"' },
    ]);
    expect(await text(job.items.download({ format: 'jl', offset: 1, meta: '_key' }))).toBe(
      '{"a":2,"b":"y;\\"","_key":"1/1/1/1"}\n',
    );
    // Of logs the server knows the columns.
    expect(await text(job.logs.download({ format: 'csv' }))).toContain('hello');
  });
});
