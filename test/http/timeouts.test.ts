import { Connection, Items, isTimeoutError, path } from 'tideway';
import { expect, test } from 'vitest';
import { rejection, thrown } from '../helpers/rejection.ts';
import { inTurn, startServer } from '../helpers/server.ts';

/** An answer whose body is made by hand, so that no timer of a platform is in play. */
function answerOf(pieces: (controller: ReadableStreamDefaultController<Uint8Array>) => void): Response {
  return new Response(new ReadableStream({ start: pieces }));
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

test('Without headers in time a try ends in a TimeoutError', async () => {
  await using server = await startServer(() => {});
  const connection = new Connection({ endpoint: server.url, timeout: 20, retry: false });
  const error = await rejection(connection.json(path`/items/${1}`, { query: { filter: 'SECRET' } }));
  expect(error).toSatisfy(isTimeoutError);
  expect(error).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'headers', timeout: 20 });
  expect(error).toHaveProperty('message', expect.stringContaining('GET /items/1'));
  expect(error).toHaveProperty('message', expect.not.stringContaining('SECRET'));
});

test('A call sets its own timeout, shorter or longer', async () => {
  await using server = await startServer(async (response, { url }) => {
    if (url === '/slow') await pause(60);
    if (url !== '/never') response.end('"answer"');
  });
  const patient = new Connection({ endpoint: server.url, retry: false });
  expect(await rejection(patient.json(path`/never`, { timeout: 20 }))).toMatchObject({ phase: 'headers', timeout: 20 });
  const hasty = new Connection({ endpoint: server.url, retry: false, timeout: 20 });
  expect(await hasty.json(path`/slow`, { timeout: 5000 })).toBe('answer');
  expect(await hasty.json(path`/slow`, { timeout: Number.POSITIVE_INFINITY })).toBe('answer');
});

test('Every try has a timeout of its own', async () => {
  let calls = 0;
  const connection = new Connection({
    timeout: 100,
    retry: { backoff: 1 },
    // Three tries take more than one timeout together.
    fetch: async () => {
      await pause(60);
      return ++calls < 3 ? new Response('', { status: 503 }) : Response.json('answer');
    },
  });
  expect(await connection.json(path`/items`)).toBe('answer');
  expect(calls).toBe(3);
});

test('The connection of a try that took too long is closed', async () => {
  await using server = await startServer(() => {});
  await rejection(new Connection({ endpoint: server.url, timeout: 20, retry: false }).json(path`/items`));
  await expect.poll(() => server.sockets()).toBe(0);
});

test('The timeout ends with the headers: a body may take longer', async () => {
  const connection = new Connection({
    timeout: 20,
    fetch: async () =>
      answerOf(async (controller) => {
        controller.enqueue(bytes('"an '));
        await pause(50);
        controller.enqueue(bytes('answer"'));
        controller.close();
      }),
  });
  expect(await connection.json(path`/items`)).toBe('an answer');
});

test('A silence between two chunks that is too long ends in a TimeoutError, and closes the connection', async () => {
  await using server = await startServer((response) => {
    response.writeHead(200);
    response.write('{"some":');
  });
  const connection = new Connection({ endpoint: server.url, idleTimeout: 30 });
  const error = await rejection(connection.json(path`/items/${1}`));
  expect(error).toSatisfy(isTimeoutError);
  expect(error).toMatchObject({ phase: 'idle', timeout: 30, message: expect.stringContaining('GET /items/1') });
  expect(server.requests).toHaveLength(1);
  await expect.poll(() => server.sockets()).toBe(0);
});

test('A body that never begins is a silence too', async () => {
  await using server = await startServer((response) => {
    response.writeHead(200).flushHeaders();
  });
  const connection = new Connection({ endpoint: server.url });
  expect(await rejection(connection.text(path`/items`, { idleTimeout: 30 }))).toMatchObject({ phase: 'idle' });
});

test('Chunks that come in time may come for as long as they like', async () => {
  const connection = new Connection({
    idleTimeout: 80,
    fetch: async () =>
      answerOf(async (controller) => {
        for (let piece = 0; piece < 8; piece++) {
          await pause(20);
          controller.enqueue(bytes(String(piece)));
        }
        controller.close();
      }),
  });
  expect(await connection.text(path`/items`)).toBe('01234567');
});

test('A slow consumer is no silence: time counts only while somebody waits for a chunk', async () => {
  await using server = await startServer((response) => {
    response.write('one');
    setTimeout(() => response.end('two'), 5);
  });
  const response = await new Connection({ endpoint: server.url, idleTimeout: 100 }).request(path`/items`);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  for (let result = await reader.read(); !result.done; result = await reader.read()) {
    text += new TextDecoder().decode(result.value);
    await pause(200);
  }
  expect(text).toBe('onetwo');
});

test('A stream that nobody reads is no silence', async () => {
  const connection = new Connection({ idleTimeout: 10, fetch: async () => Response.json('answer') });
  const response = await connection.request(path`/items`);
  await pause(40);
  expect(await response.json()).toBe('answer');
});

test('`idleTimeout: Infinity` waits', async () => {
  const connection = new Connection({
    idleTimeout: 5,
    fetch: async () =>
      answerOf(async (controller) => {
        await pause(40);
        controller.enqueue(bytes('late'));
        controller.close();
      }),
  });
  expect(await connection.text(path`/items`, { idleTimeout: Number.POSITIVE_INFINITY })).toBe('late');
});

