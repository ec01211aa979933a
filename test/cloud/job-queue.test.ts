import {
  ApiError,
  ConfigurationError,
  ConnectionError,
  DecodeError,
  DuplicateJobError,
  isDuplicateJobError,
  Job,
  type JobFields,
  type JobState,
  NotFoundError,
  type PushOptions,
  type ScrapyCloud,
  ServerError,
  Spider,
} from 'tideway';
import { serveEmulator } from 'tideway/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { cloudOf } from '../helpers/cloud-of.ts';
import { prints } from '../helpers/prints.ts';
import { rejection } from '../helpers/rejection.ts';
import { type StorageServer, storageServer } from '../helpers/storage-server.ts';
import { untilOver } from '../helpers/until-over.ts';

let server: StorageServer;
let cloud: ScrapyCloud;
beforeEach(async () => {
  server = untilOver(await storageServer());
  cloud = cloudOf(untilOver(await serveEmulator({ projects: [1111111], seed: { spiders: ['quotes'] } })));
});

const jobs = () => cloud.getProject(1111111).jobs;
const recorded = () => server.cloud().getProject(1).jobs;
const sent = (): [string, unknown][] =>
  server.requests.map(({ body, method, path }) => [`${method} ${path}`, body && JSON.parse(body)]);

describe('`jobs.push`', () => {
  it('sends one line with all fields, and resolves to the job', async () => {
    server.respond = () => ({ body: '{"key": "1/2/3", "auth": null}' });
    const options = { priority: 4, state: 'running', unique: 'u', tags: ['a'], note: { deep: [1] } } as const;
    const job = await recorded().push('quotes', { ...options, timeout: 5_000, retry: false });
    expect(job).toBeInstanceOf(Job);
    expect(job.key).toBe('1/2/3');
    expect(sent()).toEqual([['POST /jobq/1/push', { ...options, spider: 'quotes' }]]);
    expect(server.requests[0]?.body).not.toContain('\n');
  });

  it('stores a job that waits, with its fields', async () => {
    const job = await jobs().push('fresh', { priority: 3, note: 'é', unique: null, none: undefined });
    expect(job.key).toBe('1111111/2/1');
    const fields = Object.fromEntries(await job.metadata.list());
    expect(fields).toMatchObject({ state: 'pending', priority: 3, note: 'é', spider: 'fresh' });
    expect(fields).not.toHaveProperty('unique');
    expect(fields).not.toHaveProperty('none');
    expect(await (await jobs().push('fresh', { tags: 'one' })).metadata.get('tags')).toEqual(['one']);
    expect(await (await jobs().push('fresh', { state: 'finished' })).metadata.get('state')).toBe('finished');
  });

  it('of a spider implies its name', async () => {
    const { jobs: own } = await cloud.getProject(1111111).spiders.get('quotes');
    const first = await own.push();
    expect(await first.metadata.get('spider')).toBe('quotes');
    expect(await (await own.push({ note: 1 })).metadata.list()).toContainEqual(['note', 1]);
  });

  it('rejects with DuplicateJobError while a job with the same `unique` waits or runs', async () => {
    const first = await jobs().push('quotes', { unique: 'one' });
    const error = await rejection(jobs().push('quotes', { unique: 'one', password: 'hunter2' }));
    expect(error).toBeInstanceOf(DuplicateJobError);
    expect(isDuplicateJobError(error)).toBe(true);
    expect(error).toMatchObject({ reason: 'Active job exists with key one', path: '/jobq/1111111/push' });
    expect(prints(error)).not.toContain('hunter2');
    await first.start();
    expect(await rejection(jobs().push('quotes', { unique: 'one' }))).toBeInstanceOf(DuplicateJobError);
    await first.finish();
    expect((await jobs().push('quotes', { unique: 'one' })).key).not.toBe(first.key);
  });

  it('rejects with DuplicateJobError for a status of 409, too', async () => {
    server.respond = () => ({ status: 409, body: '{"message":"exists"}' });
    expect(await rejection(recorded().push('quotes'))).toBeInstanceOf(DuplicateJobError);
  });

  it.each([
    ['is lost behind a broken connection', { drop: true }, ConnectionError],
    ['is 503', { status: 503, body: '' }, ServerError],
  ])('is never repeated when the answer %s', async (_name, answer, type) => {
    server.respond = () => answer;
    expect(await rejection(recorded().push('quotes', { retry: { attempts: 5, backoff: 1 } }))).toBeInstanceOf(type);
    expect(server.requests).toHaveLength(1);
  });

  it.each([['{}'], ['{"key":"1/2"}'], ['{"key":17}'], ['null'], [''], ['<html>hunter2</html>']])(
    'rejects with DecodeError when the answer names no job: %s',
    async (body) => {
      server.respond = () => ({ body });
      const error = await rejection(recorded().push('quotes'));
      expect(error).toBeInstanceOf(DecodeError);
      expect(prints(error)).not.toContain('hunter2');
    },
  );

  it.each<[string, unknown, unknown]>([
    ['`spider`', '', {}],
    ['`spider`', undefined, {}],
    ['`options`', 'quotes', null],
    ['`options`', 'quotes', 'urgent'],
    ['`priority`', 'quotes', { priority: 9 }],
    ['`priority`', 'quotes', { priority: '2' }],
    ['`units`', 'quotes', { units: 0 }],
    ['`state`', 'quotes', { state: 'done' }],
    ['`unique`', 'quotes', { unique: 7 }],
    ['`tags`', 'quotes', { tags: ['a', 1] }],
    ['`tags`', 'quotes', { tags: [''] }],
    ['`timeout`', 'quotes', { timeout: 'long' }],
    ['`signal`', 'quotes', { signal: 'text' }],
    ["queue's own fields, got `spider`", 'quotes', { spider: 'other' }],
    ["queue's own fields, got `key`", 'quotes', { key: '1/1/1' }],
    ["queue's own fields, got `auth`", 'quotes', { auth: 'hunter2' }],
    ["queue's own fields, got `_key`", 'quotes', { _key: '1/1/1' }],
    ['`metadata`', 'quotes', { big: 1n }],
  ])('refuses a wrong %s at the door: %j', async (name, spider, options) => {
    const error = await rejection(recorded().push(spider as string, options as PushOptions));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain(name);
    expect(prints(error)).not.toContain('hunter2');
    expect(server.requests).toHaveLength(0);
  });

  it('refuses metadata that is a circle', async () => {
    const circle: Record<string, unknown> = {};
    circle.circle = circle;
    expect(await rejection(recorded().push('quotes', circle))).toBeInstanceOf(ConfigurationError);
  });

  it('is ended by a signal', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    server.respond = () => {
      controller.abort(reason);
      return { after: new Promise(() => {}) };
    };
    expect(await rejection(recorded().push('quotes', { signal: controller.signal }))).toBe(reason);
  });
});

