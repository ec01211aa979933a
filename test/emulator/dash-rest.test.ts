import { serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, rawClient, send } from '../helpers/raw-http.ts';

const form = { 'content-type': 'application/x-www-form-urlencoded' };

describe('comments', () => {
  test('are added to items and fields, changed, counted and removed', async () => {
    await using server = await serveEmulator({
      projects: [1],
      clock: () => Date.UTC(2020, 0, 2, 3, 4, 5),
      seed: { user: 'ada', jobs: [{ spider: 'a', items: [{ title: 1 }] }] },
    });
    const authorization = basic(server.emulator.apiKey);
    const client = rawClient(server.url, authorization);
    const added = await client.post('/api/comments/1/1/1/0', 'text=What+is+this%3F', form);
    const comment = {
      id: 1,
      created: '2020-01-02T03:04:05',
      archived: false,
      author: 'ada',
      avatar: null,
      text: 'What is this?',
      editable: true,
    };
    expect([added.status, JSON.parse(added.text)]).toEqual([200, comment]);
    await client.post('/api/comments/1/1/1/0/title', 'text=Wrong', form);
    expect(JSON.parse((await client.get('/api/comments/1/1/1')).text)).toEqual({
      '0': [comment],
      '0/title': [{ ...comment, id: 2, text: 'Wrong' }],
    });
    expect(JSON.parse((await client.get('/api/comments/1/1/1/0')).text)).toEqual([comment]);
    expect(JSON.parse((await client.get('/api/comments/1/1/1/0/title')).text)).toHaveLength(1);
    expect((await client.get('/api/comments/1/stats')).text).toBe('{"1/1/1":2}');

    const multipart = new FormData();
    multipart.set('text', 'In parts');
    multipart.set('file', new Blob(['no text']));
    const url = `${server.url}/api/comments/1/1/1/0/other`;
    const third = await fetch(url, { method: 'POST', headers: { authorization }, body: multipart });
    expect(await third.json()).toMatchObject({ id: 3, text: 'In parts' });
    multipart.set('text', new Blob(['a file']));
    expect((await fetch(url, { method: 'POST', headers: { authorization }, body: multipart })).status).toBe(400);
    await client.remove('/api/comments/3');

    const changed = await send(server.url, {
      method: 'PUT',
      path: '/api/comments/2',
      headers: { authorization, ...form },
      body: 'text=Right',
    });
    expect(JSON.parse(changed.text)).toMatchObject({ id: 2, text: 'Right' });
    expect(JSON.parse((await client.remove('/api/comments/2')).text)).toMatchObject({ id: 2, archived: true });
    expect((await client.get('/api/comments/1/stats')).text).toBe('{"1/1/1":1}');
    expect((await client.remove('/api/comments/2')).status).toBe(404);
    expect((await client.post('/api/comments/1/1/1/0', '', form)).status).toBe(400);
    expect((await client.post('/api/comments/1/1/9/0', 'text=x', form)).status).toBe(404);
    for (const path of ['2/stats', '2/1/1', '2/1/1/0']) {
      expect((await client.get(`/api/comments/${path}`)).status).toBe(403);
    }
  });
});

test('comments are counted for each project by itself', async () => {
  const jobs = [11, 1, 1].map((project) => ({ spider: 'a', project }));
  await using server = await serveEmulator({ projects: [1, 11], seed: { jobs } });
  const client = rawClient(server.url, basic(server.emulator.apiKey));
  for (const place of ['11/1/1/0', '1/1/1/0', '1/1/1/7', '1/1/2/0']) {
    await client.post(`/api/comments/${place}`, 'text=x', form);
  }
  expect(JSON.parse((await client.get('/api/comments/1/stats')).text)).toEqual({ '1/1/1': 2, '1/1/2': 1 });
  expect(JSON.parse((await client.get('/api/comments/11/stats')).text)).toEqual({ '11/1/1': 1 });
});

