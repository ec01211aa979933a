import { ConfigurationError, type LogRecord, NotFoundError, type RequestRecord, type ScrapyCloud } from 'tideway';
import { type EmulatorServer, serveEmulator } from 'tideway/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cloudOf } from '../helpers/cloud-of.ts';
import { readingOf } from '../helpers/reading.ts';
import { rejection } from '../helpers/rejection.ts';
import { numbered, storageServer } from '../helpers/storage-server.ts';

const items = Array.from({ length: 120 }, (_, n) => ({ n, name: `item ${n}`, price: n / 2, text: 'é€𝒳"\\\n' }));
const logs = Array.from({ length: 30 }, (_, n) => ({
  time: 1000 + n,
  level: 10 * (1 + (n % 5)),
  message: `line ${n}`,
}));
const requests = Array.from({ length: 10 }, (_, n) => ({
  time: 2000 + n,
  ...(n > 0 && { parent: n - 1 }),
  duration: 5 * n,
  status: 200,
  method: 'GET',
  rs: 100 + n,
  url: `https://example.com/${n}`,
  ...(n % 2 === 1 && { fp: `fp${n}` }),
}));
const samples = Array.from({ length: 10 }, (_, n) => [3000 + n, n, n * 2]);

let server: EmulatorServer;
let cloud: ScrapyCloud;
beforeAll(async () => {
  server = await serveEmulator({
    projects: [1],
    seed: { jobs: [{ spider: 'quotes', items, logs, requests, samples }, { spider: 'quotes' }] },
  });
  cloud = cloudOf(server);
});
afterAll(() => server.close());

const all = { items, logs, requests, samples } as const;
const names = ['items', 'logs', 'requests', 'samples'] as const;

describe.each(names)('The %s of a job', (name) => {
  const reading = () => readingOf(cloud.getJob('1/1/1'), name);

  it('are read as they were stored, with `iter` and `list`', async () => {
    const read: unknown[] = [];
    for await (const record of reading().iter()) read.push(record);
    expect(read).toEqual(all[name]);
    expect(await reading().list()).toEqual(all[name]);
    expect(await reading().list({ parallel: 3 })).toEqual(all[name]);
  });

  it('are read in part', async () => {
    expect(await reading().list({ offset: 3, count: 4 })).toEqual(all[name].slice(3, 7));
    expect(await reading().list({ start: '1/1/1/8' })).toEqual(all[name].slice(8));
    expect(await reading().list({ startAfter: '1/1/1/8' })).toEqual(all[name].slice(9));
    expect(await reading().list({ index: [1, 3] })).toEqual([all[name][1], all[name][3]]);
    expect(await reading().list({ count: 0 })).toEqual([]);
    expect(await reading().list({ offset: 10_000 })).toEqual([]);
  });

  it('are got one by one, by their number', async () => {
    expect(await reading().get(0)).toEqual(all[name][0]);
    expect(await reading().get(7)).toEqual(all[name][7]);
  });

  it('are undefined where there is none', async () => {
    expect(await reading().get(999)).toBeUndefined();
    expect(await readingOf(cloud.getJob('1/1/2'), name).get(0)).toBeUndefined();
  });

  it('are none of a job that stored none', async () => {
    const empty = readingOf(cloud.getJob('1/1/2'), name);
    expect(await empty.list()).toEqual([]);
    expect(await empty.list({ parallel: 4 })).toEqual([]);
    expect(await empty.list({ follow: true })).toEqual([]);
    expect(await empty.iter().first()).toBeUndefined();
  });

  it.each([-1, 1.5, Number.NaN, undefined, '0'])('are not got by a number of %s', async (index) => {
    expect(await rejection(reading().get(index as number))).toBeInstanceOf(ConfigurationError);
  });
});

