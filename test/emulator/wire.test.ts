import { Agent } from 'node:http';
import { connect } from 'node:net';
import { type EmulatorServer, serveEmulator } from 'tideway/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { basic, rawClient, send } from '../helpers/raw-http.ts';

describe('on the wire', () => {
  let server: EmulatorServer;
  let authorization: string;

  beforeAll(async () => {
    server = await serveEmulator({ projects: [1], seed: { jobs: [{ spider: 'a', items: [{ a: 1 }] }] } });
    authorization = basic(server.emulator.apiKey);
  });

  afterAll(() => server.close());

  /** Writes a request as it stands and returns what comes back until the server is silent or hangs up. */
  function speak(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(server.url);
      const socket = connect(Number(port), hostname, () => socket.write(text));
      let received = '';
      socket.on('data', (piece) => {
        received += piece;
      });
      socket.on('close', () => resolve(received));
      socket.on('error', reject);
    });
  }

  test('every answer may be read by pages of any origin, refusals too', async () => {
    for (const path of ['/system/ts', '/items/1/1/1', '/nothing', '/jobq/1/list', '/api/run.json']) {
      expect((await send(server.url, { path })).headers['access-control-allow-origin']).toBe('*');
    }
  });

  test('preflights are allowed what they ask for, without credentials', async () => {
    const answer = await send(server.url, {
      method: 'OPTIONS',
      path: '/items/1/1/1',
      headers: {
        origin: 'https://page.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-encoding,content-type,x-own',
      },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    expect(answer.headers['access-control-allow-headers']).toBe('authorization,content-encoding,content-type,x-own');
    for (const method of ['GET', 'POST', 'PATCH', 'DELETE']) {
      expect(answer.headers['access-control-allow-methods']).toContain(method);
    }
    const plain = await send(server.url, { method: 'OPTIONS', path: '/jobq/1/push' });
    expect(plain.headers['access-control-allow-headers']).toContain('authorization');
  });

  test('a connection is kept for the next request', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    agent.on('free', (socket) => ports.add(socket.localPort));
    const { url } = server;
    for (let n = 0; n < 3; n += 1) {
      const answer = await send(url, {
        path: '/items/1/1/1',
        headers: { authorization, 'accept-encoding': 'gzip' },
        agent,
      });
      expect(answer.headers['content-length']).toBe(String(answer.raw.length));
      expect(answer.headers['transfer-encoding']).toBeUndefined();
      await send(url, {
        method: 'POST',
        path: '/items/1/1/2?start=0',
        headers: { authorization },
        body: '{"a":1}',
        agent,
      });
    }
    expect(ports.size).toBe(1);
    agent.destroy();
  });

  test('HEAD answers the headers of GET and no body', async () => {
    const headers = { authorization };
    const get = await send(server.url, { path: '/items/1/1/1', headers });
    const head = await send(server.url, { method: 'HEAD', path: '/items/1/1/1', headers });
    expect(head.status).toBe(200);
    expect(head.raw.length).toBe(0);
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
    expect(head.headers['content-type']).toBe(get.headers['content-type']);
  });

  test('a known path with another method is 405, an unknown path 404 with a body that says so', async () => {
    const { get, post, remove } = rawClient(server.url, authorization);
    expect((await remove('/items/1/1/1')).status).toBe(405);
    expect((await get('/jobq/1/push')).status).toBe(405);
    const unknown = await get('/nothing/here');
    expect(unknown).toMatchObject({ status: 404 });
    expect(unknown.text).toBe('Not Found: this server has no GET /nothing/here\n');
    expect(JSON.parse((await post('/jobq/1/nothing', '')).text)).toMatchObject({ error: 'Not Found' });
    expect((await get('/')).status).toBe(404);
    expect((await get('/items/x/1/1')).status).toBe(404);
    expect((await get('/items/1/1/1/2/3/4')).status).toBe(404);
  });

  test.each([
    ['/items/%2e%2e/jobs/1/1/1', 'GET'],
    ['/items/../jobq/1/list', 'GET'],
    ['//items/1/1/1', 'GET'],
    ['//evil.example/items/1/1/1', 'GET'],
    ['/items//1/1/1', 'GET'],
    ['/items/1/1/%31%zz', 'GET'],
    ['/items/1%2F1/1', 'GET'],
    ['/items/1/1/1%00', 'GET'],
    ['/items/99999999999999999999/1/1', 'GET'],
    ['/items/-1/1/1', 'GET'],
    ['/%', 'GET'],
    [`/${'a'.repeat(8000)}`, 'GET'],
    ['/ids/1/spider/%ff', 'GET'],
    ['/items/1/1/1?start=%', 'GET'],
    ['/api', 'GET'],
    ['/api/../items/1/1/1', 'PUT'],
  ])('%s is answered and harms nothing', async (path, method) => {
    const answer = await send(server.url, { method, path, headers: { authorization } });
    expect(answer.status).toBeLessThan(500);
    expect(answer.text.length).toBeLessThan(2000);
    expect((await send(server.url, { path: '/items/1/1/1', headers: { authorization } })).text).toBe('{"a":1}\n');
  });

  test('segments are percent-decoded one by one', async () => {
    const { get, post } = rawClient(server.url, authorization);
    await post('/jobq/1/push', '{"spider":"a b/c?d"}');
    expect((await get('/ids/1/spider/a%20b%2Fc%3Fd')).text).not.toBe('null');
    expect((await get('/ids/1/spider/a%20b/c%3Fd')).status).toBe(404);
    expect((await get('/items/1/1/%31')).text).toBe('{"a":1}\n');
  });

  test('the absolute form of a request and a chunked body are understood', async () => {
    const absolute = await speak(
      `GET ${server.url}/items/1/1/1 HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`,
    );
    expect(absolute).toContain('HTTP/1.1 200 OK');
    expect(absolute).toContain('{"a":1}\n');
    const chunked = await speak(
      `POST /items/1/1/3?start=0 HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nConnection: close\r\n` +
        'Transfer-Encoding: chunked\r\n\r\n5\r\n{"b":\r\n3\r\n2}\n\r\n0\r\n\r\n',
    );
    expect(chunked).toContain('HTTP/1.1 200 OK');
    expect((await send(server.url, { path: '/items/1/1/3', headers: { authorization } })).text).toBe('{"b":2}\n');
  });

  test('garbage is refused without an end of the server', async () => {
    expect(await speak('BREW /coffee\r\n\r\n')).toContain('400');
    expect(await speak(`GET http://[bad/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).toContain('400');
    expect(await speak('TRACE /items HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toMatch(/HTTP\/1\.1 4\d\d/);
    expect((await send(server.url, { path: '/system/ts' })).status).toBe(200);
  });
});