describe('`jobs.startNext`', () => {
  it('starts the jobs that wait, by priority and then by age, until none is left', async () => {
    const [low, first, second] = [
      await jobs().push('quotes', { priority: 0 }),
      await jobs().push('quotes', { priority: 4 }),
      await jobs().push('quotes', { priority: 4 }),
    ];
    const started = [await jobs().startNext({ host: 'h1' }), await jobs().startNext(), await jobs().startNext()];
    expect(started.map((job) => job?.key)).toEqual([first.key, second.key, low.key]);
    expect(await first.metadata.get('state')).toBe('running');
    expect(await first.metadata.get('host')).toBe('h1');
    expect(await jobs().startNext()).toBeUndefined();
  });

  it('starts only what belongs to a group of bots', async () => {
    await jobs().push('quotes');
    const own = await jobs().push('quotes', { botgroup: 'g1' });
    expect((await jobs().startNext({ botgroup: 'g1' }))?.key).toBe(own.key);
    expect(await jobs().startNext({ botgroup: 'g1' })).toBeUndefined();
  });

  it('sends one object', async () => {
    server.respond = () => ({ body: '{"key":"1/2/3","auth":"t"}' });
    expect((await recorded().startNext({ botgroup: 'g', note: 1, timeout: 1000 }))?.key).toBe('1/2/3');
    expect((await recorded().startNext())?.key).toBe('1/2/3');
    expect(sent()).toEqual([
      ['POST /jobq/1/startjob', { botgroup: 'g', note: 1 }],
      ['POST /jobq/1/startjob', {}],
    ]);
  });

  it('is not repeated, since a job may be running', async () => {
    server.respond = () => ({ drop: true });
    expect(await rejection(recorded().startNext())).toBeInstanceOf(ConnectionError);
    expect(server.requests).toHaveLength(1);
  });

  it('is refused to the jobs of a spider, which would start those of others', async () => {
    const spider = new Spider(server.cloud().connection, '1/2', 'quotes');
    const error = await rejection(spider.jobs.startNext());
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain('`startNext`');
    expect(await rejection(recorded().startNext({ state: 'finished' }))).toBeInstanceOf(ConfigurationError);
    expect(server.requests).toHaveLength(0);
  });
});

