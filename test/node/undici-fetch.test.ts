import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createRawServer } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { undiciFetch } from 'tideway/node';
import { Agent } from 'undici';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { rejection, thrown } from '../helpers/rejection.ts';
import { deferred, type Handler, startServer, type TestServer } from '../helpers/server.ts';

let server: TestServer;
let raw: ReturnType<typeof createRawServer> | Server | undefined;
const fetch = undiciFetch();

afterEach(async () => {
  await server?.close();
  raw?.close();
  raw = undefined;
});

async function open(handler: Handler): Promise<string> {
  server = await startServer(handler);
  return server.url;
}

/** A server that says what it is told, whatever HTTP has to say about it. */
async function openRaw(answer: string, thenCloses = true): Promise<string> {
  const listener = createRawServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(answer);
      if (thenCloses) socket.end();
    });
  });
  raw = listener;
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`;
}

describe('what undiciFetch answers with', () => {
  it('is a Response as fetch would give it', async () => {
    const url = await open((response) => {
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.writeHead(404, 'Nothing Here', { 'content-type': 'application/json', 'x-a': 'b' });
      response.end('{"a":"世界"}');
    });
    const [own, platform] = await Promise.all([fetch(`${url}a?b#c`), globalThis.fetch(`${url}a?b#c`)]);
    for (const response of [own, platform]) {
      expect(response).toBeInstanceOf(Response);
      const { headers, ok, redirected, status, statusText, url: from } = response;
      expect({ ok, redirected, status, statusText, from: from.replace(/#.*/, '') }).toEqual({
        ok: false,
        redirected: false,
        status: 404,
        statusText: 'Nothing Here',
        from: `${url}a?b`,
      });
      expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
      expect(headers.get('x-a')).toBe('b');
      expect(await response.json()).toEqual({ a: '世界' });
    }
  });

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['gzip, br', (bytes: Buffer) => brotliCompressSync(gzipSync(bytes))],
    ['GZIP', gzipSync],
    ['identity', (bytes: Buffer) => bytes],
  ])('is decoded: %s', async (encoding, encode) => {
    const text = 'plain text '.repeat(10_000);
    const url = await open((response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(encode(Buffer.from(text)));
    });
    expect(await (await fetch(url)).text()).toBe(text);
  });

  it('has no body where there is none', async () => {
    const url = await open((response, { url: path }) => {
      response.writeHead(Number(path.slice(1)) || 200, { 'content-encoding': 'gzip' }).end();
    });
    for (const status of [204, 304]) expect((await fetch(`${url}${status}`)).body).toBeNull();
    expect((await fetch(url, { method: 'HEAD' })).body).toBeNull();
  });

  it('comes as it is read, and no faster', async () => {
    let written = 0;
    const url = await open(async (response) => {
      const chunk = Buffer.alloc(64 * 1024);
      for (; written < 100_000_000 && !response.destroyed; written += chunk.length) {
        if (response.write(chunk)) continue;
        const { promise, resolve } = deferred();
        response.once('drain', resolve).once('close', resolve);
        await promise;
        response.off('drain', resolve).off('close', resolve);
      }
      response.end();
    });
    const reader = (await fetch(url)).body?.getReader();
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
    let before = -1;
    for (let still = 0; still < 10; still = written === before ? still + 1 : 0) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(written).toBeLessThan(30_000_000);
    await reader?.cancel();
  });

  it('is whole, however long it is', async () => {
    const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, n) => (n * 31) & 255));
    const url = await open((response) => void response.end(bytes));
    const body = Buffer.from(await (await fetch(url)).arrayBuffer());
    expect(body.equals(bytes)).toBe(true);
  });

  it('passes by what comes before it', async () => {
    const url = await open((response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.end('answer');
    });
    expect(await (await fetch(url)).text()).toBe('answer');
  });

  it('frees the socket when its body is cancelled', async () => {
    const left = deferred();
    const url = await open((response) => {
      response.once('close', left.resolve);
      response.write('first');
    });
    await (await fetch(url)).body?.cancel();
    await left.promise;
  });
});

