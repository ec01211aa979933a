import { type EmulatorServer, serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, jsonLines, type RawClient, rawClient } from '../helpers/raw-http.ts';

const started = Date.UTC(2015, 10, 9, 15, 21, 6, 789);

async function setUp(): Promise<EmulatorServer & { readonly client: RawClient }> {
  const server = await serveEmulator({
    projects: [2],
    clock: () => started + 60_000,
    seed: {
      jobs: [
        {
          spider: 'a',
          meta: { running_time: started, finished_time: started + 10_000, close_reason: 'finished', tags: ['x'] },
          items: [{ n: 1 }, { n: 2 }],
          logs: [
            { message: 'one', level: 20, time: started },
            { message: 'två', level: 40, time: started + 1_000 },
          ],
          requests: [{ url: 'http://a/', status: 200, method: 'GET', rs: 1, duration: 1 }],
        },
        { spider: 'a', state: 'running', meta: { running_time: started + 20_000 } },
        { spider: 'b', state: 'pending', meta: { pending_time: started + 30_000, tags: ['x', 'y'] } },
        { spider: 'b', state: 'deleted', meta: { deleted_time: started + 40_000 } },
      ],
    },
  });
  return Object.assign(server, { client: rawClient(server.url, basic(server.emulator.apiKey)) });
}

async function json(client: RawClient, path: string): Promise<ReturnType<typeof JSON.parse>> {
  const answer = await client.get(path);
  expect([path, answer.status]).toEqual([path, 200]);
  return JSON.parse(answer.text);
}

describe('jobs in dash', () => {
  test('are listed, the newest first, with what they did and times to the second', async () => {
    await using server = await setUp();
    const { client } = server;
    const list = await json(client, '/api/jobs/list.json?project=2');
    expect(list).toMatchObject({ status: 'ok', count: 3, total: 3 });
    expect(list.jobs.map(({ id }: { id: string }) => id)).toEqual(['2/2/1', '2/1/2', '2/1/1']);
    expect(list.jobs[2]).toEqual({
      id: '2/1/1',
      spider: 'a',
      state: 'finished',
      tags: ['x'],
      priority: 2,
      version: null,
      spider_type: 'manual',
      started_time: '2015-11-09T15:21:06',
      updated_time: '2015-11-09T15:21:16',
      elapsed: 50_000,
      items_scraped: 2,
      responses_received: 1,
      errors_count: 1,
      logs: 2,
      close_reason: 'finished',
    });
    expect(list.jobs[0]).not.toHaveProperty('started_time');
    const asLines = await client.get('/api/jobs/list.jl?project=2&count=2');
    expect(asLines.headers['content-type']).toBe('application/x-jsonlines; charset=UTF-8');
    expect(jsonLines(asLines.text)).toEqual([{ status: 'ok', count: 2, total: 3 }, list.jobs[0], list.jobs[1]]);
  });

  test.each([
    ['state=finished', ['2/1/1']],
    ['state=finished&state=pending', ['2/2/1', '2/1/1']],
    ['state=deleted', ['2/2/2']],
    ['spider=a', ['2/1/2', '2/1/1']],
    ['has_tag=x', ['2/2/1', '2/1/1']],
    ['has_tag=x&lacks_tag=y', ['2/1/1']],
    ['job=2/1/1&job=2/2/1&job=2/9/9', ['2/2/1', '2/1/1']],
    ['count=1', ['2/2/1']],
    ['count=-2', ['2/2/1', '2/1/2']],
    ['offset=1&count=1', ['2/1/2']],
  ])('that %s selects are listed and counted', async (query, keys) => {
    await using server = await setUp();
    const { client } = server;
    const list = await json(client, `/api/jobs/list.json?project=2&${query}`);
    expect(list.jobs.map(({ id }: { id: string }) => id)).toEqual(keys);
    const { total } = await json(client, `/api/jobs/count.json?project=2&${query}`);
    expect(total).toBe(list.total);
    if (!/count|offset/.test(query)) expect(total).toBe(keys.length);
  });

  test('whose times are none are listed without them', async () => {
    const meta = { running_time: 1e300, priority: null };
    const logs = [{ message: 'm', time: 1e300 }];
    await using server = await serveEmulator({ projects: [2], seed: { jobs: [{ spider: 'a', meta, logs }] } });
    const client = rawClient(server.url, basic(server.emulator.apiKey));
    const { jobs } = await json(client, '/api/jobs/list.json?project=2');
    expect(jobs[0]).not.toHaveProperty('started_time');
    expect((await client.get('/api/log.txt?project=2&job=2/1/1')).text).toBe('- 20 m\n');
  });

  test('come at most a hundred at once as one object, and all as lines', async () => {
    const jobs = Array.from({ length: 150 }, () => ({ spider: 'a' }));
    await using server = await serveEmulator({ projects: [2], seed: { jobs } });
    const client = rawClient(server.url, basic(server.emulator.apiKey));
    const list = await json(client, '/api/jobs/list.json?project=2&count=120');
    expect([list.count, list.total, list.jobs.length]).toEqual([100, 150, 100]);
    expect(jsonLines((await client.get('/api/jobs/list.jl?project=2')).text)).toHaveLength(151);
    expect((await client.get('/api/jobs/list.json')).status).toBe(400);
    expect((await client.get('/api/jobs/list.json?project=2&count=many')).status).toBe(400);
    expect((await client.get('/api/jobs/list.json?project=3')).status).toBe(403);
  });

  test('are stopped and deleted by form posts', async () => {
    await using server = await setUp();
    const { client } = server;
    const stopped = await client.post('/api/jobs/stop.json', 'project=2&job=2/1/2&job=2%2F2%2F1&job=2/9/9');
    expect([stopped.status, stopped.text]).toEqual([200, '{"status":"ok"}']);
    expect((await client.get('/jobs/2/1/2/state')).text).toBe('"running"');
    expect((await client.get('/jobs/2/1/2/cancelled_by')).text).toBe('"admin"');
    expect((await client.get('/jobs/2/2/1/state')).text).toBe('"finished"');

    const deleted = await client.post('/api/jobs/delete.json', 'project=2&job=2/1/1&job=2/2/1&job=2/9/9');
    expect(deleted.text).toBe('{"status":"ok","count":2}');
    expect((await json(client, '/api/jobs/count.json?project=2')).total).toBe(1);
    expect((await client.get('/jobs/2/1/1/state')).text).toBe('"deleted"');
    expect((await client.post('/api/jobs/delete.json', 'project=2')).status).toBe(400);
    expect((await client.post('/api/jobs/stop.json', 'job=2/1/1')).status).toBe(400);
  });
});

