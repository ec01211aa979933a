import { serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, jsonLines, rawClient } from '../helpers/raw-http.ts';

async function setUp() {
  const server = await serveEmulator({ projects: [1], seed: { user: 'ada' } });
  const client = rawClient(server.url, basic(server.emulator.apiKey));
  const lines = async (path: string) => jsonLines((await client.get(path)).text);
  const push = async (...jobs: readonly object[]) =>
    jsonLines((await client.post('/jobq/1/push', jobs.map((job) => JSON.stringify(job)).join('\n'))).text);
  return { server, ...client, lines, push };
}

describe('pushing jobs', () => {
  test('answers in the style of the job queue: spaces, and no newline at the end', async () => {
    const { server, post } = await setUp();
    const answer = await post('/jobq/1/push', '{"spider":"a"}\n{"spider":"b"}\n');
    expect(answer.text).toBe('{"key": "1/1/1", "auth": null}\n{"key": "1/2/1", "auth": null}');
    expect(answer.headers['content-type']).toBe('application/x-jsonlines');
    expect(answer.headers['x-service-version']).toBeDefined();
    expect(answer.headers['content-encoding']).toBeUndefined();
    await server.close();
  });

  test('gives an unknown spider its id, and counts jobs up for each spider', async () => {
    const { server, get, push } = await setUp();
    expect((await get('/ids/1/spider/a')).text).toBe('null');
    const keys = (await push({ spider: 'a' }, { spider: 'b' }, { spider: 'a' })).map(({ key }) => key);
    expect(keys).toEqual(['1/1/1', '1/2/1', '1/1/2']);
    expect((await get('/ids/1/spider/b')).text).toBe('2');
    expect((await get('/ids/1/spider/c%2Fd?create=True')).text).toBe('3');
    expect((await get('/ids/1/spider/c%2Fd')).text).toBe('3');
    await server.close();
  });

  test('refuses a second active job with the same unique mark, and a number is lost', async () => {
    const { server, post, push } = await setUp();
    await push({ spider: 'a', unique: 'h' }, { spider: 'a', unique: null }, { spider: 'a', unique: null });
    const refused = await post('/jobq/1/push', '{"spider":"b","unique":"h"}');
    expect(refused.status).toBe(200);
    expect(refused.text).toBe('{"error": "Active job exists with key h", "request": {"spider": "b", "unique": "h"}}');
    await post('/jobq/1/update', '{"key":"1/1/1","state":"running"}');
    expect((await push({ spider: 'a', unique: 'h' }))[0].error).toBeDefined();
    await post('/jobq/1/update', '{"key":"1/1/1","state":"finished"}');
    expect(await push({ spider: 'a', unique: 'h' })).toEqual([{ key: '1/1/5', auth: null }]);
    await server.close();
  });

  test.each([
    ['{"spider":5}', 'spider'],
    ['{}', 'spider'],
    ['{"spider":"a","state":"sleeping"}', 'state'],
    ['{"spider":"a","priority":9}', 'priority'],
    ['{"spider":"a","unique":1}', 'unique'],
    ['[]', 'object'],
    ['{"spider":"a"}\n{', 'JSON'],
  ])('%s is refused, and nothing of it happens', async (body, reason) => {
    const { server, get, post } = await setUp();
    const answer = await post('/jobq/1/push', body);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toEqual({ error: 'Bad Request', message: expect.stringContaining(reason) });
    expect(JSON.parse((await get('/projects/1/jobsummary')).text)).toMatchObject({ pending: 0, running: 0 });
    await server.close();
  });
});

