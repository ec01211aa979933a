import {
  type Activity,
  type ActivityEvent,
  type ActivityOptions,
  ConfigurationError,
  ConnectionError,
  DecodeError,
  ForbiddenError,
  type ScrapyCloud,
  ServerError,
  UnsavedRecordsError,
} from 'tideway';
import { serveEmulator } from 'tideway/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { cloudOf } from '../helpers/cloud-of.ts';
import { collect } from '../helpers/reading.ts';
import { rejection } from '../helpers/rejection.ts';
import { type StorageServer, storageServer } from '../helpers/storage-server.ts';
import { untilOver } from '../helpers/until-over.ts';
import { withoutWaits } from '../helpers/without-waits.ts';

let server: StorageServer;
let cloud: ScrapyCloud;
beforeEach(async () => {
  server = untilOver(await storageServer());
  server.respond = () => ({ body: '' });
  withoutWaits();
  cloud = cloudOf(untilOver(await serveEmulator({ projects: [1111111] })));
});

const activity = (): Activity => cloud.getProject(1111111).activity;
const recorded = (): Activity => server.cloud().getProject(1).activity;

describe('`project.activity`', () => {
  it('tells what happened, the newest first', async () => {
    const job = await cloud.getProject(1111111).jobs.push('quotes');
    await job.start();
    await job.finish();
    const events = await activity().list();
    expect(events.map(({ event, job: key }) => [event, key])).toEqual([
      ['job:completed', job.key],
      ['job:started', job.key],
      ['job:scheduled', job.key],
    ]);
    expect(await collect(activity().iter({ count: 2 }))).toEqual(events.slice(0, 2));
    expect(await activity().list({ filter: ['event', '=', ['job:started']] })).toEqual([events[1]]);
    expect((await activity().list({ count: 1, meta: '_ts' }))[0]?._ts).toEqual(expect.any(Number));
  });

  it('takes events of any kind, alone or several in order', async () => {
    await activity().add({ event: 'deploy', note: { deep: ['é'] } });
    await activity().add([{ n: 1 }, { n: 2, job: '1111111/1/1', at: new Date(7) }]);
    await activity().add([]);
    expect(await activity().list()).toEqual([
      { n: 2, job: '1111111/1/1', at: 7 },
      { n: 1 },
      { event: 'deploy', note: { deep: ['é'] } },
    ]);
  });

  it('sends lines, 1 000 at most in a request', async () => {
    const events = Array.from({ length: 2001 }, (_, n) => ({ n }));
    await recorded().add(events);
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(Array(3).fill('POST /activity/1'));
    const lines = server.requests.map(({ body }) => body.split('\n').slice(0, -1));
    expect(lines.map(({ length }) => length)).toEqual([1000, 1000, 1]);
    expect(lines.flat().map((line) => JSON.parse(line))).toEqual(events);
  });

  it('sends no request for no events', async () => {
    await recorded().add([]);
    expect(server.requests).toHaveLength(0);
  });

  it('asks for what is wanted, when it is read', async () => {
    const records = recorded().iter({ count: 5, filter: ['event', '=', 'x'], meta: ['_ts'] });
    expect(server.requests).toHaveLength(0);
    expect(await records.toArray()).toEqual([]);
    expect([...(server.requests[0]?.query ?? [])]).toEqual([
      ['count', '5'],
      ['filter', '["event","=",["x"]]'],
      ['meta', '_ts'],
    ]);
  });

  it.each([
    ['is lost behind a broken connection', { drop: true }, ConnectionError],
    ['is 503', { status: 503, body: '' }, ServerError],
  ])('never adds twice when the answer %s', async (_name, answer, type) => {
    server.respond = () => answer;
    expect(await rejection(recorded().add({ n: 1 }, { retry: { attempts: 5 } }))).toBeInstanceOf(type);
    expect(server.requests).toHaveLength(1);
  });

  it('hands back the events that were not added behind others that were', async () => {
    server.respond = ({ repetition }) => (repetition === 1 ? { status: 403, body: '' } : { body: '' });
    const events = Array.from({ length: 2500 }, (_, n) => ({ n }));
    const error = await rejection(recorded().add(events));
    expect(error).toBeInstanceOf(UnsavedRecordsError);
    expect(error).toMatchObject({ start: 1000, records: events.slice(1000), cause: expect.any(ForbiddenError) });
    expect(server.requests).toHaveLength(2);
  });

  it('rejects with the reason of the signal that ended it, also behind others that were', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    server.respond = ({ repetition }) => {
      if (repetition === 1) controller.abort(reason);
      return { body: '' };
    };
    const events = Array.from({ length: 2500 }, (_, n) => ({ n }));
    expect(await rejection(recorded().add(events, { signal: controller.signal }))).toBe(reason);
    expect(server.requests).toHaveLength(2);
  });

  it('is read anew when it breaks: no event comes twice, though others arrive meanwhile', async () => {
    const lines = (from: number): string =>
      Array.from({ length: from }, (_, n) => `${JSON.stringify({ n: from - n })}\n`).join('');
    server.respond = ({ repetition }) => ({ body: lines(10 + repetition), ...(repetition < 2 && { cutAfter: 40 }) });
    expect((await recorded().list()).map(({ n }) => n)).toEqual(Array.from({ length: 12 }, (_, n) => 12 - n));
    expect(server.requests).toHaveLength(3);
  });

  it('is given up when it breaks again and again', async () => {
    server.respond = () => ({ body: '{"n":1}\n{"n":2}\n', cutAfter: 10 });
    expect(await rejection(recorded().list())).toBeInstanceOf(ConnectionError);
    expect(server.requests).toHaveLength(6);
  });

  it.each<[string, unknown]>([
    ['`event`', 'deploy'],
    ['`event`', [{ n: 1 }, null]],
    ['`event`', [[{ n: 1 }]]],
    ['a bigint in its field `n`', { n: 1n }],
    ['NaN in its field `deep[0]`', { deep: [Number.NaN] }],
    ['job key', { job: 'quotes' }],
    ['job key', { job: null }],
    ['the key of a job in `1`', [{ n: 1 }, { job: '2/1/1' }]],
  ])('refuses a wrong %s before anything is sent', async (message, events) => {
    const error = await rejection(recorded().add(events as ActivityEvent));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain(message);
    expect(server.requests).toHaveLength(0);
  });

  it.each<[string, unknown]>([
    ['`count`', { count: -1 }],
    ['`filter`', { filter: 'x' }],
  ])('refuses a wrong %s', async (message, options) => {
    const error = await rejection(recorded().list(options as ActivityOptions));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain(message);
  });

  it('rejects with DecodeError when a page of somebody else answers', async () => {
    server.respond = () => ({ body: '<html></html>' });
    expect(await rejection(recorded().list())).toBeInstanceOf(DecodeError);
    expect(await rejection(recorded().add({ n: 1 }))).toBeInstanceOf(DecodeError);
  });

  it('is ended by a signal', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    expect(await rejection(recorded().add({ n: 1 }, { signal }))).toBe(reason);
    expect(await rejection(recorded().list({ signal }))).toBe(reason);
    expect(server.requests).toHaveLength(0);
  });
});
