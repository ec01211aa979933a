import { Agent, request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type EmulatorServer, serveEmulator } from 'tideway/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { basic, rawClient, send } from '../helpers/raw-http.ts';

/** A path of every family that reads, with what an answer must contain. */
const reads = [
  ['/items/1/1/1', '{"n":1}'],
  ['/logs/1/1/1', '"message":"one"'],
  ['/items/1/1/1/stats', '"input_values":1'],
  ['/jobs/1/1/1', '"state": "running"'],
  ['/jobq/1/list?state=running', '1/1/1'],
  ['/jobq/1/count?state=running', '1'],
  ['/ids/1/spider/a', '1'],
  ['/spiders/1/lastjobsummary', '1/1/2'],
  ['/projects/1/jobsummary', '"running": 1'],
  ['/projects/1/settings', '"limit": 5'],
  ['/projects/1/settings/limit', '5'],
  ['/activity/1', '"job:tested"'],
  ['/activity/projects?p=1', '"job:tested"'],
  ['/collections/1/list', '"col"'],
  ['/collections/1/s/col', '"v":1'],
  ['/collections/1/s/col/k%2F1', '"v":1'],
  ['/collections/1/s/col/count', '"count":1'],
  ['/hcf/1/list', '["f"]'],
  ['/hcf/1/f/list', '["s.com"]'],
  ['/hcf/1/f/s/s.com/q', '"/page"'],
  ['/hcf/1/f/s/s.com/f', '"/page"'],
  ['/api/scrapyd/listprojects.json', '[1]'],
  ['/api/spiders/list.json?project=1', '"a"'],
  ['/api/jobs/list.json?project=1', '1/1/1'],
  ['/api/items.jl?project=1&job=1/1/1', '{"n":1}'],
  ['/api/v2/projects/1/spiders/1', '"a"'],
] as const;

describe('a client that is not ours', () => {
  let server: EmulatorServer;
  let authorization = '';

  beforeAll(async () => {
    server = await serveEmulator({
      projects: [1],
      seed: {
        jobs: [
          { spider: 'a', state: 'running', items: [{ n: 1 }], logs: [{ message: 'one' }] },
          { spider: 'a', state: 'finished' },
        ],
        settings: { limit: 5 },
        activity: [{ events: [{ event: 'job:tested' }] }],
        collections: [{ name: 'col', records: [{ _key: 'k/1', v: 1 }] }],
        frontiers: [{ frontier: 'f', slot: 's.com', requests: ['/page'] }],
      },
    });
    authorization = basic(server.emulator.apiKey);
  });

  afterAll(() => server.close());

  test('reads everything over one connection that is kept, with the length of each body', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<unknown>();
    agent.on('free', (socket) => sockets.add(socket));
    for (const coding of ['identity', 'gzip, deflate']) {
      for (const [path, part] of reads) {
        const headers = { authorization, 'accept-encoding': coding, accept: '*/*' };
        const answer = await send(server.url, { path, headers, agent });
        expect([path, answer.status]).toEqual([path, 200]);
        expect(answer.text, path).toContain(part);
        expect(answer.headers['content-length'], path).toBe(String(answer.raw.length));
      }
    }
    agent.destroy();
    expect(sockets.size).toBe(1);
  });

  test.each(reads)(
    'reads %s with a slash at the end, the key as a parameter, and parameters nobody knows',
    async (path, part) => {
      const [name = '', query = ''] = path.split('?');
      const answer = await send(server.url, { path: `${name}/?${query}&apikey=${server.emulator.apiKey}&unknown=%F0` });
      expect(answer.status).toBe(200);
      expect(answer.text).toContain(part);
      expect((await send(server.url, { path: `${name}/?${query}&apikey=${'0'.repeat(32)}` })).status).toBe(401);
    },
  );

  test.each(reads)('asks for the headers of %s alone', async (path) => {
    const headers = { authorization };
    const whole = await send(server.url, { path, headers });
    const head = await send(server.url, { method: 'HEAD', path, headers });
    expect([head.status, head.raw.length]).toEqual([200, 0]);
    expect(head.headers['content-type']).toBe(whole.headers['content-type']);
    // A summary tells the time that has gone by.
    if (!/list|summary/.test(path)) expect(head.headers['content-length']).toBe(whole.headers['content-length']);
  });

  test.each([
    ['/items/1/7/1', '{"n":1}\n', '/items/1/7/1', '{"n":1}\n'],
    ['/activity/1', '{"a":1}\n', '/activity/1?count=1', '{"a":1}\n'],
    ['/collections/1/s/other', '{"_key":"a","b":1}\n', '/collections/1/s/other/a', '{"b":1}\n'],
    ['/hcf/1/other/s/a', '{"fp":"x"}\n', '/hcf/1/other/s/a/f', '{"fp":"x"}\n'],
    ['/projects/1/settings', '{"own":1}', '/projects/1/settings/own', '1'],
    ['/jobs/1/1/1', '{"own":1}', '/jobs/1/1/1/own', '1'],
  ])('writes to %s plain, compressed, in chunks and after asking first', async (path, body, readPath, expected) => {
    const client = rawClient(server.url, authorization);
    const read = async (): Promise<string> => (await client.get(readPath)).text;
    expect((await client.post(`${path}?start=0`, body, { 'content-encoding': 'identity' })).status).toBe(200);
    expect(await read()).toBe(expected);
    expect((await client.post(`${path}?start=0`, gzipSync(body), { 'content-encoding': 'gzip' })).status).toBe(200);
    expect(await read()).toBe(expected);
    const { hostname, port } = new URL(server.url);
    const options = { hostname, port, path: `${path}?start=0`, method: 'POST', agent: false } as const;
    for (const headers of [
      { 'transfer-encoding': 'chunked' },
      { expect: '100-continue', 'content-length': body.length },
    ]) {
      let hasContinued = false;
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const outgoing = httpRequest({ ...options, headers: { authorization, ...headers } }, (message) => {
          message.resume();
          message.on('end', () => resolve(message.statusCode));
        });
        outgoing.on('error', reject);
        outgoing.on('continue', () => {
          hasContinued = true;
          outgoing.end(body);
        });
        if ('expect' in headers) outgoing.flushHeaders();
        else for (const unit of body) outgoing.write(unit);
        if (!('expect' in headers)) outgoing.end();
      });
      expect([status, hasContinued]).toEqual([200, 'expect' in headers]);
      expect(await read()).toBe(expected);
    }
  });
});