describe('starting and updating jobs', () => {
  test('the next job is the one with the highest priority, then the oldest', async () => {
    const { server, post, push } = await setUp();
    await push({ spider: 'a' }, { spider: 'a', priority: 0 }, { spider: 'a', priority: 4 }, { spider: 'a' });
    const started: string[] = [];
    for (let time = 0; time < 4; time += 1) {
      const answer = await post('/jobq/1/startjob', '{"host":"w1"}');
      expect(answer.headers['content-type']).toBe('application/json');
      const job = JSON.parse(answer.text);
      expect(job).toMatchObject({
        state: 'running',
        started_by: 'ada',
        scheduled_by: 'ada',
        _shub_worker: 'kumo',
        host: 'w1',
      });
      expect(job.auth).toMatch(/\..+\./);
      expect(job.running_time).toBeGreaterThan(job.pending_time);
      started.push(job.key);
    }
    expect(started).toEqual(['1/1/3', '1/1/1', '1/1/4', '1/1/2']);
    expect(await post('/jobq/1/startjob', '{}')).toMatchObject({ status: 200, text: '' });
    await server.close();
  });

  test('a bot group takes its own jobs only', async () => {
    const { server, post, push } = await setUp();
    await push({ spider: 'a' }, { spider: 'a', botgroup: 'g' });
    expect(JSON.parse((await post('/jobq/1/startjob', '{"botgroup":"g"}')).text).key).toBe('1/1/2');
    expect((await post('/jobq/1/startjob', '{"botgroup":"g"}')).text).toBe('');
    expect((await post('/botgroups/g/max_running', 'null')).text).toBe('null');
    await server.close();
  });

  test('every transition leaves its time and who did it', async () => {
    const { server, get, post, push } = await setUp();
    await push({ spider: 'a', foo: { bar: [1, null, 'é'] } });
    const times: number[] = [];
    for (const [state, actor] of [
      ['pending', 'scheduled_by'],
      ['running', 'started_by'],
      ['finished', 'completed_by'],
      ['deleted', 'deleted_by'],
    ] as const) {
      if (state !== 'pending')
        await post('/jobq/1/update', JSON.stringify({ key: '1/1/1', state, [`on_${state}`]: 1 }));
      const meta = JSON.parse((await get('/jobs/1/1/1')).text);
      expect(meta).toMatchObject({ state, [actor]: 'ada', foo: { bar: [1, null, 'é'] } });
      times.push(meta[`${state}_time`]);
    }
    expect([...times].sort((left, right) => left - right)).toEqual(times);
    expect(new Set(times).size).toBe(4);
    await server.close();
  });

  test('an update answers the state before, also when nothing changes, and nothing for what is unknown', async () => {
    const { server, get, post, push } = await setUp();
    await push({ spider: 'a' });
    expect((await post('/jobq/1/update', '{"key":"1/1/1","state":"finished","close_reason":"x"}')).text).toBe(
      '{"key": "1/1/1", "prevstate": "pending"}',
    );
    const finished = JSON.parse((await get('/jobs/1/1/1/finished_time')).text);
    expect((await post('/jobq/1/update', '{"key":"1/1/1","state":"finished"}')).text).toBe(
      '{"key": "1/1/1", "prevstate": "finished"}',
    );
    expect(JSON.parse((await get('/jobs/1/1/1/finished_time')).text)).toBe(finished);
    expect(await post('/jobq/1/update', '{"key":"1/1/9","state":"finished"}')).toMatchObject({ status: 200, text: '' });
    await server.close();
  });

  test("a spider's key stands for its jobs that are not deleted", async () => {
    const { server, post, push } = await setUp();
    await push({ spider: 'a' }, { spider: 'a', state: 'deleted' }, { spider: 'b' }, { spider: 'a', state: 'running' });
    const answer = await post('/jobq/1/update', '{"key":"1/1","state":"deleted"}');
    expect(jsonLines(answer.text)).toEqual([
      { key: '1/1/1', prevstate: 'pending' },
      { key: '1/1/3', prevstate: 'running' },
    ]);
    expect((await post('/jobq/1/update', '{"key":"1/1","state":"deleted"}')).text).toBe('');
    await server.close();
  });

  test.each(['{"state":"finished"}', '{"key":5}', '{"key":"1/1/1","state":"gone"}'])(
    'update %s is refused',
    async (body) => {
      const { server, post } = await setUp();
      expect((await post('/jobq/1/update', body)).status).toBe(400);
      await server.close();
    },
  );
});

describe('cancelling jobs', () => {
  test('a pending job is finished at once, a running one is told, others do not count', async () => {
    const { server, get, post, push } = await setUp();
    await push({ spider: 'a' }, { spider: 'a', state: 'running' }, { spider: 'a', state: 'finished' });
    const keys = ['1/1/1', '1/1/2', '1/1/3', '1/1/4'].map((key) => ({ key }));
    const answer = await post('/jobq/1/cancel', JSON.stringify(keys));
    expect(answer.text).toBe('{"count": 2}');
    expect(answer.headers['content-type']).toBe('application/json');
    expect(JSON.parse((await get('/jobs/1/1/1')).text)).toMatchObject({
      state: 'finished',
      cancelled_by: 'ada',
      close_reason: 'cancelled',
    });
    expect(JSON.parse((await get('/jobs/1/1/2')).text)).toMatchObject({ state: 'running', cancelled_by: 'ada' });
    await server.close();
  });

  test('one job has a call of its own, and a count cancels that many pending ones', async () => {
    const { server, post, push } = await setUp();
    await push({ spider: 'a' }, { spider: 'a' }, { spider: 'a' }, { spider: 'a' });
    expect((await post('/jobq/1/1/1/cancel', '')).text).toBe('{"count": 1}');
    expect((await post('/jobq/1/1/9/cancel', '')).text).toBe('{"count": 0}');
    expect((await post('/jobq/1/cancel?count=2', '')).text).toBe('{"count": 2}');
    expect((await post('/jobq/1/cancel?count=2', '')).text).toBe('{"count": 1}');
    for (const body of ['', '{}', '["1/1/1"]']) expect((await post('/jobq/1/cancel', body)).status).toBe(400);
    await server.close();
  });
});

