import { serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, jsonLines, rawClient } from '../helpers/raw-http.ts';

async function setUp() {
  const server = await serveEmulator({ projects: [1], clock: () => 1_700_000_000_000 });
  const client = rawClient(server.url, basic(server.emulator.apiKey));
  await client.post('/jobq/1/push', '{"spider":"a"}');
  return { server, ...client };
}

describe('the metadata of a job', () => {
  test('is one line without key, credential and newline', async () => {
    const { server, get } = await setUp();
    const answer = await get('/jobs/1/1/1');
    expect(answer.headers['content-type']).toBe('application/x-jsonlines');
    expect(JSON.parse(answer.text)).toEqual({
      project: 1,
      spider: 'a',
      state: 'pending',
      units: 1,
      priority: 2,
      pending_time: 1_700_000_000_000,
      scheduled_by: 'admin',
    });
    expect(answer.text.endsWith('\n')).toBe(false);
    expect(await get('/jobs/1/1/99')).toMatchObject({ status: 200, text: '' });
    await server.close();
  });

  test('is merged by a write: other fields stay, null is a value, and the state is not touched', async () => {
    const { server, get, post } = await setUp();
    const answer = await post('/jobs/1/1/1', '{"foo":{"a":"é"},"nil":null,"state":"finished","auth":"x","_key":"y"}');
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(JSON.parse((await get('/jobs/1/1/1')).text)).toMatchObject({
      foo: { a: 'é' },
      nil: null,
      state: 'pending',
      priority: 2,
    });
    expect((await get('/jobs/1/1/1/foo')).text).toBe('{"a": "\\u00e9"}');
    expect((await get('/jobs/1/1/1/nil')).text).toBe('null');
    expect((await get('/jobs/1/1/1/auth')).text).toBe('null');
    await server.close();
  });

  test('has fields of its own paths', async () => {
    const { server, get, post, remove } = await setUp();
    await post('/jobs/1/1/1/close%20reason', '"no reason"');
    const answer = await get('/jobs/1/1/1/close%20reason');
    expect(answer.text).toBe('"no reason"');
    expect(answer.headers['content-type']).toBe('application/json');
    expect(await remove('/jobs/1/1/1/close%20reason')).toMatchObject({ status: 200, text: '' });
    expect(await remove('/jobs/1/1/1/close%20reason')).toMatchObject({ status: 200, text: '' });
    expect(await remove('/jobs/1/1/99/foo')).toMatchObject({ status: 200, text: '' });
    expect((await get('/jobs/1/1/1/close%20reason')).text).toBe('null');
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect((await get(`/jobs/1/1/1/${name}`)).text).toBe('null');
    }
    await post('/jobs/1/1/1', '{"__proto__":{"x":1}}');
    expect((await get('/jobs/1/1/1/__proto__')).text).toBe('{"x": 1}');
    expect((await get('/jobs/1/1/1')).text).toContain('"__proto__": {"x": 1}');
    await server.close();
  });

  test('is refused where it is no object, or where there is no such job', async () => {
    const { server, post } = await setUp();
    for (const body of ['[]', 'null', '{', '']) expect((await post('/jobs/1/1/1', body)).status).toBe(400);
    expect((await post('/jobs/1/1/99', '{}')).status).toBe(404);
    expect((await post('/jobs/1/1/99/foo', '1')).status).toBe(404);
    await server.close();
  });

  test('goes for good with the job and its data', async () => {
    const { server, get, post, remove } = await setUp();
    await post('/items/1/1/1', '{"a":1}');
    await post('/jobq/1/push', '{"spider":"a"}');
    expect(jsonLines((await get('/jobs/1/1?meta=_key')).text).map(({ _key }) => _key)).toEqual(['1/1/1', '1/1/2']);
    expect(await remove('/jobs/1/1/1')).toMatchObject({ status: 200, text: '' });
    expect((await get('/jobs/1/1/1')).text).toBe('');
    expect((await get('/items/1/1/1')).text).toBe('');
    expect(jsonLines((await get('/jobs/1')).text)).toHaveLength(1);
    expect(JSON.parse((await get('/projects/1/jobsummary')).text).pending).toBe(1);
    expect((await remove('/jobs/1/1/1')).status).toBe(200);
    await server.close();
  });
});
