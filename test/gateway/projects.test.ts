import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type GatewayWorld, messageOf, openWorld } from './gateway-world.ts';

let world: GatewayWorld;

beforeAll(async () => {
  world = await openWorld();
});

interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly body?: BodyInit;
  readonly type?: string;
  readonly coding?: string;
}

const FORM = 'application/x-www-form-urlencoded';

function send({ body, coding, method, path, type }: Sent): Promise<Response> {
  const headers = { ...(type && { 'content-type': type }), ...(coding && { 'content-encoding': coding }) };
  return world.ask(path, { method: method ?? (body === undefined ? 'GET' : 'POST'), headers, body: body ?? null });
}

function form(fields: Readonly<Record<string, string>>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}

describe('a request for the project of the token', () => {
  test.each<Sent & { readonly status?: number }>([
    { path: '/storage/items/123/1/1' },
    { path: '/storage/items/123/1/1/' },
    { path: '/storage/items/123/1/1?start=123/1/1/1&meta=_key' },
    { path: '/storage/items/123/1/1/stats' },
    { path: '/storage/logs/123/1/1?filter=%5B%22level%22%2C%22%3E%3D%22%2C%5B20%5D%5D' },
    { path: '/storage/jobq/123/list?state=running&count=2&start=0&jobmeta=spider' },
    { path: '/storage/jobq/123/jobsummary?key=123/1/1&key=123/1/2' },
    { path: '/storage/jobs/123/1/1' },
    { path: '/storage/jobs/123/1/1/state' },
    { path: '/storage/ids/123/spider/shop' },
    { path: '/storage/spiders/123/lastjobsummary?start=1' },
    { path: '/storage/projects/123/jobsummary' },
    { path: '/storage/activity/123' },
    { path: '/storage/activity/projects?p=123' },
    { path: '/storage/collections/123/list' },
    { path: '/storage/hcf/123/list' },
    { path: '/storage/items/123/1/2?start=0', body: '{"project":456,"key":"456/1/1"}\n' },
    { path: '/storage/collections/123/s/prices', body: '{"_key":"456/1/1","project":456}\n' },
    { path: '/storage/collections/123/s/prices?key=456/1/1&start=456/1/1' },
    { path: '/storage/collections/123/s/prices/http%3A%2F%2Fa.com%2Fb%20c', status: 404 },
    { path: '/storage/collections/123/s/prices/100%25', status: 404 },
    { path: '/storage/jobq/123/push', body: '{"spider":"shop","unique":"456","spider_args":{"project":"456"}}' },
    { path: '/storage/jobq/123/update', body: '{"key":"123/1/1","state":"finished"}\n{"key":"123/1/2"}\n' },
    { path: '/storage/jobq/123/cancel', body: '[{"key":"123/1/2"}]' },
    { path: '/storage/jobq/123/1/1/cancel', method: 'POST' },
    { path: '/storage/jobq/123/startjob', body: '{}' },
    { path: '/storage/jobs/123/1/1', body: '{"key":"the key to it","project":"Big","job":7}' },
    { path: '/storage/activity/123', body: '{"event":"job:seen","job":"123/1/1"}\n' },
    { path: '/storage/activity/123', body: gzipSync('{"event":"x"}\n'), coding: 'gzip' },
    { path: '/dash/spiders/list.json?project=123' },
    { path: '/dash/jobs/list.json?project=123&job=123/1/1' },
    { path: '/dash/items.jl?project=123&job=123/1/1' },
    { path: '/dash/v2/projects/123/spiders/1' },
    { path: '/dash/comments/123/1/1' },
    { path: '/dash/run.json', body: 'project=123&spider=shop&job=any&p=456', type: FORM },
    { path: '/dash/jobs/update.json', body: 'project=123&job=123/1/1&add_tag=a', type: `${FORM}; charset=UTF-8` },
    { path: '/dash/jobs/update.json', body: form({ project: '123', job: '123/1/1', add_tag: 'b' }) },
    {
      path: '/dash/v2/projects/123/spiders/1/tags',
      method: 'PATCH',
      body: '{"add":["x"]}',
      type: 'application/json',
    },
  ])('passes: $method $path $body', async (sent) => {
    const answer = await send(sent);
    expect(answer.status, await answer.text()).toBe(sent.status ?? 200);
  });
});