describe('lists of jobs', () => {
  test('are finished jobs, the newest first, unless told otherwise', async () => {
    const { server, get, lines, push } = await setUp();
    await push(
      { spider: 'a', state: 'finished', tags: ['x'] },
      { spider: 'b', state: 'finished', tags: ['y'] },
      { spider: 'a', state: 'running', tags: ['x', 'y'] },
      { spider: 'a', tags: [] },
      { spider: 'a', state: 'deleted' },
    );
    const keys = async (query: string) => (await lines(`/jobq/1/list${query}`)).map(({ key }) => key);
    expect(await keys('')).toEqual(['1/2/1', '1/1/1']);
    expect(await keys('?spider=a')).toEqual(['1/1/1']);
    expect(await keys('?state=running&state=pending')).toEqual(['1/1/3', '1/1/2']);
    expect(await keys('?state=deleted')).toEqual(['1/1/4']);
    const all = '?state=pending&state=running&state=finished';
    expect(await keys(`${all}&has_tag=x`)).toEqual(['1/1/2', '1/1/1']);
    expect(await keys(`${all}&has_tag=x&has_tag=y`)).toEqual(['1/1/2', '1/2/1', '1/1/1']);
    expect(await keys(`${all}&lacks_tag=x`)).toEqual(['1/1/3', '1/2/1']);
    expect(await keys(`${all}&lacks_tag=x&lacks_tag=y`)).toEqual(['1/1/3']);
    expect(await keys(`${all}&count=2`)).toEqual(['1/1/3', '1/1/2']);
    expect(await keys(`${all}&start=3`)).toEqual(['1/1/1']);
    expect(await keys(`${all}&stop=1%2F2%2F1`)).toEqual(['1/1/3', '1/1/2']);
    expect(await keys('?key=1/1/1')).toEqual(['1/1/1']);
    expect((await get('/jobq/1/count')).text).toBe('2');
    expect((await get('/jobq/1/count?state=pending&state=running')).text).toBe('2');
    expect((await get('/jobq/1/list?state=x')).status).toBe(400);
    expect((await get('/jobq/1/list?count=-1')).status).toBe(400);
    await server.close();
  });

  test('can be cut by the time of the last change', async () => {
    const { server, lines, push } = await setUp();
    await push(
      { spider: 'a', state: 'finished' },
      { spider: 'a', state: 'finished' },
      { spider: 'a', state: 'finished' },
    );
    const [third, second, first] = (await lines('/jobq/1/list')).map(({ ts }) => ts);
    const times = async (query: string) => (await lines(`/jobq/1/list?${query}`)).map(({ ts }) => ts);
    expect(await times(`startts=${second}`)).toEqual([third, second]);
    expect(await times(`endts=${second}`)).toEqual([first]);
    expect(await times(`startts=${first}&endts=${third}`)).toEqual([second, first]);
    await server.close();
  });

  test('stop at a thousand', async () => {
    const { server, lines, push, get } = await setUp();
    await push(...Array.from({ length: 1005 }, () => ({ spider: 'a', state: 'finished' })));
    expect(await lines('/jobq/1/list')).toHaveLength(1000);
    expect(await lines('/jobq/1/list?count=5000')).toHaveLength(1000);
    expect(await lines('/jobq/1/list?start=1000')).toHaveLength(5);
    expect((await get('/jobq/1/count')).text).toBe('1005');
    await server.close();
  });

  test('show default fields, or only those that are asked for', async () => {
    const { server, get, lines, post, push } = await setUp();
    await push(
      { spider: 'a', state: 'running', foo: 'bar', tags: ['t'] },
      { spider: 'a', state: 'finished', close_reason: 'done', version: 'v1' },
    );
    expect(await lines('/jobq/1/list?state=running')).toEqual([
      {
        key: '1/1/1',
        spider: 'a',
        state: 'running',
        ts: expect.any(Number),
        elapsed: expect.any(Number),
        running_time: expect.any(Number),
        tags: ['t'],
      },
    ]);
    expect((await lines('/jobq/1/list'))[0]).toMatchObject({ close_reason: 'done', version: 'v1' });
    expect(await lines('/jobq/1/list?state=running&jobmeta=foo&jobmeta=none&jobmeta=__proto__')).toEqual([
      { key: '1/1/1', state: 'running', ts: expect.any(Number), elapsed: expect.any(Number), foo: 'bar', tags: ['t'] },
    ]);
    await post('/items/1/1/1', '{"a":1}\n{"a":2}');
    await post('/requests/1/1/1', '{"url":"u","status":200,"method":"GET","rs":1,"duration":1,"time":1}');
    await post('/logs/1/1/1', '{"message":"x","level":40,"time":1}\n{"message":"y","level":20,"time":1}');
    expect((await lines('/jobq/1/list?state=running'))[0]).toMatchObject({ items: 2, pages: 1, logs: 2, errors: 1 });
    expect(
      (await lines('/jobq/1/jobsummary?key=1/1/2&key=1/9/9&key=1/1/1&jobmeta=items')).map(({ key, items }) => [
        key,
        items,
      ]),
    ).toEqual([
      ['1/1/2', undefined],
      ['1/1/1', 2],
    ]);
    expect((await get('/jobq/1/list?state=running')).text).toMatch(/^\{"key": "1\/1\/1", /);
    await server.close();
  });

  test('elapsed is at least one, and changes within one millisecond keep their order', async () => {
    await using server = await serveEmulator({ projects: [1], clock: () => 1_700_000_000_000 });
    const { get, post } = rawClient(server.url, basic(server.emulator.apiKey));
    await post('/jobq/1/push', '{"spider":"a","state":"finished"}\n'.repeat(20));
    const jobs = jsonLines((await get('/jobq/1/list')).text);
    expect(jobs.map(({ key }) => key)).toEqual(Array.from({ length: 20 }, (_, index) => `1/1/${20 - index}`));
    for (const job of jobs) expect(job.elapsed).toBeGreaterThanOrEqual(1);
  });
});

describe('summaries', () => {
  test('are three lines, also without jobs', async () => {
    const { server, get } = await setUp();
    expect((await get('/jobq/1/summary')).text).toBe(
      ['pending', 'running', 'finished'].map((name) => `{"name": "${name}", "count": 0, "summary": []}`).join('\n'),
    );
    expect((await get('/jobq/1/summary/sleeping')).status).toBe(404);
    await server.close();
  });

  test('show five jobs of a queue, and page', async () => {
    const { server, lines, push } = await setUp();
    await push(...Array.from({ length: 7 }, (_, n) => ({ spider: 'a', n })), { spider: 'b' });
    const [pending] = await lines('/jobq/1/summary/pending?jobmeta=n');
    expect(pending).toMatchObject({ name: 'pending', count: 8 });
    expect(pending.summary).toHaveLength(5);
    const [page] = await lines('/jobq/1/1/summary/pending?jobmeta=n&count=2&start=1');
    expect(page.count).toBe(7);
    expect(page.summary.map((job: { n: number }) => job.n)).toEqual([5, 4]);
    expect(await lines('/jobq/1/2/summary')).toMatchObject([{ count: 1 }, { count: 0 }, { count: 0 }]);
    await server.close();
  });

  test('of projects name those where something waits or runs', async () => {
    await using server = await serveEmulator({ projects: [1, 2, 3] });
    const { get, post } = rawClient(server.url, basic(server.emulator.apiKey));
    await post('/jobq/1/push', '{"spider":"a","state":"finished"}');
    await post('/jobq/2/push', '{"spider":"a"}\n{"spider":"a","state":"running","units":3}');
    await post('/jobq/3/push', '{"spider":"a","state":"running"}');
    expect((await get('/projects/jobsummaries')).text).toBe(
      '[{"project": 2, "pending": 1, "running": 1, "finished": 0, "has_capacity": true}, ' +
        '{"project": 3, "pending": 0, "running": 1, "finished": 0, "has_capacity": true}]',
    );
    expect(JSON.parse((await get('/projects/jobsummaries?state=pending')).text)).toHaveLength(1);
    expect(JSON.parse((await get('/projects/2/jobsummary')).text)).toEqual({
      project: 2,
      pending: 1,
      running: 1,
      finished: 0,
      has_capacity: true,
      running_units_count: 3,
      pending_units_max: null,
    });
  });

  test("of last jobs give each spider's newest finished one", async () => {
    const { server, get, lines, push } = await setUp();
    await push(
      { spider: 'a', state: 'finished' },
      { spider: 'b', state: 'finished' },
      { spider: 'a', state: 'finished' },
      { spider: 'a' },
      { spider: 'c', state: 'running' },
    );
    const keys = async (path: string) => (await lines(path)).map(({ key }) => key);
    expect(await keys('/spiders/1/lastjobsummary')).toEqual(['1/1/2', '1/2/1']);
    expect(await keys('/spiders/1/2/lastjobsummary')).toEqual(['1/2/1']);
    expect(await keys('/spiders/1/lastjobsummary?count=1')).toEqual(['1/1/2']);
    expect(await keys('/spiders/1/lastjobsummary?startafter=1')).toEqual(['1/2/1']);
    expect(await keys('/spiders/1/lastjobsummary?start=1/2')).toEqual(['1/2/1']);
    expect((await get('/spiders/1/3/lastjobsummary')).text).toBe('');
    await server.close();
  });
});
