import {
  ConfigurationError,
  type JobListOptions,
  type JobState,
  NotFoundError,
  type ScrapyCloud,
  Spider,
} from 'tideway';
import type { ReceivedRequest } from 'tideway/emulator';
import { type EmulatorServer, serveEmulator } from 'tideway/node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cloudOf } from '../helpers/cloud-of.ts';
import { rejection, thrown } from '../helpers/rejection.ts';
import { storageServer } from '../helpers/storage-server.ts';

const requests: ReceivedRequest[] = [];
let server: EmulatorServer;
let cloud: ScrapyCloud;

beforeAll(async () => {
  server = await serveEmulator({
    projects: [1, 2],
    onRequest: (request) => requests.push(request),
    seed: {
      jobs: [
        ...Array.from({ length: 12 }, (_, n) => ({
          spider: n % 2 === 0 ? 'quotes' : 'authors',
          meta: { close_reason: 'finished', tags: n % 3 === 0 ? ['third', `n${n}`] : [`n${n}`] },
        })),
        { spider: 'quotes', state: 'running' as const },
        { spider: 'quotes', state: 'pending' as const },
        { spider: 'authors', state: 'pending' as const },
      ],
    },
  });
  cloud = cloudOf(server);
});
afterAll(() => server.close());
beforeEach(() => {
  requests.length = 0;
});

const jobs = () => cloud.getProject(1).jobs;
/** Spiders get their numbers in the order of their first jobs. */
const quotes = () => new Spider(cloud.connection, '1/1', 'quotes');
const keys = (list: readonly { readonly key: string }[]): string[] => list.map(({ key }) => key);
const sent = (): [string, string][] => [...(requests.at(-1)?.query ?? [])];

describe('`jobs.list`', () => {
  it('gives what the server gives, the newest first: finished jobs', async () => {
    const list = await jobs().list();
    expect(keys(list)).toEqual([
      '1/2/6',
      '1/1/6',
      '1/2/5',
      '1/1/5',
      '1/2/4',
      '1/1/4',
      '1/2/3',
      '1/1/3',
      '1/2/2',
      '1/1/2',
      '1/2/1',
      '1/1/1',
    ]);
    expect(list[0]).toMatchObject({ key: '1/2/6', spider: 'authors', state: 'finished', close_reason: 'finished' });
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /jobq/1/list']);
    expect(sent()).toEqual([['count', '1000']]);
  });

  it.each<[JobListOptions, string[]]>([
    [{ count: 2 }, ['1/2/6', '1/1/6']],
    [{ count: 2, start: 3 }, ['1/1/5', '1/2/4']],
    [{ start: 10 }, ['1/2/1', '1/1/1']],
    [{ count: 0 }, []],
    [{ spider: 'quotes', count: 2 }, ['1/1/6', '1/1/5']],
    [{ state: 'running' }, ['1/1/7']],
    [{ state: ['running', 'pending'] }, ['1/2/7', '1/1/8', '1/1/7']],
    [{ hasTag: 'third' }, ['1/2/5', '1/1/4', '1/2/2', '1/1/1']],
    [{ hasTag: ['n0', 'n1'] }, ['1/2/1', '1/1/1']],
    [{ hasTag: 'third', lacksTag: ['n0', 'n3'] }, ['1/2/5', '1/1/4']],
    [{ stop: '1/2/5' }, ['1/2/6', '1/1/6']],
    [{ spider: 'nobody' }, []],
  ])('takes %j', async (options, expected) => {
    expect(keys(await jobs().list(options))).toEqual(expected);
  });

  it('sends every parameter by the name that it has there', async () => {
    await jobs().list({
      spider: 'a b',
      state: ['finished', 'deleted'],
      hasTag: ['x', 'y'],
      lacksTag: 'z',
      startTs: 1,
      endTs: 2,
      count: 5,
      start: 6,
      stop: '1/1/1',
      meta: ['close_reason', 'items'],
    });
    expect(sent().sort(([left], [right]) => left.localeCompare(right))).toEqual([
      ['count', '5'],
      ['endts', '2'],
      ['has_tag', 'x'],
      ['has_tag', 'y'],
      ['jobmeta', 'close_reason'],
      ['jobmeta', 'items'],
      ['lacks_tag', 'z'],
      ['spider', 'a b'],
      ['start', '6'],
      ['startts', '1'],
      ['state', 'finished'],
      ['state', 'deleted'],
      ['stop', '1/1/1'],
    ]);
  });

  it('gives the fields that `meta` asks for, as a text or a list', async () => {
    const [job] = await jobs().list({ count: 1, meta: 'close_reason' });
    expect(Object.keys(job ?? {}).sort()).toEqual(['close_reason', 'elapsed', 'key', 'state', 'tags', 'ts']);
    const [other] = await jobs().list({ count: 1, meta: ['close_reason', 'spider'] });
    expect(other?.spider).toBe('authors');
  });

  it('lists jobs by the time of their last change', async () => {
    const [newest, second] = await jobs().list({ count: 2 });
    const since = await jobs().list({ startTs: newest?.ts ?? 0 });
    expect(keys(since)).toEqual([newest?.key]);
    expect(keys(await jobs().list({ startTs: second?.ts ?? 0 }))).toEqual([newest?.key, second?.key]);
  });

  it.each<[string, object]>([
    ['count', { count: -1 }],
    ['count', { count: Number.NaN }],
    ['count', { count: 1.5 }],
    ['start', { start: -1 }],
    ['start', { start: '1/1/1' }],
    ['state', { state: 'done' }],
    ['state', { state: ['finished', 'done'] }],
    ['startTs', { startTs: '2020' }],
    ['endTs', { endTs: -1 }],
    ['job key', { stop: '1/1' }],
  ])('refuses a wrong %s at the door: %j', async (name, options) => {
    const error = thrown(() => jobs().iter(options));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain(name);
    expect(requests).toHaveLength(0);
  });

  it('rejects, where it is a promise, and does not throw', async () => {
    let promise: Promise<unknown> | undefined;
    expect(() => {
      promise = jobs().list({ count: -1 });
    }).not.toThrow();
    expect(await rejection(promise as Promise<unknown>)).toBeInstanceOf(ConfigurationError);
  });
});

