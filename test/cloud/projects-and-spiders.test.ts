import { ConfigurationError, JobMetadata, NotFoundError, type ScrapyCloud, Spider } from 'tideway';
import type { ReceivedRequest } from 'tideway/emulator';
import { type EmulatorServer, serveEmulator } from 'tideway/node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cloudOf } from '../helpers/cloud-of.ts';
import { collect } from '../helpers/reading.ts';
import { rejection } from '../helpers/rejection.ts';

const requests: ReceivedRequest[] = [];
let server: EmulatorServer;
let cloud: ScrapyCloud;

beforeAll(async () => {
  server = await serveEmulator({
    projects: [1, 2],
    clock: () => 1_500_000_000_000,
    onRequest: (request) => requests.push(request),
    seed: {
      spiders: [
        { name: 'quotes', tags: ['daily', 'books'], id: 7 },
        { name: 'sp ider/é?', id: 9 },
      ],
      jobs: [
        { spider: 'quotes', meta: { close_reason: 'finished', note: { deep: [1, null] } } },
        { spider: 'quotes', state: 'running' },
        { spider: 'other', project: 2, state: 'pending' },
      ],
    },
  });
  cloud = cloudOf(server);
});
afterAll(() => server.close());
beforeEach(() => {
  requests.length = 0;
});

const paths = (): string[] => requests.map(({ method, path }) => `${method} ${path}`);