describe('a request that names another project', () => {
  test.each<Sent>([
    { path: '/storage/items/456/1/1' },
    { path: '/storage/items/123/1/1?start=456/1/1/0' },
    { path: '/storage/items/123/1/1?startafter=%2F456/1/1/0' },
    { path: '/storage/items/123/1/1?project=456' },
    { path: '/storage/items/123/1/1?project=123&project=456' },
    { path: '/storage/jobq/123/jobsummary?key=123/1/1&key=456/1/1' },
    { path: '/storage/jobq/123/list?stop=456/1/1' },
    { path: '/storage/activity/projects?p=123&p=456' },
    { path: '/storage/activity/projects?p=123%2C456' },
    { path: '/storage/jobq/123/update', body: '{"key":"123/1/1"}\n{"key":"456/1/1","state":"deleted"}\n' },
    { path: '/storage/jobq/123/update', body: '{"\\u006bey":"456/1/1","state":"deleted"}' },
    { path: '/storage/jobq/123/update', body: '{"key":" 456/1/1","state":"deleted"}' },
    { path: '/storage/jobq/123/update', body: '{"key":"0456/1/1","state":"deleted"}' },
    { path: '/storage/jobq/123/update', body: '{"key":["456/1/1"],"state":"deleted"}' },
    { path: '/storage/jobq/123/update', body: '{"key":"456/1","state":"deleted"}' },
    { path: '/storage/jobq/123/cancel', body: '[{"key":"123/1/1"},{"key":"456/1/1"}]' },
    { path: '/storage/jobq/123/cancel', body: '["456/1/1"]' },
    { path: '/storage/jobq/123/cancel', body: '[[{"key":"456/1/1"}]]' },
    { path: '/storage/jobq/123/cancel', body: gzipSync('[{"key":"456/1/1"}]'), coding: 'gzip' },
    { path: '/storage/jobq/123/push', body: '{"spider":"shop","project":456}' },
    { path: '/storage/jobq/123/push', body: '{"spider":"shop","project":"456 "}' },
    { path: '/storage/jobs/123/1/1', body: '{"project":456}' },
    { path: '/storage/jobs/123/1/1', body: '{"project":456.0}' },
    { path: '/storage/activity/123', body: '{"event":"x","job":"456/1/1"}' },
    { path: '/dash/spiders/list.json?project=456' },
    { path: '/dash/spiders/list.json?project=123&project=456' },
    { path: '/dash/jobs/list.json?project=123&job=456/1/1' },
    { path: '/dash/items.jl?project=123&job=456/1/1' },
    { path: '/dash/v2/projects/456/spiders/1' },
    { path: '/dash/v2/projects/123/spiders/1?project=456' },
    { path: '/dash/comments/456/1/1' },
    { path: '/dash/run.json', body: 'project=456&spider=shop', type: FORM },
    { path: '/dash/run.json', body: 'project=123&project=456&spider=shop', type: FORM },
    { path: '/dash/run.json', body: 'project=123&pro%6Aect=456&spider=shop', type: FORM },
    { path: '/dash/run.json?project=123', body: 'project=456&spider=shop', type: FORM },
    { path: '/dash/run.json?project=456', body: 'project=123&spider=shop', type: FORM },
    { path: '/dash/run.json', body: 'project=123;project=456&spider=shop', type: FORM },
    { path: '/dash/run.json', body: form({ project: '456', spider: 'shop' }) },
    { path: '/dash/jobs/stop.json', body: 'project=123&job=456/1/2', type: FORM },
    { path: '/dash/jobs/stop.json', body: 'project=123&job=456', type: FORM },
  ])('is refused: $path $body', async (sent) => {
    const before = world.passed.length;
    const answer = await send(sent);
    expect(answer.status).toBe(403);
    expect(await messageOf(answer)).toMatch(/^The (token does not open project 456|project of the request)/);
    expect(world.passed).toHaveLength(before);
  });
});

describe('a request whose project cannot be told', () => {
  test.each<Sent & { readonly status?: number }>([
    { path: '/storage/system/ts' },
    { path: '/storage/projects/jobsummaries' },
    { path: '/storage/projects/jobsummaries?project=123' },
    { path: '/storage/botgroups/123/max_running', body: 'null' },
    { path: '/storage/items' },
    { path: '/storage/items/0123/1/1' },
    { path: '/storage/items/123abc/1/1' },
    { path: '/storage/items/%31%32%33/1/1' },
    { path: '/storage/activity/projects' },
    { path: '/storage/unknown/123' },
    { path: '/storage/Items/123/1/1' },
    { path: '/storage/' },
    { path: '/dash/scrapyd/listprojects.json' },
    { path: '/dash/scrapyd/listprojects.json?project=123' },
    { path: '/dash/v2/users/me?project=123' },
    { path: '/dash/v2/projects/123/members' },
    { path: '/dash/spiders/list.json' },
    { path: '/dash/spiders/list.json?project=' },
    { path: '/dash/comments/123', method: 'PUT', body: 'text=x', type: FORM },
    { path: '/dash/comments/123', method: 'DELETE' },
    { path: '/dash/eggs/add.json', body: form({ project: '123', spider: 'x' }) },
    { path: '/dash/run.json', body: 'spider=shop', type: FORM },
    { path: '/dash/run.json', body: 'project=123&spider=shop', type: 'text/plain' },
    { path: '/dash/run.json', body: '{"project":123}', type: 'application/json' },
    { path: '/dash/run.json', method: 'POST' },
    { path: '/storage/jobs/123/1/2/auth' },
    { path: '/storage/jobs/123/1/2/%61uth' },
    { path: '/storage/jobq/123/list?jobmeta=auth&state=running' },
    { path: '/storage/jobq/123/push', body: '{"spider":', status: 400 },
    { path: '/storage/jobq/123/update', body: '{"key":"123/1/1","key":"123/1/2"}', status: 400 },
    { path: '/storage/jobq/123/update', body: '{"key":"456/1/1","\\u006bey":"123/1/1"}', status: 400 },
    { path: '/storage/jobq/123/update', body: '['.repeat(1_000_000) + ']'.repeat(1_000_000), status: 400 },
    { path: '/storage/jobq/123/push', body: `{"spider":"shop","x":"${'\\n'.repeat(1_000_000)}","x":1}`, status: 400 },
    { path: '/storage/jobq/123/update', body: new Uint8Array([0x7b, 0xff, 0x7d]), status: 400 },
    { path: '/storage/jobq/123/update', body: '{}', coding: 'br', status: 415 },
    { path: '/storage/jobq/123/update', body: '{}', coding: 'gzip, gzip', status: 415 },
    { path: '/storage/jobq/123/update', body: '{}', coding: 'gzip', status: 400 },
    { path: '/dash/run.json', body: 'x', type: 'multipart/form-data; boundary=y', status: 400 },
    { path: '/elsewhere/items/123', status: 404 },
    { path: '/storage', status: 404 },
  ])('is refused: $method $path $body', async (sent) => {
    const before = world.passed.length;
    const answer = await send(sent);
    expect(answer.status, await answer.text()).toBe(sent.status ?? 403);
    expect(world.passed).toHaveLength(before);
  });

  test('is refused with a command that is too large to look at, coded or decoded', async () => {
    const { ask, passed } = await openWorld({ maxBodyBytes: 10_000 });
    const line = `{"key":"123/1/1","note":"${'x'.repeat(10_000)}"}`;
    const post = (body: BodyInit, headers: Record<string, string> = {}) =>
      ask('/storage/jobq/123/update', { method: 'POST', body, headers });
    expect((await post(line)).status).toBe(413);
    expect((await post(gzipSync(line), { 'content-encoding': 'gzip' })).status).toBe(413);
    expect(passed).toHaveLength(0);
  });
});