test('The deadline ends a wait for headers', async () => {
  await using server = await startServer(() => {});
  const connection = new Connection({ endpoint: server.url, deadline: 150 });
  const error = await rejection(connection.json(path`/items/${1}`));
  expect(error).toSatisfy(isTimeoutError);
  expect(error).toMatchObject({ phase: 'deadline', timeout: 150, message: expect.stringContaining('GET /items/1') });
  expect(server.requests).toHaveLength(1);
  await expect.poll(() => server.sockets()).toBe(0);
});

test('The deadline ends a wait between two tries, and no other try begins', async () => {
  await using server = await startServer(inTurn([503, { 'retry-after': '20' }]));
  const connection = new Connection({ endpoint: server.url });
  expect(await rejection(connection.json(path`/items`, { deadline: 200 }))).toMatchObject({ phase: 'deadline' });
  expect(server.requests).toHaveLength(1);
});

test('The deadline counts over tries', async () => {
  await using server = await startServer(inTurn(503));
  const connection = new Connection({ endpoint: server.url, retry: { attempts: 10_000, backoff: 4 } });
  expect(await rejection(connection.json(path`/items`, { deadline: 200 }))).toMatchObject({ phase: 'deadline' });
  expect(server.requests.length).toBeGreaterThan(1);
});

test('The deadline ends a body, also one that goes on and on', async () => {
  let timer: NodeJS.Timeout | undefined;
  await using server = await startServer((response) => {
    timer = setInterval(() => response.write('more '), 3);
    response.on('close', () => clearInterval(timer));
  });
  const connection = new Connection({ endpoint: server.url, deadline: 60 });
  expect(await rejection(connection.text(path`/items`))).toMatchObject({ phase: 'deadline', timeout: 60 });
  await expect.poll(() => server.sockets()).toBe(0);
});

test('The deadline ends a stream while nobody reads it', async () => {
  await using server = await startServer((response) => {
    response.write('begin');
  });
  const connection = new Connection({ endpoint: server.url, deadline: 250 });
  const reader = (await connection.request(path`/items`)).body?.getReader();
  await reader?.read();
  await pause(300);
  expect(await rejection(reader?.read() ?? Promise.resolve())).toMatchObject({ phase: 'deadline' });
});

test('The deadline ends a hook and a function that never end', async () => {
  const never = (): Promise<undefined> => new Promise(() => {});
  const fetch = async (): Promise<Response> => Response.json('answer');
  for (const options of [{ auth: never }, { hooks: { beforeRequest: never } }, { hooks: { afterResponse: never } }]) {
    const connection = new Connection({ ...options, fetch, deadline: 20 });
    expect(await rejection(connection.json(path`/items`))).toMatchObject({ phase: 'deadline' });
  }
});

test('The deadline counts over the resumptions of a read', async () => {
  let reads = 0;
  await using server = await startServer((response) => {
    // One record each time, so that the read never gives up.
    response.writeHead(200, { 'content-length': 1000 });
    response.write(`{"_key":"1/2/3/${reads++}"}\n`);
    setTimeout(() => response.socket?.destroy(), 2);
  });
  const items = new Items(new Connection({ endpoint: server.url }), '1/2/3');
  const records = items.iter({ deadline: 700 });
  expect(await rejection(records.toArray())).toMatchObject({ phase: 'deadline', timeout: 700 });
  expect(records.progress.resumes).toBeGreaterThan(1);
  await expect.poll(() => server.sockets()).toBe(0);
});

test('A call that is done in time does not notice its deadline', async () => {
  await using server = await startServer(inTurn(200));
  const connection = new Connection({ endpoint: server.url, deadline: 5000 });
  expect(await connection.json(path`/items`)).toEqual({ ok: true });
  expect(await connection.json(path`/items`, { deadline: Number.POSITIVE_INFINITY })).toEqual({ ok: true });
});

test('The explanation of a refusal that stalls hides no status, and is not waited for longer than a silence', async () => {
  await using server = await startServer((response) => {
    response.writeHead(404);
    response.write('Not ');
  });
  const connection = new Connection({ endpoint: server.url, idleTimeout: 30 });
  expect(await rejection(connection.json(path`/items`))).toMatchObject({ code: 'ERR_NOT_FOUND', status: 404 });
  await expect.poll(() => server.sockets()).toBe(0);
});

test('The explanation of a refusal that drips hides no status, and is not waited for longer than headers', async () => {
  await using server = await startServer((response) => {
    response.writeHead(404);
    const timer = setInterval(() => response.write('.'), 5);
    response.on('close', () => clearInterval(timer));
  });
  const connection = new Connection({ endpoint: server.url, timeout: 300 });
  expect(await rejection(connection.json(path`/items`))).toMatchObject({ code: 'ERR_NOT_FOUND', status: 404 });
  await expect.poll(() => server.sockets()).toBe(0);
});

test.each(['timeout', 'idleTimeout', 'deadline'])(
  '`%s` is refused when it is no number of milliseconds',
  async (name) => {
    const connection = new Connection({ fetch: async () => Response.json('answer') });
    for (const value of [-1, 0, Number.NaN, '5', '', null, true, {}, [], 2 ** 31, Number.NEGATIVE_INFINITY, 5n]) {
      const expected = { code: 'ERR_CONFIGURATION', message: expect.stringContaining(`\`${name}\``) };
      expect(
        thrown(() => new Connection({ [name]: value })),
        String(value),
      ).toMatchObject(expected);
      expect(await rejection(connection.json(path`/items`, { [name]: value })), String(value)).toMatchObject(expected);
    }
  },
);