describe('Projects', () => {
  it('are listed by their ids', async () => {
    expect(await cloud.projects.list()).toEqual([1, 2]);
    expect(await collect(cloud.projects.iter())).toEqual([1, 2]);
    expect(paths()).toEqual(['GET /api/scrapyd/listprojects.json', 'GET /api/scrapyd/listprojects.json']);
  });

  it('are asked for when they are read', async () => {
    const records = cloud.projects.iter();
    expect(requests).toHaveLength(0);
    expect(await records.first()).toBe(1);
  });

  it('have summaries, where jobs wait or run', async () => {
    const summaries = await cloud.projects.summary();
    expect(summaries.map(({ project, pending, running }) => [project, pending, running])).toEqual([
      [1, 0, 1],
      [2, 1, 0],
    ]);
    await cloud.projects.summary({ state: 'running' });
    expect(requests.at(-1)?.query.getAll('state')).toEqual(['running']);
    await cloud.projects.summary({ state: ['running', 'pending'] });
    expect(requests.at(-1)?.query.getAll('state')).toEqual(['running', 'pending']);
    expect(requests[0]?.path).toBe('/projects/jobsummaries');
    requests.length = 0;
    const error = await rejection(cloud.projects.summary({ state: 'done' as 'running' }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain('`state`');
    expect(requests).toHaveLength(0);
  });

  it('have a summary each', async () => {
    const summary = await cloud.getProject(1).summary();
    expect(summary).toMatchObject({ project: 1, pending: 0, running: 1, finished: 1, has_capacity: true });
    expect(paths()).toEqual(['GET /projects/1/jobsummary']);
  });

  it('that are not there are refused by the server', async () => {
    expect(await rejection(cloud.getProject(99).summary())).toMatchObject({ status: 403 });
    expect(await rejection(cloud.getProject(99).spiders.list())).toMatchObject({ status: expect.any(Number) });
  });
});

describe('Spiders', () => {
  it('are listed as they are deployed', async () => {
    const { spiders } = cloud.getProject(1);
    const list = await spiders.list();
    expect(list).toEqual([
      { version: null, tags: ['daily', 'books'], id: 'quotes', type: 'manual' },
      { version: null, tags: [], id: 'sp ider/é?', type: 'manual' },
    ]);
    expect(await collect(spiders.iter())).toEqual(list);
    expect(requests[0]?.path).toBe('/api/spiders/list.json');
    expect(requests[0]?.query.get('project')).toBe('1');
  });

  it('are got by their names', async () => {
    const spider = await cloud.getProject(1).spiders.get('quotes');
    expect(spider).toBeInstanceOf(Spider);
    expect(spider.key).toBe('1/7');
    expect(spider.name).toBe('quotes');
    expect(await cloud.getProject(1).spiders.id('quotes')).toBe(7);
    expect(paths()).toEqual(['GET /ids/1/spider/quotes', 'GET /ids/1/spider/quotes']);
    expect(requests[0]?.query.has('create')).toBe(false);
  });

  it('may have any name', async () => {
    expect((await cloud.getProject(1).spiders.get('sp ider/é?')).key).toBe('1/9');
    expect(requests[0]?.path).toBe('/ids/1/spider/sp%20ider%2F%C3%A9%3F');
  });

  it('that are not there are a NotFoundError, or made', async () => {
    const { spiders } = cloud.getProject(2);
    const error = await rejection(spiders.get('new'));
    expect(error).toBeInstanceOf(NotFoundError);
    expect((error as Error).message).toContain('`new`');
    expect(await rejection(spiders.id('new'))).toBeInstanceOf(NotFoundError);
    const made = await spiders.get('new', { create: true });
    expect(requests.at(-1)?.query.get('create')).toBe('1');
    expect((await spiders.get('new')).key).toBe(made.key);
  });

  it.each([[''], [undefined], [7], ['..'], ['.']])('have no name of %j', async (name) => {
    expect(await rejection(cloud.getProject(1).spiders.get(name as string))).toBeInstanceOf(ConfigurationError);
    expect(requests).toHaveLength(0);
  });

  it('have tags', async () => {
    const spider = await cloud.getProject(1).spiders.get('quotes');
    expect(await spider.listTags()).toEqual(['daily', 'books']);
    expect(requests.at(-1)?.path).toBe('/api/v2/projects/1/spiders/7');
    expect(await rejection(new Spider(cloud.connection, '1/77', 'x').listTags())).toBeInstanceOf(NotFoundError);
  });

  it('have jobs', async () => {
    const spider = await cloud.getProject(1).spiders.get('quotes');
    expect((await spider.jobs.list()).map(({ key }) => key)).toEqual(['1/7/1']);
  });
});

describe('The metadata of a job', () => {
  it('is got by field, and is null where there is none', async () => {
    const { metadata } = cloud.getJob('1/7/1');
    expect(await metadata.get('state')).toBe('finished');
    expect(await metadata.get<{ deep: unknown[] }>('note')).toEqual({ deep: [1, null] });
    expect(await metadata.get('nothing')).toBeNull();
    expect(paths()).toEqual(['GET /jobs/1/7/1/state', 'GET /jobs/1/7/1/note', 'GET /jobs/1/7/1/nothing']);
  });

  it('is read as pairs', async () => {
    const { metadata } = cloud.getJob('1/7/1');
    const pairs = await metadata.list();
    expect(Object.fromEntries(pairs)).toMatchObject({
      state: 'finished',
      spider: 'quotes',
      close_reason: 'finished',
      note: { deep: [1, null] },
    });
    expect(await collect(metadata.iter())).toEqual(pairs);
    expect(paths()).toEqual(['GET /jobs/1/7/1', 'GET /jobs/1/7/1']);
  });

  it('is asked for anew each time', async () => {
    const { metadata } = cloud.getJob('1/7/1');
    await metadata.get('state');
    await metadata.get('state');
    expect(requests).toHaveLength(2);
  });

  it('is none of a job that is not there', async () => {
    expect(await cloud.getJob('1/7/99').metadata.list()).toEqual([]);
    expect(await cloud.getJob('1/7/99').metadata.get('state')).toBeNull();
  });

  it('works without the whole client', async () => {
    expect(await new JobMetadata(cloud.connection, '1/7/1').get('spider')).toBe('quotes');
  });

  it.each([[''], ['..'], ['.']])('has no field of %j', async (field) => {
    expect(await rejection(cloud.getJob('1/7/1').metadata.get(field))).toBeInstanceOf(ConfigurationError);
    expect(requests).toHaveLength(0);
  });
});

describe('`serverTimestamp`', () => {
  it('is the clock of the server, in milliseconds', async () => {
    expect(await cloud.serverTimestamp()).toBeGreaterThanOrEqual(1_500_000_000_000);
    expect(paths()).toEqual(['GET /system/ts']);
  });
});

describe('`close`', () => {
  it('ends what is under way, and refuses what comes later', async () => {
    const closing = cloudOf(server);
    const reading = closing.getJob('1/7/2').items.list({ follow: true });
    while (requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await closing.close();
    expect(await rejection(reading)).toBeInstanceOf(ConfigurationError);
    expect(await rejection(closing.projects.list())).toBeInstanceOf(ConfigurationError);
    expect(await rejection(closing.getJob('1/7/1').items.list())).toBeInstanceOf(ConfigurationError);
  });
});