describe('`job.update`', () => {
  it('resolves to the state before, and stores fields', async () => {
    const job = await jobs().push('quotes');
    expect(await job.start({ host: 'h1' })).toBe('pending');
    expect(await job.start()).toBe('running');
    expect(await job.finish({ close_reason: 'finished' })).toBe('running');
    expect(await job.update('pending', { note: [1] })).toBe('finished');
    expect(await job.delete()).toBe('pending');
    expect(Object.fromEntries(await job.metadata.list())).toMatchObject({
      state: 'deleted',
      host: 'h1',
      close_reason: 'finished',
      note: [1],
    });
    expect(await jobs().list({ state: ['pending', 'running', 'finished'] })).toEqual([]);
  });

  it('sends one line with the key, the state and the fields', async () => {
    server.respond = () => ({ body: '{"key": "1/2/3", "prevstate": "pending"}' });
    const job = server.cloud().getJob('1/2/3');
    await job.update('pending', { units: 2 });
    await job.start({ timeout: 1000, priority: 4 });
    await job.finish({ close_reason: 'done' });
    await job.delete();
    expect(sent()).toEqual([
      ['POST /jobq/1/update', { units: 2, key: '1/2/3', state: 'pending' }],
      ['POST /jobq/1/update', { priority: 4, key: '1/2/3', state: 'running' }],
      ['POST /jobq/1/update', { close_reason: 'done', key: '1/2/3', state: 'finished' }],
      ['POST /jobq/1/update', { key: '1/2/3', state: 'deleted' }],
    ]);
  });

  it('rejects with NotFoundError when there is no such job', async () => {
    const job = cloud.getJob('1111111/1/99');
    for (const error of await Promise.all(
      [job.start(), job.finish(), job.delete(), job.update('running')].map(rejection),
    )) {
      expect(error).toBeInstanceOf(NotFoundError);
      expect((error as Error).message).toContain('POST /jobq/1111111/update');
      expect((error as Error).message).toContain('`1111111/1/99`');
    }
  });

  it('rejects when the answer is an error, whatever its status', async () => {
    server.respond = () => ({ body: '{"error": "no such state"}' });
    const error = await rejection(server.cloud().getJob('1/2/3').finish());
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ reason: 'no such state' });
  });

  it('rejects with DecodeError when the answer has no state', async () => {
    for (const body of ['{"key":"1/2/3"}', '7', '<html></html>']) {
      server.respond = () => ({ body });
      expect(await rejection(server.cloud().getJob('1/2/3').finish())).toBeInstanceOf(DecodeError);
    }
  });

  it('is not repeated, since the state before would be a wrong one', async () => {
    server.respond = () => ({ status: 503, body: '' });
    expect(await rejection(server.cloud().getJob('1/2/3').finish())).toBeInstanceOf(ServerError);
    expect(server.requests).toHaveLength(1);
  });

  it.each<[string, unknown, unknown]>([
    ['`state`', 'done', {}],
    ['`state`', undefined, {}],
    ['`metadata`', 'finished', 'done'],
    ['`metadata`', 'finished', null],
    ['got `state`', 'finished', { state: 'running' }],
    ['got `key`', 'finished', { key: '1/1/1' }],
    ['`priority`', 'finished', { priority: 5 }],
    ['`tags`', 'finished', { tags: 7 }],
  ])('refuses a wrong %s at the door: %j %j', async (name, state, meta) => {
    const error = await rejection(
      server
        .cloud()
        .getJob('1/2/3')
        .update(state as JobState, meta as JobFields),
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain(name);
    expect(server.requests).toHaveLength(0);
  });
});

describe('`job.cancel`', () => {
  it('finishes a job that waits, and tells whether there was anything to cancel', async () => {
    const job = await jobs().push('quotes');
    expect(await job.cancel()).toBe(true);
    expect(await job.metadata.get('state')).toBe('finished');
    expect(await job.cancel()).toBe(false);
    expect(await cloud.getJob('1111111/1/99').cancel()).toBe(false);
  });

  it('leaves a running job to end by itself', async () => {
    const job = await jobs().push('quotes', { state: 'running' });
    expect(await job.cancel()).toBe(true);
    expect(await job.metadata.get('state')).toBe('running');
  });

  it.each([['{}'], [''], ['null'], ['{"count":"1"}']])(
    'rejects with DecodeError when no count comes: %s',
    async (body) => {
      server.respond = () => ({ body });
      expect(await rejection(server.cloud().getJob('1/2/3').cancel())).toBeInstanceOf(DecodeError);
      expect(await rejection(recorded().cancel({ count: 1 }))).toBeInstanceOf(DecodeError);
    },
  );

  it('sends no body', async () => {
    server.respond = () => ({ body: '{"count": 1}' });
    await server.cloud().getJob('1/2/3').cancel();
    expect(sent()).toEqual([['POST /jobq/1/2/3/cancel', '']]);
  });
});

