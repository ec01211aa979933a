import { serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, rawClient, send } from '../helpers/raw-http.ts';

async function setUp() {
  const server = await serveEmulator({
    projects: [2, 1],
    seed: {
      spiders: [
        { name: 'a', tags: ['news'], version: 'v7' },
        { name: 'b', project: 1 },
      ],
    },
  });
  const authorization = basic(server.emulator.apiKey);
  const client = rawClient(server.url, authorization);
  const json = async (path: string) => JSON.parse((await client.get(path)).text);
  const form = async (path: string, fields: readonly (readonly [string, string])[]) => {
    const answer = await client.post(
      path,
      new URLSearchParams(fields.map(([name, value]) => [name, value])).toString(),
      {
        'content-type': 'application/x-www-form-urlencoded',
      },
    );
    return { status: answer.status, json: JSON.parse(answer.text) };
  };
  return { server, authorization, ...client, json, form };
}

describe('dash', () => {
  test('lists the projects', async () => {
    const { server, get } = await setUp();
    const answer = await get('/api/scrapyd/listprojects.json');
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.text).toBe('{"projects":[1,2],"status":"ok"}');
    await server.close();
  });

  test('lists the spiders that were deployed, not those that were only pushed', async () => {
    const { server, json, post, get } = await setUp();
    await post('/jobq/2/push', '{"spider":"pushed"}');
    await get('/ids/2/spider/created?create=1');
    expect(await json('/api/spiders/list.json?project=2')).toEqual({
      spiders: [
        { version: 'v7', tags: ['news'], id: 'a', type: 'manual' },
        { version: null, tags: [], id: 'created', type: 'manual' },
      ],
      status: 'ok',
    });
    expect((await json('/api/spiders/list.json?project=2&spider=a')).spiders).toHaveLength(1);
    expect(await json('/api/spiders/list.json')).toMatchObject({ status: 'error' });
    await server.close();
  });

  test('runs a spider: the form becomes metadata, what it does not know becomes arguments', async () => {
    const { server, form, json } = await setUp();
    const { json: answer } = await form('/api/run.json', [
      ['project', '2'],
      ['spider', 'a'],
      ['add_tag', 't1'],
      ['add_tag', 't2'],
      ['priority', '4'],
      ['units', '3'],
      ['meta', '{"note":{"x":1}}'],
      ['job_settings', '{"DELAY":1}'],
      ['environment', '{"E":"1"}'],
      ['cmd_args', '-v'],
      ['url', 'http://x/?a=1&b=ü'],
      ['n', '1'],
    ]);
    expect(answer).toEqual({ status: 'ok', jobid: '2/1/1' });
    expect(await json('/jobs/2/1/1')).toMatchObject({
      project: 2,
      spider: 'a',
      state: 'pending',
      tags: ['t1', 't2'],
      priority: 4,
      units: 3,
      note: { x: 1 },
      job_settings: { DELAY: 1 },
      environment: { E: '1' },
      cmd_args: '-v',
      spider_args: { url: 'http://x/?a=1&b=ü', n: '1' },
      spider_type: 'manual',
      version: 'v7',
      api_url: `${server.url}/api/`,
      portia_stack_version: 'latest',
      scheduled_by: 'admin',
    });
    await server.close();
  });

  test('refuses the same run while it is active, whatever the order of its arguments', async () => {
    const { server, form, post } = await setUp();
    const run = (...fields: readonly (readonly [string, string])[]) =>
      form('/api/run.json', [['project', '2'], ['spider', 'a'], ...fields]);
    expect((await run(['x', '1'], ['y', '2'])).status).toBe(200);
    expect(await run(['y', '2'], ['x', '1'])).toEqual({
      status: 400,
      json: { status: 'error', message: 'a already scheduled' },
    });
    expect((await run(['x', '1'])).status).toBe(200);
    await post('/jobq/2/update', '{"key":"2/1/1","state":"finished"}');
    expect((await run(['x', '1'], ['y', '2'])).status).toBe(200);
    await server.close();
  });

  test.each([
    [[['project', '2']], 'spider'],
    [[['spider', 'a']], 'project'],
    [
      [
        ['project', '2'],
        ['spider', 'unknown'],
      ],
      'unknown',
    ],
    [
      [
        ['project', '2'],
        ['jobq_id', '99'],
      ],
      '99',
    ],
    [
      [
        ['project', '2'],
        ['spider', 'a'],
        ['priority', '9'],
      ],
      'priority',
    ],
    [
      [
        ['project', '2'],
        ['spider', 'a'],
        ['units', 'x'],
      ],
      'units',
    ],
    [
      [
        ['project', '2'],
        ['spider', 'a'],
        ['meta', '[]'],
      ],
      'meta',
    ],
    [
      [
        ['project', '2'],
        ['spider', 'a'],
        ['job_settings', '{'],
      ],
      'job_settings',
    ],
    [
      [
        ['project', '2'],
        ['spider', 'a'],
        ['meta', '{"state":"x"}'],
      ],
      'state',
    ],
  ] as const)('refuses the run %j', async (fields, reason) => {
    const { server, form } = await setUp();
    expect(await form('/api/run.json', fields)).toEqual({
      status: 400,
      json: { status: 'error', message: expect.stringContaining(reason) },
    });
    await server.close();
  });

  test('takes the state from the metadata, and the spider by its id', async () => {
    const { server, form, json } = await setUp();
    await form('/api/schedule.json', [
      ['project', '2'],
      ['jobq_id', '1'],
      ['meta', '{"state":"running"}'],
    ]);
    expect(await json('/jobs/2/1/1')).toMatchObject({ state: 'running', spider: 'a' });
    await server.close();
  });

  test('changes the tags of jobs', async () => {
    const { server, form, json, post } = await setUp();
    await post('/jobq/2/push', '{"spider":"a","tags":["t1","t2"]}\n{"spider":"a","state":"finished"}\n{"spider":"c"}');
    const update = (...fields: readonly (readonly [string, string])[]) =>
      form('/api/jobs/update.json', [['project', '2'], ...fields]);
    expect(
      await update(
        ['job', '2/1/1'],
        ['add_tag', 'b'],
        ['add_tag', 'a'],
        ['add_tag', 't1'],
        ['remove_tag', 't2'],
        ['remove_tag', 'x'],
      ),
    ).toEqual({
      status: 200,
      json: { count: 1, status: 'ok' },
    });
    expect(await json('/jobs/2/1/1/tags')).toEqual(['t1', 'b', 'a']);
    expect((await update(['spider', 'a'], ['add_tag', 'all'])).json.count).toBe(2);
    expect((await update(['spider', 'a'], ['state', 'finished'], ['remove_tag', 'all'])).json.count).toBe(1);
    expect((await update(['job', '2/9/9'], ['add_tag', 'x'])).json.count).toBe(0);
    expect((await update(['add_tag', 'x'])).status).toBe(400);
    await server.close();
  });

  test('shows a spider with its tags and changes them', async () => {
    const { server, authorization, json } = await setUp();
    expect(await json('/api/v2/projects/2/spiders/1')).toMatchObject({ id: 1, name: 'a', tags: ['news'], jobq_id: 1 });
    const patch = (body: string) =>
      send(server.url, {
        method: 'PATCH',
        path: '/api/v2/projects/2/spiders/1/tags',
        headers: { authorization },
        body,
      });
    expect(JSON.parse((await patch('{"add":["x"],"remove":["news"]}')).text).tags).toEqual(['x']);
    expect((await json('/api/v2/projects/2/spiders/1')).tags).toEqual(['x']);
    for (const body of ['{}', '{"add":[]}', '{"add":"x"}', '[]']) {
      const answer = await patch(body);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text)).toEqual({ non_field_errors: [expect.any(String)] });
    }
    expect(await json('/api/v2/projects/2/spiders/99')).toEqual({ detail: 'Not found.' });
    await server.close();
  });

  test('answers JSON for what it does not know', async () => {
    const { server, get } = await setUp();
    const answer = await get('/api/nothing.json');
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.text)).toMatchObject({ status: 'error' });
    await server.close();
  });
});