describe('reports', () => {
  test('come as multipart, and are kept with the project', async () => {
    await using server = await serveEmulator({ projects: [1], seed: { jobs: [{ spider: 'a' }] } });
    const headers = { authorization: basic(server.emulator.apiKey) };
    const post = async (content: Blob | string, without = '', job = '1/1/1'): Promise<Response> => {
      const body = new FormData();
      const fields = { project: '1', job, key: 'summary', content_type: 'text/html' };
      for (const [name, value] of Object.entries(fields)) if (name !== without) body.set(name, value);
      if (without !== 'content') body.set('content', content);
      return fetch(`${server.url}/api/reports/add.json`, { method: 'POST', headers, body });
    };
    const added = await post(new Blob(['<p>ä</p>']));
    expect([added.status, await added.json()]).toEqual([200, { status: 'ok' }]);
    const client = rawClient(server.url, headers.authorization);
    const report = { job: '1/1/1', key: 'summary', content_type: 'text/html' };
    expect(JSON.parse((await client.get('/projects/1/reports')).text)).toEqual({
      '1/1/1/summary': { ...report, content: '<p>ä</p>' },
    });
    await post(new Blob([new Uint8Array([255, 0])]));
    expect(JSON.parse((await client.get('/projects/1/reports/1%2F1%2F1%2Fsummary')).text)).toEqual({
      ...report,
      content_base64: '/wA=',
    });
    for (const missing of ['project', 'job', 'key', 'content_type', 'content']) {
      expect([missing, (await post('x', missing)).status]).toEqual([missing, 400]);
    }
    expect((await post('x', '', '1/1/9')).status).toBe(400);
    expect((await client.post('/api/reports/add.json', 'project=1')).status).toBe(400);
    await client.post('/projects/1/reports', '{"own": 1}');
    await client.remove('/projects/1/reports/1%2F1%2F1%2Fsummary');
    expect((await client.get('/projects/1/reports')).text).toBe('{"own": 1}');
  });
});

test('the settings of a project are one object in dash, too', async () => {
  await using server = await serveEmulator({ projects: [1], seed: { settings: { a: [1] } } });
  const client = rawClient(server.url, basic(server.emulator.apiKey));
  expect((await client.get('/api/settings/get.json?project=1')).text).toBe('{"a":[1]}');
  expect((await client.get('/api/settings/get.json')).status).toBe(400);
});

test.each([
  ['POST', 'eggs/add.json'],
  ['POST', 'eggs/delete.json'],
  ['GET', 'eggs/list.json'],
  ['GET', 'eggs/bundle.zip'],
  ['POST', 'scrapyd/addversion.json'],
  ['GET', 'as/project-slybot.zip'],
  ['GET', 'as/spider-properties.json'],
  ['GET', 'migrate-eggs.zip'],
  ['POST', 'releases/deploy.json'],
])('%s %s says that nothing is deployed here', async (method, path) => {
  await using server = await serveEmulator({ projects: [1] });
  const headers = { authorization: basic(server.emulator.apiKey) };
  const answer = await send(server.url, { method, path: `/api/${path}?project=1`, headers });
  expect(answer.status).toBe(501);
  expect(answer.headers['content-type']).toBe('application/json');
  expect(JSON.parse(answer.text)).toEqual({ status: 'error', message: expect.stringContaining('does not deploy') });
});

test('a group of bots starts jobs of its own, and others where it is one of the project’s groups', async () => {
  await using server = await serveEmulator({ projects: [1] });
  const client = rawClient(server.url, basic(server.emulator.apiKey));
  const start = async (botgroup: string): Promise<unknown> => {
    const { text } = await client.post('/jobq/1/startjob', JSON.stringify({ botgroup }));
    return text === '' ? undefined : JSON.parse(text).key;
  };
  await client.post('/jobq/1/push', '{"spider":"a"}\n{"spider":"a","botgroup":"g2"}\n{"spider":"a"}');
  expect(await start('g1')).toBeUndefined();
  await client.post('/projects/1/settings', '{"botgroups": ["g1"]}');
  expect(await start('g1')).toBe('1/1/1');
  expect(await start('g3')).toBeUndefined();
  expect(await start('g2')).toBe('1/1/2');
  expect(await start('g1')).toBe('1/1/3');
});

test('a spider tells when it came and when its tags were changed', async () => {
  let now = Date.UTC(2020, 0, 2);
  await using server = await serveEmulator({ projects: [1], clock: () => now, seed: { spiders: ['a'] } });
  const headers = { authorization: basic(server.emulator.apiKey) };
  const path = '/api/v2/projects/1/spiders/1';
  const times = { created_at: '2020-01-02T00:00:00', modified_at: '2020-01-02T00:00:00' };
  const whole = { id: 1, jobq_id: 1, name: 'a', archived: false, deleted: false, settings: {}, stats: {} };
  expect(JSON.parse((await send(server.url, { path, headers })).text)).toMatchObject({ ...whole, ...times });
  now += 1_000;
  const patched = await send(server.url, { method: 'PATCH', path: `${path}/tags`, headers, body: '{"add":["x"]}' });
  expect(JSON.parse(patched.text)).toMatchObject({
    ...whole,
    ...times,
    tags: ['x'],
    modified_at: '2020-01-02T00:00:01',
  });
});
