import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEmulator } from 'tideway/emulator';
import { serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, open, send } from '../helpers/raw-http.ts';

function* many(): Generator<object> {
  for (let n = 0; n < 200_000; n += 1) yield { n, text: 'x'.repeat(100) };
}

describe('an emulator on a socket', () => {
  test('says where it is, with both bases on one port', async () => {
    await using server = await serveEmulator({ projects: [1] });
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(server.endpoint).toBe(`${server.url}/`);
    expect(server.dashEndpoint).toBe(`${server.url}/api/`);
    const headers = { authorization: basic(server.emulator.apiKey) };
    expect((await fetch(new URL('system/ts', server.endpoint))).status).toBe(200);
    expect((await fetch(new URL('scrapyd/listprojects.json', server.dashEndpoint), { headers })).status).toBe(200);
  });

  test('takes an emulator that exists, which outlives it', async () => {
    const emulator = createEmulator({ projects: [1] });
    const server = await serveEmulator({ emulator });
    expect(server.emulator).toBe(emulator);
    await server.close();
    expect((await emulator.fetch('https://storage.zyte.com/system/ts')).status).toBe(200);
    await expect(serveEmulator({ emulator, projects: [1] })).rejects.toThrow('Expected `emulator` without options');
  });

  test('refuses a port that cannot be', async () => {
    await expect(serveEmulator({ port: 70_000 })).rejects.toThrow(
      'Expected `port` to be an integer from 0 to 65535, got `70000` (number)',
    );
    await using server = await serveEmulator();
    await expect(serveEmulator({ port: Number(new URL(server.url).port) })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });

  test('sends no faster than the client reads', async () => {
    await using server = await serveEmulator({ projects: [1], seed: { jobs: [{ spider: 'a', items: many() }] } });
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET /items/1/1/1 HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(server.emulator.apiKey)}\r\n\r\n`);
    let received = 0;
    socket.once('data', (piece) => {
      received += piece.length;
      socket.pause();
    });
    await sleep(200);
    const before = process.memoryUsage().arrayBuffers;
    await sleep(200);
    // Twenty megabytes wait, but not in buffers of the server.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2_000_000);
    expect(received).toBeLessThan(1_000_000);
    socket.destroy();
  });

  test('stops making a body when its client leaves', async () => {
    let aborted = 0;
    const emulator = createEmulator({ projects: [1], seed: { jobs: [{ spider: 'a', items: many() }] } });
    const handle = emulator.handle;
    const watched = {
      ...emulator,
      handle: (request: Request) => {
        request.signal.addEventListener('abort', () => {
          aborted += 1;
        });
        return handle(request);
      },
    };
    await using server = await serveEmulator({ emulator: watched });
    const headers = { authorization: basic(emulator.apiKey) };
    const message = await open(server.url, { path: '/items/1/1/1', headers });
    await new Promise((resolve) => message.once('data', resolve));
    message.on('error', () => {});
    message.destroy();
    await expect.poll(() => aborted).toBe(1);
    expect((await send(server.url, { path: '/system/ts' })).status).toBe(200);
  });

  test('closes with streams and idle connections open, and frees its port', async () => {
    const emulator = createEmulator({
      projects: [1],
      faults: [
        { path: '/items/1/1/1', stallAfterRecords: 1 },
        { path: '/system/ts', latency: 60_000 },
      ],
      seed: { jobs: [{ spider: 'a', items: [{ n: 1 }, { n: 2 }] }] },
    });
    let asked = 0;
    const handle = (request: Request): ReturnType<typeof emulator.handle> => {
      asked += 1;
      return emulator.handle(request);
    };
    const server = await serveEmulator({ emulator: { ...emulator, handle } });
    const { hostname, port } = new URL(server.url);
    const idle = connect(Number(port), hostname);
    const idleClosed = new Promise((resolve) => idle.once('close', resolve));
    idle.on('error', () => {});
    const headers = { authorization: basic(server.emulator.apiKey) };
    const streaming = await open(server.url, { path: '/items/1/1/1', headers });
    const broken = new Promise((resolve) => streaming.once('error', resolve));
    const first = await new Promise((resolve) => streaming.once('data', (piece) => resolve(String(piece))));
    expect(first).toBe('{"n":1}\n');
    const waiting = send(server.url, { path: '/system/ts' }).catch((error: unknown) => error);
    await expect.poll(() => asked).toBe(2);
    // The answer under way would take a minute, and the test has less.
    await server.close();
    expect(await broken).toBeInstanceOf(Error);
    expect(await waiting).toBeInstanceOf(Error);
    await idleClosed;
    const again = await serveEmulator({ port: Number(port) });
    await again.close();
    await server.close();
  });
});

test.each([
  [401, 'POST', '/items/1/1/1', 'nobody'],
  [404, 'POST', '/nothing', undefined],
  [405, 'DELETE', '/activity/1', undefined],
  [400, 'POST', '/items/1/1/1?start=x', undefined],
  [413, 'POST', '/items/1/1/1', undefined],
  [200, 'GET', '/system/ts', undefined],
])(
  '%i comes also to a client that sends all of a large body first, and its connection is kept',
  async (status, method, path, user) => {
    await using server = await serveEmulator({ projects: [1], maxBodyBytes: 1_000_000 });
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const head = (length: number): string =>
      `host: x\r\nauthorization: ${basic(user ?? server.emulator.apiKey)}\r\ncontent-length: ${length}\r\n\r\n`;
    const body = '{"a":"filled with a good deal of text"}\n'.repeat(400_000);
    let received = '';
    const ended = new Promise<void>((resolve) => {
      socket.on('error', () => resolve());
      socket.on('close', () => resolve());
      socket.on('data', (piece) => {
        received += piece;
        if (/\b\d{13}$/.test(received) && received.split('HTTP/1.1').length === 3) resolve();
      });
    });
    socket.pause();
    socket.write(`${method} ${path} HTTP/1.1\r\n${head(body.length)}`);
    await new Promise<void>((resolve) => {
      socket.on('close', () => resolve());
      socket.write(body, () => resolve());
    });
    // The next request goes over the same connection.
    socket.write(`GET /system/ts HTTP/1.1\r\n${head(0)}`);
    socket.resume();
    await ended;
    socket.destroy();
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`, 'HTTP/1.1 200']);
  },
);
