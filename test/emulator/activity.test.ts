import { type EmulatorServer, serveEmulator } from 'tideway/node';
import { describe, expect, test } from 'vitest';
import { basic, jsonLines, type RawClient, rawClient } from '../helpers/raw-http.ts';

function clientOf(server: EmulatorServer): RawClient {
  return rawClient(server.url, basic(server.emulator.apiKey));
}

describe('the activity of a project', () => {
  test('is read the newest first, also within one post, as compact lines', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const client = clientOf(server);
    const written = await client.post('/activity/1', '{"n": 0, "10": 1}\n{"n": 1}\n');
    expect([written.status, written.text]).toEqual([200, '']);
    expect(written.headers['content-type']).toBe('text/plain; charset=UTF-8');
    await client.post('/activity/1', '{"n": 2}');
    const answer = await client.get('/activity/1');
    expect(answer.headers['content-type']).toBe('application/x-jsonlines; charset=UTF-8');
    expect(answer.text).toBe('{"n":2}\n{"n":1}\n{"n":0,"10":1}\n');
    expect((await client.get('/activity/1/?count=1')).text).toBe('{"n":2}\n');
    expect((await client.get('/activity/1?count=0')).text).toBe('');
  });

  test('has a time for each post, and takes filters and bounds in time', async () => {
    let now = 1_000;
    await using server = await serveEmulator({ projects: [1], clock: () => now });
    const client = clientOf(server);
    await client.post('/activity/1', '{"n":0}\n{"n":1}');
    now = 2_000;
    await client.post('/activity/1', '{"n":2}');
    expect((await client.get('/activity/1?meta=_ts')).text).toBe(
      '{"n":2,"_ts":2000}\n{"n":1,"_ts":1000}\n{"n":0,"_ts":1000}\n',
    );
    expect((await client.get('/activity/1?meta=_ts&nodata=1&count=1')).text).toBe('{"_ts":2000}\n');
    expect((await client.get('/activity/1?endts=2000')).text).toBe('{"n":1}\n{"n":0}\n');
    expect((await client.get('/activity/1?startts=1001')).text).toBe('{"n":2}\n');
    const filter = encodeURIComponent('["n",">",[0]]');
    expect((await client.get(`/activity/1?filter=${filter}&count=1`)).text).toBe('{"n":2}\n');
    expect((await client.get(`/activity/1?filter=${filter}`)).text).toBe('{"n":2}\n{"n":1}\n');
  });

  test('tells every change of every job, once and with its user', async () => {
    await using server = await serveEmulator({
      projects: [1],
      seed: { user: 'john', jobs: [{ spider: 'old' }], activity: [{ events: [{ event: 'project:created' }] }] },
    });
    const client = clientOf(server);
    const pushed = await client.post(
      '/jobq/1/push',
      '{"spider":"a"}\n{"spider":"a"}\n{"spider":"a","state":"running"}',
    );
    const [first, second, third] = jsonLines(pushed.text).map(({ key }) => key);
    await client.post('/jobq/1/startjob', '{}');
    await client.post('/jobq/1/update', `{"key":"${first}","state":"finished"}`);
    await client.post('/jobq/1/update', `{"key":"${first}","state":"finished"}`);
    await client.post('/jobq/1/update', `{"key":"${first}","state":"deleted"}`);
    await client.post('/jobq/1/cancel', JSON.stringify([{ key: second }, { key: third }, { key: '1/1/999' }]));
    const answer = await client.get('/activity/1');
    const events = [
      ['project:created'],
      ['job:scheduled', first],
      ['job:scheduled', second],
      ['job:started', third],
      ['job:started', first],
      ['job:completed', first],
      ['job:deleted', first],
      ['job:cancelled', second],
      ['job:completed', second],
      ['job:cancelled', third],
    ];
    expect(jsonLines(answer.text).map(({ event, job }) => (job === undefined ? [event] : [event, job]))).toEqual(
      events.reverse(),
    );
    expect(answer.text.split('\n')[0]).toBe(`{"event":"job:cancelled","job":"${third}","user":"john"}`);
  });

  test('tells of the jobs that programs run, too, and gives each event a time of its own', async () => {
    await using server = await serveEmulator({ projects: [1], clock: () => 5_000, spiders: { a: () => 'done' } });
    const client = clientOf(server);
    await client.post('/api/run.json', 'project=1&spider=a');
    await server.emulator.idle();
    await client.post('/jobq/1/push', '{"spider":"b"}');
    await client.post('/jobq/1/2/1/cancel', '');
    const events = jsonLines((await client.get('/activity/1?meta=_ts&meta=_key')).text).reverse();
    expect(events.map(({ event, job }) => `${event} ${job}`)).toEqual([
      'job:scheduled 1/1/1',
      'job:started 1/1/1',
      'job:completed 1/1/1',
      'job:scheduled 1/2/1',
      'job:cancelled 1/2/1',
      'job:completed 1/2/1',
    ]);
    const times = events.map(({ _ts }) => _ts);
    expect(times).toEqual([...new Set(times)].sort((left, right) => left - right));
    expect(Object.keys(events[0])).toEqual(['event', 'job', 'user', '_ts']);
  });

  test('of jobs that many clients push at once lacks none of them', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const client = clientOf(server);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => client.post('/jobq/1/push', `{"spider":"s${n % 3}"}`)),
    );
    const keys = answers.map((answer) => JSON.parse(answer.text).key);
    expect(new Set(keys).size).toBe(40);
    const events = jsonLines((await client.get('/activity/1')).text);
    expect(events.map(({ job }) => job).sort()).toEqual(keys.sort());
  });

  test('of several projects is merged by time, at most `pcount` of each and `count` of all', async () => {
    await using server = await serveEmulator({ projects: [1, 2, 3] });
    const client = clientOf(server);
    for (const [project, n] of [
      [1, 0],
      [2, 1],
      [1, 2],
      [3, 3],
      [1, 4],
    ]) {
      await client.post(`/activity/${project}`, `{"n":${n}}`);
    }
    const read = async (query: string): Promise<unknown[]> =>
      jsonLines((await client.get(`/activity/projects?${query}`)).text).map(({ n }) => n);
    expect(await read('p=1&p=2')).toEqual([4, 2, 1, 0]);
    expect(await read('p=1&p=2&p=3&pcount=1')).toEqual([4, 3, 1]);
    expect(await read('p=1&p=3&count=2')).toEqual([4, 3]);
    expect(await read('')).toEqual([]);
    expect((await client.get('/activity/3?meta=_project&meta=_ts')).text).toMatch(
      /^\{"n":3,"_ts":\d{13},"_project":3\}\n$/,
    );
    // Other records do not know the field.
    await client.post('/items/3/1/1', '{"a":1}');
    expect((await client.get('/items/3/1/1?meta=_project')).text).toBe('{"a":1}\n');
    expect((await client.get('/activity/projects?p=3&meta=_project')).text).toBe('{"n":3,"_project":3}\n');
    expect((await client.get('/activity/projects?p=4')).status).toBe(403);
  });

  test('takes objects only, and all of a post or nothing', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const client = clientOf(server);
    const refused = await client.post('/activity/1', '{"n":0}\n[1]');
    expect(refused.status).toBe(400);
    expect(refused.text).toMatch(/^Error parsing data, .*\n$/);
    const tooLarge = await client.post('/activity/1', `{"n":0}\n{"n":"${'x'.repeat(1_048_576)}"}`);
    expect(tooLarge.status).toBe(413);
    expect((await client.get('/activity/1')).text).toBe('');
  });
});
