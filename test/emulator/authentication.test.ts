import { serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, rawClient, send } from '../helpers/raw-http.ts';

describe('who may ask', () => {
  test('without credentials the job queue refuses with JSON and a challenge', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const answer = await send(server.url, { method: 'POST', path: '/jobq/1/push', body: '{"spider":"a"}' });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Basic realm="apikey"');
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.text).toBe('{\n  "error": "Unauthorized",\n  "message": "Unauthorized"\n}');
  });

  test('without credentials the data service refuses with a line of text that has no type', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const answer = await send(server.url, { path: '/items/1/1/1' });
    expect(answer.status).toBe(401);
    expect(answer.text).toBe('Unauthorized\n');
    expect(answer.headers['content-length']).toBe('13');
    expect(answer.headers['content-type']).toBeUndefined();
    expect(answer.headers['www-authenticate']).toBeUndefined();
  });

  test('without credentials dash refuses with a status object', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const answer = await send(server.url, { path: '/api/scrapyd/listprojects.json' });
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.text)).toEqual({ status: 'error', message: 'Authentication failed' });
  });

  test('the time needs no credentials, unknown paths do', async () => {
    await using server = await serveEmulator({ projects: [1], clock: () => 1_700_000_000_123 });
    expect((await send(server.url, { path: '/system/ts' })).text).toBe('1700000000123');
    expect((await send(server.url, { path: '/nothing' })).status).toBe(401);
  });

  test.each([
    ['a wrong key', basic('0'.repeat(32))],
    ['a key with a password', basic('f'.repeat(32), 'secret')],
    ['another scheme', `Bearer ${'f'.repeat(32)}`],
    ['broken base64', 'Basic ****'],
    ['a job that does not exist', basic('1/1/1', 'token')],
    ['nothing', ''],
  ])('%s is refused', async (_, authorization) => {
    await using server = await serveEmulator({ projects: [1] });
    expect((await rawClient(server.url, authorization).get('/items/1/1/1')).status).toBe(401);
  });

  test('the key works as a parameter too, on both hosts', async () => {
    await using server = await serveEmulator({ projects: [1], apiKey: 'a'.repeat(32) });
    expect((await send(server.url, { path: `/items/1/1/1?apikey=${'a'.repeat(32)}` })).status).toBe(200);
    expect((await send(server.url, { path: `/api/v2/users/me?apikey=${'a'.repeat(32)}` })).status).toBe(200);
    expect((await send(server.url, { path: '/items/1/1/1?apikey=b' })).status).toBe(401);
  });

  test('a job writes its own data and metadata with its token, and only while it runs', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const admin = rawClient(server.url, basic(server.emulator.apiKey));
    const pushed = await admin.post('/jobq/1/push', '{"spider":"a","state":"running"}\n{"spider":"a"}');
    const { key, auth } = JSON.parse(pushed.text.split('\n')[0] ?? '');
    expect(auth).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(JSON.parse(atob(auth.split('.')[1]))).toEqual({ aud: `job:${key}` });
    expect((await admin.get('/jobs/1/1/1/auth')).text).toBe(JSON.stringify(auth));
    expect((await admin.get('/jobs/1/1/2/auth')).text).toBe('null');

    const job = rawClient(server.url, basic(key, auth));
    for (const resource of ['items', 'logs', 'requests']) {
      expect((await job.post(`/${resource}/${key}?start=0`, '{"a":1}\n')).status).toBe(200);
      expect((await job.get(`/${resource}/${key}`)).status).toBe(200);
      expect((await job.get(`/${resource}/${key}/stats`)).status).toBe(200);
    }
    expect((await job.post(`/samples/${key}?start=0`, '[1,2]\n')).status).toBe(200);
    expect((await job.post(`/jobs/${key}`, '{"note":1}')).status).toBe(200);
    expect((await job.get(`/jobs/${key}`)).status).toBe(200);

    expect((await job.get('/items/1/1/2')).status).toBe(403);
    expect((await job.get('/jobq/1/list')).status).toBe(403);
    expect((await job.remove(`/jobs/${key}`)).status).toBe(403);

    await admin.post('/jobq/1/update', `{"key":"${key}","state":"finished"}`);
    expect((await job.get(`/items/${key}`)).status).toBe(401);
  });

  test('a project that does not exist is forbidden, in the style of each service', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const { get, post } = rawClient(server.url, basic(server.emulator.apiKey));
    expect(await get('/items/2/1/1')).toMatchObject({ status: 403, text: 'Forbidden\n' });
    expect((await get('/jobq/2/list')).text).toBe('{\n  "error": "Forbidden",\n  "message": "Forbidden"\n}');
    const run = await post('/api/run.json', 'project=2&spider=a');
    expect(run.status).toBe(403);
    expect(JSON.parse(run.text)).toEqual({ status: 'error', message: 'Forbidden' });
  });

  test('without a list of projects every project exists', async () => {
    await using server = await serveEmulator();
    const { get } = rawClient(server.url, basic(server.emulator.apiKey));
    expect((await get('/items/77/1/1')).status).toBe(200);
    expect((await get('/ids/77/spider/a?create=1')).text).toBe('1');
    expect(JSON.parse((await get('/api/scrapyd/listprojects.json')).text)).toEqual({ projects: [77], status: 'ok' });
  });
});