describe('what undiciFetch sends', () => {
  const echo: Handler = (response, { body, headers, method, url }) =>
    void response.end(JSON.stringify({ method, url, body, headers }));

  it.each([
    ['text', 'hello', 'text/plain;charset=UTF-8', '5'],
    ['bytes', new Uint8Array([104, 105]), undefined, '2'],
    ['a form', new URLSearchParams({ a: 'b c' }), 'application/x-www-form-urlencoded;charset=UTF-8', '5'],
    ['a blob', new Blob(['{}'], { type: 'application/json' }), 'application/json', '2'],
  ])('has the type and the length of %s', async (_, body, type, length) => {
    const url = await open(echo);
    const { headers, method } = await (await fetch(url, { method: 'POST', body })).json();
    expect([method, headers['content-type'], headers['content-length']]).toEqual(['POST', type, length]);
  });

  it('has the length of the body of a Request', async () => {
    const url = await open(echo);
    const request = new Request(url, { method: 'PUT', body: 'hello', headers: { 'X-A': 'b', accept: 'text/x' } });
    const { body, headers } = await (await fetch(request)).json();
    expect([body, headers['content-length'], headers['x-a'], headers.accept]).toEqual(['hello', '5', 'b', 'text/x']);
  });

  it('is streamed where it is long', async () => {
    const url = await open((response, { body, headers }) => {
      response.end(`${body.length} ${headers['transfer-encoding']}`);
    });
    let left = 20;
    const body = new ReadableStream({
      pull: (controller) => {
        if (left-- > 0) controller.enqueue(new Uint8Array(1024 * 1024).fill(97));
        else controller.close();
      },
    });
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, duplex: 'half' };
    expect(await (await fetch(url, init)).text()).toBe(`${20 * 1024 * 1024} chunked`);
  });

  it('asks for compressed answers and says who asks, unless told otherwise', async () => {
    const url = await open(echo);
    const { headers } = await (await fetch(url)).json();
    expect(headers['accept-encoding']).toBe('gzip, deflate');
    expect(headers['user-agent']).toMatch(/^tideway\//);
    const own = await (await fetch(url, { headers: { 'User-Agent': 'mine', 'Accept-Encoding': 'identity' } })).json();
    expect([own.headers['user-agent'], own.headers['accept-encoding']]).toEqual(['mine', 'identity']);
  });
});

describe('redirects', () => {
  const redirecting =
    (status: number, location = '/to'): Handler =>
    (response, { body, headers, method, url }) => {
      if (url === '/to') response.end(`${method} ${body} ${headers['content-type'] ?? ''}`.trim());
      else response.writeHead(status, { location }).end();
    };

  it.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [307, 'POST', 'POST hello text/plain;charset=UTF-8'],
    [308, 'PUT', 'PUT hello text/plain;charset=UTF-8'],
    [301, 'PUT', 'PUT hello text/plain;charset=UTF-8'],
  ])('of %i to a %s end as fetch ends them', async (status, method, expected) => {
    const url = await open(redirecting(status));
    for (const one of [fetch, globalThis.fetch]) {
      const response = await one(`${url}from#part`, { method, body: 'hello' });
      expect([response.redirected, await response.text()]).toEqual([true, expected]);
    }
  });

  it('are answers, or errors, where they are to be', async () => {
    const url = await open(redirecting(302));
    const manual = await fetch(`${url}from`, { redirect: 'manual' });
    expect([manual.status, manual.headers.get('location')]).toEqual([302, '/to']);
    expect(await rejection(fetch(`${url}from`, { redirect: 'error' }))).toBeInstanceOf(TypeError);
    expect(await rejection(fetch(new Request(`${url}from`, { redirect: 'error' })))).toBeInstanceOf(TypeError);
  });

  it('end when they go in circles, or nowhere', async () => {
    for (const location of ['/from', 'http://[', 'file:///etc/passwd', 'http://user:password@127.0.0.1/']) {
      const url = await open(redirecting(302, location));
      expect(await rejection(fetch(`${url}from`)), location).toBeInstanceOf(TypeError);
      expect(server.requests.length).toBe(location === '/from' ? 21 : 1);
      await server.close();
    }
  });

  it('take no credential along to another origin', async () => {
    await using other = await startServer((response, { headers }) => void response.end(JSON.stringify(headers)));
    const url = await open((response) => void response.writeHead(302, { location: other.url }).end());
    const init = { headers: { authorization: 'Bearer topsecret', cookie: 'a=topsecret', 'x-a': 'b' } };
    const headers = await (await fetch(url, init)).json();
    expect(headers['x-a']).toBe('b');
    expect(JSON.stringify(headers)).not.toContain('topsecret');
  });
});