describe('Items', () => {
  it('are filtered by the server', async () => {
    const { items: reading } = cloud.getJob('1/1/1');
    expect(await reading.list({ filter: ['price', '>', [58]] })).toEqual(items.slice(117));
    expect(await reading.list({ filter: [['price', '>', [58]], '["n","<",[119]]'] })).toEqual(items.slice(117, 119));
  });

  it('show what `meta` asks for, and nothing else', async () => {
    const { items: reading } = cloud.getJob('1/1/1');
    expect(await reading.list({ count: 1, meta: '_key' })).toEqual([{ ...items[0], _key: '1/1/1/0' }]);
    const [withTs] = await reading.list({ count: 1, meta: ['_ts'] });
    expect(withTs).toEqual({ ...items[0], _ts: expect.any(Number) });
    expect(await reading.list({ count: 1, meta: '_key', nodata: true })).toEqual([{ _key: '1/1/1/0' }]);
    expect(await reading.get(3, { meta: '_key' })).toEqual({ ...items[3], _key: '1/1/1/3' });
  });

  it('have stats', async () => {
    const stats = await cloud.getJob('1/1/1').items.stats();
    expect(stats).toMatchObject({ counts: { n: 120, name: 120 }, totals: { input_values: 120 } });
    expect(await cloud.getJob('1/1/1').items.stats({ all: true })).toMatchObject({ totals: { input_values: 120 } });
  });

  it('have types of the reader’s', async () => {
    const found = await cloud.getJob('1/1/1').items.list<{ n: number }>({ count: 2 });
    const sum: number = found.reduce((total, { n }) => total + n, 0);
    expect(sum).toBe(1);
  });
});

describe('Logs', () => {
  it('are read from a level up', async () => {
    const found: LogRecord[] = await cloud.getJob('1/1/1').logs.list({ level: 'ERROR' });
    expect(found).toEqual(logs.filter(({ level }) => level >= 40));
    expect(await cloud.getJob('1/1/1').logs.list({ level: 'SILENT' })).toEqual([]);
  });

  it('have stats by level', async () => {
    const stats = await cloud.getJob('1/1/1').logs.stats();
    expect(stats).toMatchObject({ counts: { 10: 6, 50: 6 }, totals: { input_values: 30 } });
  });
});

describe('Requests', () => {
  it('have stats and types', async () => {
    const [first]: RequestRecord[] = await cloud.getJob('1/1/1').requests.list({ count: 1 });
    expect(first?.url).toBe('https://example.com/0');
    expect(await cloud.getJob('1/1/1').requests.stats()).toMatchObject({ totals: { input_values: 10 } });
  });
});

describe('`get`', () => {
  it('asks for the one record, and takes 404 for none', async () => {
    await using storage = await storageServer();
    storage.data.set(
      'items/1/2/3',
      numbered([5], (x) => ({ x })),
    );
    const { items: reading } = storage.cloud().getJob('1/2/3');
    expect(await reading.get(5, { meta: ['_key', '_ts'] })).toEqual({ x: 5, _key: '1/2/3/5', _ts: 1_000_005 });
    expect(storage.requests[0]).toMatchObject({ method: 'GET', path: '/items/1/2/3/5' });
    expect(storage.requests[0]?.query.toString()).toBe('meta=_key&meta=_ts');
    storage.respond = () => ({ status: 404, body: 'Not Found\n' });
    expect(await reading.get(7)).toBeUndefined();
    storage.respond = () => ({ status: 403, body: '' });
    expect(await rejection(reading.get(7))).toMatchObject({ status: 403 });
  });

  it('leaves its connection to the next one', async () => {
    await using storage = await storageServer();
    storage.data.set(
      'items/1/2/3',
      numbered(20, (x) => ({ x })),
    );
    const { items: reading } = storage.cloud().getJob('1/2/3');
    for (let number = 0; number < 20; number++) expect(await reading.get(number)).toEqual({ x: number });
    // A `fetch` may find the last connection not yet idle, and take turns between two.
    expect(new Set(storage.requests.map(({ socket }) => socket)).size).toBeLessThanOrEqual(2);
  });

  it('takes its call options', async () => {
    const reason = new Error('enough');
    const { items: reading } = cloud.getJob('1/1/1');
    expect(await rejection(reading.get(0, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });
});

describe('A project or a job that is not there', () => {
  it('has stored nothing, or is forbidden: as the server says', async () => {
    expect(await rejection(cloud.getJob('77/1/1').items.list())).toMatchObject({ status: 403 });
    expect(await cloud.getJob('1/55/1').items.list()).toEqual([]);
    expect(await cloud.getJob('1/1/99').logs.list()).toEqual([]);
    expect(await rejection(cloud.getJob('1/1/99').items.list({ follow: true }))).toBeInstanceOf(NotFoundError);
  });
});
