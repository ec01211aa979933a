import { type AddressInfo, createServer, type Socket } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { constants, createGzip, gzipSync } from 'node:zlib';
import { Connection, isBodyTooLargeError, isConnectionError, isDecodeError, isTimeoutError, path } from 'tideway';
import { expect, test } from 'vitest';
import { prints } from '../helpers/prints.ts';
import { rejection } from '../helpers/rejection.ts';
import { startServer } from '../helpers/server.ts';

const once = { retry: false } as const;

/** A server that answers with bytes as they are, for what no HTTP server would write. */
async function rawServer(answer: (socket: Socket) => void): Promise<AsyncDisposable & { readonly url: string }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

test('A server that resets the connection is a ConnectionError that says what happened', async () => {
  await using server = await rawServer((socket) => socket.resetAndDestroy());
  const error = await rejection(new Connection({ endpoint: server.url, ...once }).json(path`/items/${1}`));
  expect(error).toSatisfy(isConnectionError);
  expect(error).toMatchObject({
    code: 'ERR_CONNECTION',
    message: 'GET /items/1 got no answer',
    requestId: expect.stringMatching(/^\w+$/),
    cause: { name: 'TypeError', message: 'fetch failed', cause: { code: 'ECONNRESET' } },
  });
});

test('A server that closes the connection without an answer is a ConnectionError', async () => {
  await using server = await rawServer((socket) => socket.end());
  expect(await rejection(new Connection({ endpoint: server.url, ...once }).json(path`/items`))).toSatisfy(
    isConnectionError,
  );
});

test('A server that is not there, and a name that does not exist, are ConnectionErrors', async () => {
  const server = await startServer(() => {});
  await server.close();
  expect(await rejection(new Connection({ endpoint: server.url, ...once }).json(path`/items`))).toMatchObject({
    code: 'ERR_CONNECTION',
    cause: { cause: { code: 'ECONNREFUSED' } },
  });
  const nowhere = new Connection({ endpoint: 'http://nowhere.invalid/', ...once });
  expect(await rejection(nowhere.json(path`/items`))).toSatisfy(isConnectionError);
});

test('A server that speaks no HTTP is a ConnectionError', async () => {
  await using server = await rawServer((socket) => socket.end('220 mail.example ESMTP SECRET\r\n'));
  expect(await rejection(new Connection({ endpoint: server.url, ...once }).json(path`/items`))).toSatisfy(
    isConnectionError,
  );
});

test('A server that never answers is a TimeoutError', async () => {
  await using server = await rawServer(() => {});
  const connection = new Connection({ endpoint: server.url, timeout: 20, ...once });
  expect(await rejection(connection.json(path`/items`))).toSatisfy(isTimeoutError);
});

test('A server that sends half of its headers and stalls is a TimeoutError', async () => {
  await using server = await rawServer((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-'));
  const connection = new Connection({ endpoint: server.url, timeout: 30, ...once });
  expect(await rejection(connection.json(path`/items`))).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'headers' });
});

test('A body that is shorter than announced is a ConnectionError, not an answer', async () => {
  await using server = await rawServer((socket) =>
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"some":"json"}'),
  );
  const connection = new Connection({ endpoint: server.url, ...once });
  expect(await rejection(connection.json(path`/items/${1}`))).toMatchObject({
    code: 'ERR_CONNECTION',
    message: expect.stringContaining('GET /items/1'),
    requestId: expect.stringMatching(/^\w+$/),
  });
  expect(await rejection(connection.text(path`/items`))).toSatisfy(isConnectionError);
  const response = await connection.request(path`/items`);
  expect(await rejection(response.text())).toSatisfy(isConnectionError);
});

test('A chunked body that is cut is a ConnectionError, not an answer', async () => {
  await using server = await rawServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nf\r\n{"some":"json"}\r\n');
    setTimeout(() => socket.destroy(), 5);
  });
  expect(await rejection(new Connection({ endpoint: server.url }).json(path`/items`))).toSatisfy(isConnectionError);
});

test('Half of a JSON text is a DecodeError without the text', async () => {
  await using server = await startServer((response) => {
    response.end('{"password":"SECRET","ha');
  });
  const error = await rejection(new Connection({ endpoint: server.url }).json(path`/items/${1}`));
  expect(error).toSatisfy(isDecodeError);
  expect(error).toMatchObject({ code: 'ERR_DECODE', line: 1, message: expect.stringContaining('GET /items/1') });
  expect(prints(error)).not.toMatch(/SECRET|password/);
});