describe('what goes wrong', () => {
  it('is a TypeError with a cause, as of fetch', async () => {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as AddressInfo;
    await new Promise((resolve) => listener.close(resolve));
    const error = await rejection(fetch(`http://127.0.0.1:${port}/`));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).cause).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it.each([
    ['a connection that is cut before an answer', '', true],
    ['what is no HTTP', 'nonsense\r\n\r\n', true],
    ['a status that there is not', 'HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n', true],
  ])('rejects: %s', async (_, answer, closes) => {
    expect(await rejection(fetch(await openRaw(answer, closes)))).toBeInstanceOf(TypeError);
  });

  it.each([
    ['a length that is not reached', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', true],
    ['chunks that do not end', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n', true],
  ])('breaks the body: %s', async (_, answer, closes) => {
    const response = await fetch(await openRaw(answer, closes));
    expect(await rejection(response.text())).toBeInstanceOf(TypeError);
  });

  it('breaks a compressed body that is cut', async () => {
    const bytes = gzipSync('plain text '.repeat(1000));
    const url = await open((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bytes.subarray(0, bytes.length - 10));
    });
    expect(await rejection((await fetch(url)).text())).toBeInstanceOf(Error);
  });

  it('is refused before it is sent, as fetch refuses it', async () => {
    for (const url of ['nonsense', 'ftp://a.test/', 'data:,a', 'http://user:password@a.test/']) {
      const error = await rejection(fetch(url));
      expect(error, url).toBeInstanceOf(TypeError);
      expect(String((error as Error).message)).not.toContain('password@');
    }
    const signed = (await open((response) => void response.end())).replace('//', '//user:password@');
    expect(await rejection(fetch(signed))).toBeInstanceOf(TypeError);
    expect(server.requests).toHaveLength(0);
    expect(await rejection(fetch('http://a.test/', { method: 'GET', body: 'x' }))).toBeInstanceOf(TypeError);
    expect(await rejection(fetch('http://a.test/', { headers: { 'bad name': 'x' } }))).toBeInstanceOf(TypeError);
  });
});

describe('an abort', () => {
  it('rejects with its reason, before and while an answer is waited for, and frees the socket', async () => {
    const left = deferred();
    const url = await open((response) => void response.once('close', left.resolve));
    expect(await rejection(fetch(url, { signal: AbortSignal.abort('before') }))).toBe('before');
    const controller = new AbortController();
    const answer = rejection(fetch(url, { signal: controller.signal }));
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await answer).toBe(reason);
    await left.promise;
  });

  it('ends the body with its reason', async () => {
    const left = deferred();
    const url = await open((response) => {
      response.once('close', left.resolve);
      response.write('first');
    });
    const controller = new AbortController();
    const reader = (await fetch(url, { signal: controller.signal })).body?.getReader();
    await reader?.read();
    const next = rejection(reader?.read() ?? Promise.resolve());
    controller.abort('enough');
    expect(await next).toBe('enough');
    await left.promise;
  });

  it('after the end harms nothing', async () => {
    const url = await open((response) => void response.end('answer'));
    const controller = new AbortController();
    const response = await fetch(url, { signal: controller.signal });
    expect(await response.text()).toBe('answer');
    controller.abort('late');
  });
});

describe('the dispatcher', () => {
  it('may be one of the program', async () => {
    let most = 0;
    let open = 0;
    server = await startServer(async (response) => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setTimeout(resolve, 5));
      open--;
      response.end();
    });
    const agent = new Agent({ connections: 2 });
    const own = undiciFetch({ dispatcher: agent });
    await Promise.all(Array.from({ length: 10 }, async () => (await own(server.url)).text()));
    expect(most).toBe(2);
    await agent.close();
  });

  it.each([5, {}, 'agent', null])('is refused when it is none: %j', (dispatcher) => {
    expect(thrown(() => undiciFetch({ dispatcher: dispatcher as never }))).toMatchObject({
      code: 'ERR_CONFIGURATION',
      message: expect.stringMatching(/^Expected `dispatcher` to be a dispatcher of undici/),
    });
  });
});