describe('the credential of a job', () => {
  const own = [
    ['GET', '/items/1/1/1'],
    ['POST', '/items/1/1/1'],
    ['POST', '/logs/1/1/1'],
    ['POST', '/requests/1/1/1'],
    ['POST', '/samples/1/1/1'],
    ['GET', '/items/1/1/1/stats'],
    ['GET', '/jobs/1/1/1'],
    ['GET', '/jobs/1/1/1/auth'],
    ['DELETE', '/jobs/1/1/1/none'],
  ] as const;
  const others = [
    ...own.map(([method, path]) => [method, path.replace('/1/1/1', '/1/1/2')] as const),
    ['DELETE', '/jobs/1/1/1'],
    ['GET', '/items/1/1'],
    ['POST', '/jobq/1/push'],
    ['POST', '/jobq/1/1/1/cancel'],
    ['GET', '/projects/1/settings'],
    ['GET', '/activity/1'],
    ['GET', '/collections/1/s/col'],
    ['POST', '/hcf/1/f/s/s'],
    ['GET', '/api/scrapyd/listprojects.json'],
  ] as const;

  test('opens what is its job’s own, is refused with 403 elsewhere, and with 401 once the job has ended', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const admin = rawClient(server.url, basic(server.emulator.apiKey));
    const pushed = await admin.post(
      '/jobq/1/push',
      '{"spider":"a","state":"running"}\n{"spider":"a","state":"running"}',
    );
    const { key, auth } = JSON.parse(pushed.text.split('\n')[0] ?? '');
    const call = async ([method, path]: readonly [string, string], password: string): Promise<number> =>
      (await send(server.url, { method, path, headers: { authorization: basic(key, password) }, body: '' })).status;
    for (const request of own) expect([...request, await call(request, auth)]).toEqual([...request, 200]);
    for (const request of others) expect([...request, await call(request, auth)]).toEqual([...request, 403]);
    // The token of another job does not fit the name of this one, nor does a token that was changed.
    const { auth: foreign } = JSON.parse(pushed.text.split('\n')[1] ?? '');
    for (const request of own) {
      expect([...request, await call(request, foreign)]).toEqual([...request, 401]);
      expect([...request, await call(request, `${auth}x`)]).toEqual([...request, 401]);
    }
    await admin.post('/jobq/1/update', `{"key":"${key}","state":"finished"}`);
    for (const request of [...own, ...others]) {
      expect([...request, await call(request, auth)]).toEqual([...request, 401]);
    }
    expect((await admin.get(`/jobs/${key}/auth`)).text).toBe('null');
    // A job that runs again has a token of its own.
    await admin.post('/jobq/1/update', `{"key":"${key}","state":"running"}`);
    expect(await call(own[0], auth)).toBe(401);
    expect(await call(own[0], JSON.parse((await admin.get(`/jobs/${key}/auth`)).text))).toBe(200);
  });
});
