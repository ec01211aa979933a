import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createGateway, type GatewayOptions, mintToken } from 'tideway/gateway';
import { describe, expect, test } from 'vitest';
import { type FetchServer, serveFetch } from '../../examples/gateway/serve-fetch.ts';
import { deferred, startServer } from '../helpers/server.ts';
import { ALL_METHODS, messageOf, openWorld, SECRET } from './gateway-world.ts';

const PATH = '/storage/items/123/1/1';
const GIBIBYTE = 1024 ** 3;
const token: string = await mintToken({ secret: SECRET, projects: [123], methods: ALL_METHODS });
const authorization = `Bearer ${token}`;

/** A gateway on a socket, before a server of the test's. */
async function serveGateway(endpoint: string, options: Partial<GatewayOptions> = {}): Promise<FetchServer> {
  return serveFetch(createGateway({ auth: 'key', secret: SECRET, endpoint, ...options }).fetch, 0);
}

test('a gibibyte streams up and down in flat memory', { timeout: 170_000 }, async () => {
  const program = fileURLToPath(new URL('gateway-process.ts', import.meta.url));
  const child = spawn(process.execPath, [program, SECRET], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  try {
    const url = await next();
    const piece = new Uint8Array(1024 * 1024).fill(10);
    const upload = httpRequest(`${url}${PATH}`, { method: 'POST', headers: { authorization } });
    for (let sent = 0; sent < GIBIBYTE; sent += piece.length) {
      if (!upload.write(piece)) await once(upload, 'drain');
    }
    upload.end();
    const [stored] = await once(upload, 'response');
    let text = '';
    for await (const chunk of stored) text += String(chunk);
    expect(text).toBe(String(GIBIBYTE));

    const answer = await fetch(`${url}${PATH}?count=${GIBIBYTE}`, { headers: { authorization } });
    let received = 0;
    for await (const chunk of answer.body ?? []) received += chunk.length;
    expect(received).toBe(GIBIBYTE);
    child.stdin.write('\n');
    expect(Number(await next())).toBeLessThan(256 * 1024 * 1024);
  } finally {
    child.kill();
  }
});

describe('a body', () => {
  test('arrives piece by piece: the first one is there before the second is sent', async () => {
    const first = deferred();
    const { gateway } = await openWorld({
      fetch: async (request) => {
        const reader = (request.body as ReadableStream<Uint8Array>).getReader();
        const { value } = await reader.read();
        first.resolve();
        let length = value?.length ?? 0;
        for (let step = await reader.read(); !step.done; step = await reader.read()) length += step.value.length;
        return new Response(String(length));
      },
    });
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(new Uint8Array(10));
        await first.promise;
        controller.enqueue(new Uint8Array(5));
        controller.close();
      },
    });
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, duplex: 'half', headers: { authorization } };
    const answer = await gateway.fetch(new Request(`https://gateway.test/api${PATH}`, init));
    expect(await answer.text()).toBe('15');
  });

  test('that comes to a halt is given up, and the server never takes it for a whole one', async () => {
    const ended = deferred<string>();
    await using upstream = await startServer((response) => void response.end());
    const server = await serveGateway(upstream.url, { idleTimeout: 100 });
    try {
      const { port } = new URL(server.url);
      const socket = connect(Number(port), '127.0.0.1');
      const head = [
        `POST ${PATH} HTTP/1.1`,
        'host: x',
        `authorization: ${authorization}`,
        'content-length: 100',
        '',
        '',
      ];
      socket.write(`${head.join('\r\n')}{"n":1}\n`);
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
        if (text.includes('halt')) ended.resolve(text);
      });
      expect(await ended.promise).toMatch(/^HTTP\/1\.1 408 /);
      socket.destroy();
      // The server's helper counts only requests that came to their end.
      expect(upstream.requests).toHaveLength(0);
    } finally {
      await server.close();
    }
  });

  test('of a command that comes to a halt is given up, too', async () => {
    const { gateway, passed } = await openWorld({ idleTimeout: 50 });
    const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new Uint8Array([0x7b])) });
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, duplex: 'half', headers: { authorization } };
    const answer = await gateway.fetch(new Request('https://gateway.test/api/storage/jobq/123/update', init));
    expect([answer.status, await messageOf(answer)]).toEqual([408, 'The body of the request came to a halt']);
    expect(passed).toHaveLength(0);
  });

  test('that is sent slowly but steadily goes through, however long it takes', async () => {
    const { gateway } = await openWorld({
      idleTimeout: 2_000,
      timeout: 300,
      fetch: async (request) => new Response(String((await request.arrayBuffer()).byteLength)),
    });
    let left = 20;
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        controller.enqueue(new Uint8Array(1));
        if (--left === 0) controller.close();
      },
    });
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, duplex: 'half', headers: { authorization } };
    const answer = await gateway.fetch(new Request(`https://gateway.test/api${PATH}`, init));
    expect([answer.status, await answer.text()]).toEqual([200, '20']);
  });
});