describe('`jobs.cancel`', () => {
  it('cancels jobs by their keys and counts them', async () => {
    const keys = [(await jobs().push('quotes')).key, (await jobs().push('quotes')).key];
    expect(await jobs().cancel({ keys: [...keys, '1111111/1/99'] })).toBe(2);
    expect(await jobs().count({ state: 'finished' })).toBe(2);
    const last = await jobs().push('quotes');
    expect(await jobs().cancel({ keys: last.key })).toBe(1);
    expect(await jobs().cancel({ keys: [] })).toBe(0);
  });

  it('cancels as many that wait as it is told', async () => {
    for (let n = 0; n < 3; n++) await jobs().push('quotes');
    expect(await jobs().cancel({ count: 2 })).toBe(2);
    expect(await jobs().count({ state: 'pending' })).toBe(1);
  });

  it('sends one array in a request, of 1 000 keys at most, none twice', async () => {
    server.respond = ({ body }) => ({ body: JSON.stringify({ count: JSON.parse(body).length }) });
    const keys = Array.from({ length: 2001 }, (_, n) => `1/2/${n + 1}`);
    expect(await recorded().cancel({ keys: [...keys, ...keys] })).toBe(2001);
    const bodies = server.requests.map(({ body }) => JSON.parse(body) as { key: string }[]);
    expect(bodies.map(({ length }) => length)).toEqual([1000, 1000, 1]);
    expect(bodies.flat().map(({ key }) => key)).toEqual(keys);
    expect(server.requests[0]?.path).toBe('/jobq/1/cancel');
  });

  it('has one deadline for all its requests', async () => {
    // Each is done in time, all of them are not.
    server.respond = () => ({ body: '{"count":1000}', after: new Promise((resolve) => setTimeout(resolve, 100)) });
    const keys = Array.from({ length: 5000 }, (_, n) => `1/2/${n + 1}`);
    const error = await rejection(recorded().cancel({ keys, deadline: 300 }));
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'deadline', timeout: 300 });
    expect(server.requests.length).toBeLessThan(5);
  });

  it('sends a count in the address, without a body', async () => {
    server.respond = () => ({ body: '{"count": 7}' });
    expect(await recorded().cancel({ count: 10 })).toBe(7);
    expect(sent()).toEqual([['POST /jobq/1/cancel', '']]);
    expect(server.requests[0]?.query.get('count')).toBe('10');
  });

  it.each<[string, object]>([
    ['either `keys` or `count`, got `neither`', {}],
    ['either `keys` or `count`, got `both`', { keys: ['1/2/3'], count: 1 }],
    ['`count`', { count: 0 }],
    ['`count`', { count: '3' }],
    ['the key of a job in `1`', { keys: ['1/2/3', '2/2/3'] }],
    ['job key', { keys: ['1/2'] }],
    ['job key', { keys: [7] }],
    ['job key', { keys: null }],
  ])('refuses what it cannot do, before it does anything: %s %j', async (message, options) => {
    const error = await rejection(recorded().cancel(options as { count: number }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain(message);
    expect(server.requests).toHaveLength(0);
  });

  it('refuses to the jobs of a spider what would cancel those of others', async () => {
    const spider = new Spider(server.cloud().connection, '1/2', 'quotes');
    expect(await rejection(spider.jobs.cancel({ count: 1 }))).toBeInstanceOf(ConfigurationError);
    expect(await rejection(spider.jobs.cancel({ keys: ['1/3/1'] }))).toBeInstanceOf(ConfigurationError);
    expect(server.requests).toHaveLength(0);
  });
});

describe('`job.purge`', () => {
  it('removes the record for good, and may be repeated', async () => {
    const job = await jobs().push('quotes');
    await job.purge();
    expect(await job.metadata.list()).toEqual([]);
    expect(await job.purge()).toBeUndefined();
    server.respond = ({ repetition }) => (repetition === 0 ? { status: 503, body: '' } : { body: '' });
    await server.cloud().getJob('1/2/3').purge();
    expect(sent()).toEqual([
      ['DELETE /jobs/1/2/3', ''],
      ['DELETE /jobs/1/2/3', ''],
    ]);
  });
});