describe('what passes', () => {
  test('is what was looked at: apikey is gone, queries and forms are written anew, compressed commands are not', async () => {
    const { ask, passed } = await openWorld();
    await ask('/storage/items/123/1/1?apikey=evil&count=1&api%6Bey=evil');
    const type = { 'content-type': FORM };
    await ask('/dash/run.json?apikey=evil', {
      method: 'POST',
      headers: type,
      body: 'project=123&apikey=evil&spider=shop&note=a;project=456',
    });
    const gzip = { 'content-encoding': 'gzip' };
    const body = gzipSync('[{"key":"123/1/1"}]');
    await ask('/storage/jobq/123/cancel', { method: 'POST', headers: gzip, body });
    expect(passed.map(({ url }) => url.pathname + url.search)).toEqual([
      '/items/123/1/1?count=1',
      '/api/run.json',
      '/jobq/123/cancel',
    ]);
    expect(passed[1]?.body).toBe('project=123&spider=shop&note=a%3Bproject%3D456');
    expect(passed[2]?.headers.has('content-encoding')).toBe(false);
    expect(passed[2]?.body).toBe('[{"key":"123/1/1"}]');
  });

  test('never carries the token of a job back', async () => {
    const { ask } = await openWorld();
    const pushed = await ask('/storage/jobq/123/push', {
      method: 'POST',
      body: '{"spider":"shop","state":"running"}\n{"spider":"shop"}',
    });
    const text = await pushed.text();
    expect(text).toMatch(/"key": "123\/1\/\d+", "auth": null/);
    const started = await ask('/storage/jobq/123/startjob', { method: 'POST', body: '{}' });
    const job = JSON.parse(await started.text());
    expect(job).toMatchObject({ auth: null, state: 'running', spider: 'shop' });
  });
});

test('no path whatsoever reaches another project', async () => {
  const { ask, passed } = await openWorld();
  const piece = fc.constantFrom(
    ...['123', '456', '1', '..', '.', '%2e%2e', '%2E.', '%252e%252e', '', '%2f', '%5c', '\\', '..;', '%00', 'items'],
    ...['jobs', 'storage', 'dash', 'v2', 'projects', '%c0%ae%c0%ae', '..%2f', '%2f..%2f456', ';456', '?', '#'],
  );
  const start = fc.constantFrom('/storage/items', '/storage/jobs/123', '/dash/v2/projects/123/spiders', '/storage');
  await fc.assert(
    fc.asyncProperty(start, fc.array(piece, { maxLength: 8 }), async (begin, pieces) => {
      passed.length = 0;
      await ask([begin, ...pieces].join('/'));
      for (const { url } of passed) {
        let path = url.pathname;
        for (let round = 0; round < 3; round++) path = decodeURIComponent(path.replace(/%(?![\da-f]{2})/gi, '%25'));
        const resolved = new URL(path.replaceAll('\\', '/').replaceAll(';', '/'), 'https://storage.zyte.com').pathname;
        expect(resolved, url.href).toMatch(/^\/(?:items|jobs|projects|api\/v2\/projects)\/123(?:\/|$)/);
      }
    }),
    { numRuns: 500 },
  );
});