describe('`jobs.count`', () => {
  it('counts finished jobs, or those that are asked for', async () => {
    expect(await jobs().count()).toBe(12);
    expect(await jobs().count({ spider: 'quotes' })).toBe(6);
    expect(await jobs().count({ state: ['pending', 'running'] })).toBe(3);
    expect(await jobs().count({ hasTag: 'third', lacksTag: 'n0' })).toBe(3);
    expect(requests[0]?.path).toBe('/jobq/1/count');
  });

  it('rejects what cannot be, as a promise does', async () => {
    let promise: Promise<unknown> | undefined;
    expect(() => {
      promise = jobs().count({ state: 'done' as JobState });
    }).not.toThrow();
    expect(await rejection(promise as Promise<unknown>)).toBeInstanceOf(ConfigurationError);
  });
});

describe('`jobs.summary`', () => {
  it('tells of the three states', async () => {
    const summaries = await jobs().summary();
    expect(summaries.map(({ count, name }) => [name, count])).toEqual([
      ['pending', 2],
      ['running', 1],
      ['finished', 12],
    ]);
    expect(keys(summaries[2]?.summary ?? [])).toEqual(['1/2/6', '1/1/6', '1/2/5', '1/1/5', '1/2/4']);
    expect(requests[0]?.path).toBe('/jobq/1/summary');
  });

  it('tells of one state', async () => {
    const summary = await jobs().summary('finished', { count: 1, start: 1, meta: ['close_reason'] });
    expect(summary).toMatchObject({ name: 'finished', count: 12 });
    expect(keys(summary.summary)).toEqual(['1/1/6']);
    expect(summary.summary[0]?.close_reason).toBe('finished');
    expect(requests[0]?.path).toBe('/jobq/1/summary/finished');
    expect(sent()).toEqual([
      ['count', '1'],
      ['start', '1'],
      ['jobmeta', 'close_reason'],
    ]);
  });

  it('tells of one spider, whose number it looks up', async () => {
    const summary = await jobs().summary('finished', { spider: 'authors' });
    expect(summary.count).toBe(6);
    expect(requests.map(({ path }) => path)).toEqual(['/ids/1/spider/authors', '/jobq/1/2/summary/finished']);
    expect(await rejection(jobs().summary('finished', { spider: 'nobody' }))).toBeInstanceOf(NotFoundError);
  });

  it('refuses a state that is none', async () => {
    expect(await rejection(jobs().summary('done' as JobState))).toBeInstanceOf(ConfigurationError);
    expect(await rejection(jobs().summary('finished', { count: -1 }))).toBeInstanceOf(ConfigurationError);
    expect(requests).toHaveLength(0);
  });
});

describe('`jobs.iterLast`', () => {
  it('gives the last finished job of each spider', async () => {
    expect(keys(await jobs().iterLast().toArray())).toEqual(['1/1/6', '1/2/6']);
    expect(requests[0]?.path).toBe('/spiders/1/lastjobsummary');
  });

  it('gives that of one spider, whose number it looks up when it is read', async () => {
    const records = jobs().iterLast({ spider: 'authors' });
    expect(requests).toHaveLength(0);
    expect(keys(await records.toArray())).toEqual(['1/2/6']);
    expect(requests.map(({ path }) => path)).toEqual(['/ids/1/spider/authors', '/spiders/1/2/lastjobsummary']);
    expect(await rejection(jobs().iterLast({ spider: 'nobody' }).toArray())).toBeInstanceOf(NotFoundError);
  });

  it('takes `count`, `start` and `startAfter`', async () => {
    expect(keys(await jobs().iterLast({ count: 1 }).toArray())).toEqual(['1/1/6']);
    expect(keys(await jobs().iterLast({ startAfter: '1/1' }).toArray())).toEqual(['1/2/6']);
    expect(sent()).toEqual([['startafter', '1/1']]);
    await jobs().iterLast({ start: '1/1' }).toArray();
    expect(sent()).toEqual([['start', '1/1']]);
  });
});