test('HTML where JSON is due is a DecodeError without the text', async () => {
  await using server = await startServer((response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body><h1>SECRET page</h1></body></html>');
  });
  const error = await rejection(new Connection({ endpoint: server.url }).json(path`/items`, { method: 'POST' }));
  expect(error).toSatisfy(isDecodeError);
  expect(error).toHaveProperty('message', expect.stringContaining('POST /items'));
  expect(prints(error)).not.toMatch(/SECRET|html/);
  expect(server.requests).toHaveLength(1);
});

test('What says that it is gzip and is not is a ConnectionError', async () => {
  await using server = await startServer((response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end('SECRET, no gzip');
  });
  const error = await rejection(new Connection({ endpoint: server.url }).json(path`/items`));
  expect(error).toSatisfy(isConnectionError);
  expect(prints(error)).not.toContain('SECRET');
});

test('Half of a gzip body is no answer of JSON', async () => {
  const whole = gzipSync(JSON.stringify(Array.from({ length: 1000 }, (_, index) => index)));
  await using server = await startServer((response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(whole.subarray(0, whole.length / 2));
  });
  // Node ends such a body as if it were whole.
  expect(await rejection(new Connection({ endpoint: server.url }).json(path`/items`))).toSatisfy(
    (error) => isConnectionError(error) || isDecodeError(error),
  );
});

test('A refusal whose explanation breaks is that refusal', async () => {
  const bodies: ((socket: Socket) => void)[] = [
    (socket) => socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 100\r\n\r\nNot'),
    (socket) => socket.end('HTTP/1.1 404 Not Found\r\ncontent-encoding: gzip\r\ncontent-length: 7\r\n\r\nno gzip'),
    (socket) => {
      socket.write('HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n3\r\nNot\r\n');
      setTimeout(() => socket.resetAndDestroy(), 5);
    },
  ];
  for (const answer of bodies) {
    await using server = await rawServer(answer);
    const error = await rejection(new Connection({ endpoint: server.url, auth: 'KEY' }).json(path`/items`));
    expect(error).toMatchObject({ code: 'ERR_NOT_FOUND', status: 404, path: '/items' });
  }
});

test('Of an explanation of 10 MB, 64 KiB are kept and the connection is closed', async () => {
  const pieces = Array.from({ length: 160 }, () => Buffer.alloc(64 * 1024, 'x'));
  await using server = await startServer((response) => {
    response.writeHead(400, { 'content-type': 'text/plain' });
    pipeline(Readable.from(pieces), response, () => {});
  });
  const error = await rejection(new Connection({ endpoint: server.url }).json(path`/items`));
  expect(error).toMatchObject({ code: 'ERR_BAD_REQUEST', status: 400, reason: 'x'.repeat(200) });
  expect((error as { body: string }).body).toHaveLength(64 * 1024);
  await expect.poll(() => server.sockets()).toBe(0);
});

test('Of a bomb of gzip as an explanation, 64 KiB are kept', async () => {
  await using server = await startServer((response) => {
    response.writeHead(500, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50 * 1024 * 1024, 'x')));
  });
  const error = await rejection(new Connection({ endpoint: server.url }).json(path`/items`));
  expect(error).toMatchObject({ code: 'ERR_SERVER', status: 500 });
  expect((error as { body: string }).body).toHaveLength(64 * 1024);
});

test('Text that is cut within a character stays text', async () => {
  await using server = await startServer((response) => {
    response.writeHead(400).end(`a${'✓'.repeat(64 * 1024)}`);
  });
  const error = (await rejection(new Connection({ endpoint: server.url }).json(path`/items`))) as { body: string };
  expect(Buffer.byteLength(error.body)).toBeLessThanOrEqual(64 * 1024 + 3);
  expect(error.body.startsWith('a✓✓')).toBe(true);
});

test('A bomb of gzip as an answer is an error at 128 MiB', async () => {
  await using server = await startServer((response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    const gzip = createGzip({ level: constants.Z_BEST_SPEED });
    gzip.pipe(response);
    const piece = Buffer.alloc(1024 * 1024, ' ');
    response.on('close', () => gzip.destroy());
    gzip.on('error', () => {});
    const write = (): void => {
      while (!gzip.destroyed && gzip.write(piece));
      if (!gzip.destroyed) gzip.once('drain', write);
    };
    write();
  });
  const error = await rejection(new Connection({ endpoint: server.url }).json(path`/items`));
  expect(error).toSatisfy(isBodyTooLargeError);
  expect(error).toHaveProperty('limit', 128 * 1024 * 1024);
  expect(error).toHaveProperty('message', expect.stringContaining('/items'));
  await expect.poll(() => server.sockets()).toBe(0);
});