describe('the data of a job in dash', () => {
  test('has the items of a job, or of the last finished one of a spider', async () => {
    await using server = await setUp();
    const { client } = server;
    expect((await client.get('/api/items.jl?project=2&job=2/1/1')).text).toBe('{"n":1}\n{"n":2}\n');
    expect((await client.get('/api/items.json?project=2&spider=a&offset=1')).text).toBe('[{"n":2}]');
    expect((await client.get('/api/items.jl?project=2&job=2/1/1&count=1&meta=_key')).text).toBe(
      '{"n":1,"_key":"2/1/1/0"}\n',
    );
    expect((await client.get('/api/items.csv?project=2&job=2/1/1&fields=n&include_headers=1')).text).toBe('n\n1\n2\n');
    expect((await client.get('/api/items.csv?project=2&job=2/1/1')).status).toBe(400);
    expect((await client.get('/api/items.jl?project=2')).status).toBe(400);
    const unknown = await client.get('/api/items.jl?project=2&job=2/1/99');
    expect([unknown.status, JSON.parse(unknown.text).status]).toEqual([404, 'error']);
  });

  test('has the log in three forms, from a level on', async () => {
    await using server = await setUp();
    const { client } = server;
    const first = `{"logLevel":20,"message":"one","time":${started}}`;
    const second = `{"logLevel":40,"message":"två","time":${started + 1_000}}`;
    expect((await client.get('/api/log.jl?project=2&job=2/1/1')).text).toBe(`${first}\n${second}\n`);
    expect((await client.get('/api/log.json?project=2&job=2/1/1')).text).toBe(`[${first},${second}]`);
    expect((await client.get('/api/log.json?project=2&job=2/1/2')).text).toBe('[]');
    expect((await client.get('/api/log.jl?project=2&job=2/1/1&level=ERROR')).text).toBe(`${second}\n`);
    expect((await client.get('/api/log.jl?project=2&job=2/1/1&level=30')).text).toBe(`${second}\n`);
    expect((await client.get('/api/log.jl?project=2&job=2/1/1&offset=1')).text).toBe(`${second}\n`);
    expect((await client.get('/api/log.txt?project=2&job=2/1/1&count=1')).text).toBe('2015-11-09 15:21:06 20 one\n');
    expect((await client.get('/api/log.jl?project=2&job=2/1/1&level=LOUD')).status).toBe(400);
  });
});