test('a client that reads slowly slows the server, and fills no memory', async () => {
  let written = 0;
  const isFull = deferred();
  await using upstream = await startServer((response) => {
    const piece = new Uint8Array(64 * 1024);
    const write = (): void => {
      while (written < GIBIBYTE) {
        written += piece.length;
        if (!response.write(piece)) {
          // Half a second without room: everything between here and the client is full.
          const full = setTimeout(isFull.resolve, 500);
          return void response.once('drain', () => {
            clearTimeout(full);
            write();
          });
        }
      }
      isFull.resolve();
    };
    write();
  });
  const server = await serveGateway(upstream.url);
  try {
    const controller = new AbortController();
    await fetch(`${server.url}${PATH}`, { headers: { authorization }, signal: controller.signal });
    await isFull.promise;
    expect(written).toBeLessThan(64 * 1024 * 1024);
    controller.abort();
  } finally {
    await server.close();
  }
});

describe('a client that leaves', () => {
  test('in the middle of a download frees the connection to the server', async () => {
    const isClosed = deferred();
    await using upstream = await startServer((response) => {
      response.on('close', () => isClosed.resolve());
      response.write('{"n":1}\n');
    });
    const server = await serveGateway(upstream.url);
    try {
      const controller = new AbortController();
      const answer = await fetch(`${server.url}${PATH}`, { headers: { authorization }, signal: controller.signal });
      const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
      expect(new TextDecoder().decode((await reader.read()).value)).toBe('{"n":1}\n');
      controller.abort();
      await isClosed.promise;
      await reader.read().catch(() => {});
    } finally {
      await server.close();
    }
  });

  test('before the headers, or in the middle of an upload, ends the request to the server', async () => {
    const signals: AbortSignal[] = [];
    const { gateway } = await openWorld({
      fetch: (request) => {
        signals.push(request.signal);
        return new Promise(() => {});
      },
    });
    for (const method of ['GET', 'POST']) {
      const controller = new AbortController();
      const { signal } = controller;
      const body = method === 'GET' ? null : new ReadableStream<Uint8Array>();
      const init: RequestInit & { duplex: 'half' } = {
        method,
        body,
        signal,
        duplex: 'half',
        headers: { authorization },
      };
      const answer = gateway.fetch(new Request(`https://gateway.test/api${PATH}`, init));
      await expect.poll(() => signals.length).toBe(1);
      controller.abort();
      expect((await answer).status).toBe(502);
      expect(signals.shift()?.aborted).toBe(true);
    }
  });
});

describe('a server', () => {
  test('that does not answer in time is given up, also one that hides behind a fetch without signals', async () => {
    const { ask } = await openWorld({ timeout: 50, fetch: () => new Promise(() => {}) });
    const answer = await ask(PATH);
    expect([answer.status, await messageOf(answer)]).toEqual([504, 'The server did not answer in time']);
    const told = await ask('/storage/jobq/123/cancel', { method: 'POST', body: '[]' });
    expect(told.status).toBe(504);
  });

  test('that does not take an upload is given up', async () => {
    const fetches = [
      () => new Promise<Response>(() => {}),
      async (request: Request) => {
        await request.body?.getReader().read();
        return new Promise<Response>(() => {});
      },
    ];
    for (const fetch of fetches) {
      const { ask } = await openWorld({ idleTimeout: 50, fetch });
      const answer = await ask(PATH, { method: 'POST', body: '{"n":1}' });
      expect([answer.status, await messageOf(answer)]).toEqual([504, 'The server did not take the body in time']);
    }
  });

  test('that breaks off breaks the answer of the gateway: never a normal end', async () => {
    await using upstream = await startServer((response) => {
      response.write('{"n":1}\n', () => response.destroy());
    });
    const server = await serveGateway(upstream.url);
    try {
      const answer = await fetch(`${server.url}${PATH}`, { headers: { authorization } });
      await expect(answer.text()).rejects.toThrow();
    } finally {
      await server.close();
    }
  });

  test('that answers before it has read all of an upload is heard', async () => {
    const { gateway } = await openWorld({ timeout: 20, fetch: async () => new Response('too large', { status: 413 }) });
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (own) => {
        controller = own;
      },
    });
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, duplex: 'half', headers: { authorization } };
    const answer = await gateway.fetch(new Request(`https://gateway.test/api${PATH}`, init));
    controller?.close();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([answer.status, await answer.text()]).toEqual([413, 'too large']);
  });
});