describe('`jobs.jobSummary`', () => {
  it('gives the jobs that exist, in the order of the keys', async () => {
    expect(keys(await jobs().jobSummary(['1/2/3', '1/9/9', '1/1/1']))).toEqual(['1/2/3', '1/1/1']);
    expect(keys(await jobs().jobSummary('1/1/2'))).toEqual(['1/1/2']);
    expect(await jobs().jobSummary([])).toEqual([]);
    expect(requests.map(({ path }) => path)).toEqual(['/jobq/1/jobsummary', '/jobq/1/jobsummary']);
  });

  it('gives the fields that `meta` asks for', async () => {
    const [job] = await jobs().jobSummary('1/1/2', { meta: 'close_reason' });
    expect(job).toMatchObject({ close_reason: 'finished' });
    expect(job).not.toHaveProperty('spider');
  });

  it('splits many keys over requests whose address is not too long', async () => {
    await using storage = await storageServer();
    storage.respond = ({ query }) => ({
      body: query
        .getAll('key')
        .map((key) => JSON.stringify({ key, state: 'finished', ts: 1, elapsed: 1 }))
        .join('\n'),
    });
    const many = Array.from({ length: 1234 }, (_, n) => `123456/1234/${100_000 + n}`);
    const found = await storage.cloud().getProject(123456).jobs.jobSummary(many);
    expect(keys(found)).toEqual(many);
    expect(storage.requests.length).toBeGreaterThan(1);
    for (const { path, query } of storage.requests) expect(`${path}?${query}`.length).toBeLessThan(8000);
  });

  it('refuses keys of another project', async () => {
    expect(await rejection(jobs().jobSummary(['1/1/1', '2/1/1']))).toBeInstanceOf(ConfigurationError);
    expect(await rejection(jobs().jobSummary('1/x/1'))).toBeInstanceOf(ConfigurationError);
    expect(requests).toHaveLength(0);
  });
});

describe('Many keys', () => {
  it('have one deadline for all their requests', async () => {
    await using storage = await storageServer();
    // Each is done in time, all of them are not.
    storage.respond = () => ({ body: '', after: new Promise((resolve) => setTimeout(resolve, 100)) });
    const many = Array.from({ length: 500 }, (_, n) => `1/2/${n + 1}`);
    const error = await rejection(storage.cloud().getProject(1).jobs.jobSummary(many, { deadline: 300 }));
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'deadline', timeout: 300 });
    expect(storage.requests.length).toBeLessThan(5);
  });
});

describe('The jobs of a spider', () => {
  it('are those of its name', async () => {
    expect(keys(await quotes().jobs.list({ count: 2 }))).toEqual(['1/1/6', '1/1/5']);
    expect(sent()).toContainEqual(['spider', 'quotes']);
    expect(await quotes().jobs.count()).toBe(6);
    expect((await quotes().jobs.summary('pending')).count).toBe(1);
    expect(requests.at(-1)?.path).toBe('/jobq/1/1/summary/pending');
    expect(keys(await quotes().jobs.iterLast().toArray())).toEqual(['1/1/6']);
    expect(requests.at(-1)?.path).toBe('/spiders/1/1/lastjobsummary');
    expect(keys(await quotes().jobs.jobSummary('1/1/3'))).toEqual(['1/1/3']);
    expect(await rejection(quotes().jobs.jobSummary('1/2/3'))).toBeInstanceOf(ConfigurationError);
  });
});

describe('A project that is not there', () => {
  it('is told as the server tells it', async () => {
    const unknown = cloud.getProject(99).jobs;
    expect(await rejection(unknown.list())).toMatchObject({ status: 403 });
    expect(await rejection(unknown.count())).toMatchObject({ status: 403 });
    expect(await rejection(unknown.summary())).toMatchObject({ status: 403 });
  });

  it('has no jobs where the account may see it', async () => {
    expect(await cloud.getProject(2).jobs.list()).toEqual([]);
    expect(await cloud.getProject(2).jobs.count()).toBe(0);
    expect((await cloud.getProject(2).jobs.summary()).map(({ count }) => count)).toEqual([0, 0, 0]);
    expect(await cloud.getProject(2).jobs.iterLast().toArray()).toEqual([]);
  });
});

describe('Reading jobs', () => {
  it('is ended by a signal, in each call', async () => {
    const reason = new Error('enough');
    const call = { signal: AbortSignal.abort(reason) };
    for (const promise of [
      jobs().list(call),
      jobs().count(call),
      jobs().summary(undefined, call),
      jobs().iterLast(call).toArray(),
      jobs().jobSummary('1/1/1', call),
    ]) {
      expect(await rejection(promise)).toBe(reason);
    }
    expect(requests).toHaveLength(0);
  });
});
