import { Connection, Items, isConfigurationError, type StoredBatch, type WriterOptions } from 'tideway';
import { beforeEach, describe, expect, it } from 'vitest';
import { rejection, thrown } from '../helpers/rejection.ts';
import { deferred } from '../helpers/server.ts';
import { untilOver } from '../helpers/until-over.ts';
import { numbers, type UploadServer, uploadServer } from '../helpers/upload-server.ts';

let server: UploadServer;
beforeEach(async () => {
  server = untilOver(await uploadServer());
});

const path = '/items/1/2/3';
const sizes = (): number[] => server.uploads.map(({ lines }) => lines.length);
const starts = (): number[] => server.uploads.map(({ start }) => start);

describe('A writer of items', () => {
  it('stores what was written, in order, and resolves to the indices', async () => {
    const { items } = server.cloud().getJob('1/2/3');
    const indices = await Promise.all(numbers(25).map((item) => items.write(item)));
    await items.flush();
    expect(indices).toEqual(Array.from({ length: 25 }, (_, n) => n));
    expect(server.records(path)).toEqual(numbers(25));
  });

  it('sends a batch when it is full, and the rest when it is closed', async () => {
    const writer = server.cloud().getJob('1/2/3').items.writer({ size: 10 });
    for (const item of numbers(25)) await writer.write(item);
    await expect.poll(sizes).toEqual([10, 10]);
    await writer.close();
    expect(sizes()).toEqual([10, 10, 5]);
    expect(starts()).toEqual([0, 10, 20]);
    expect(server.records(path)).toEqual(numbers(25));
  });

  it('sends a batch that is not full when its interval has passed', async () => {
    const writer = server.cloud().getJob('1/2/3').items.writer({ interval: 20 });
    await writer.write({ x: 0 });
    await expect.poll(sizes).toEqual([1]);
    await writer.write({ x: 1 });
    await expect.poll(sizes).toEqual([1, 1]);
    await writer.close();
    expect(sizes()).toEqual([1, 1]);
  });

  it('keeps a batch that is neither full nor due', async () => {
    const writer = server.cloud().getJob('1/2/3').items.writer({ size: 10 });
    for (const item of numbers(19)) await writer.write(item);
    await expect.poll(sizes).toEqual([10]);
    expect(writer.pending).toBeGreaterThanOrEqual(9);
    expect(writer.unsaved().slice(-9)).toEqual(numbers(9, 10));
    await writer.flush();
    expect(sizes()).toEqual([10, 9]);
    expect(writer.pending).toBe(0);
    expect(writer.unsaved()).toEqual([]);
  });

  it('sends a batch before it has too many characters', async () => {
    const writer = server.cloud().getJob('1/2/3').items.writer({ maxBatchSize: 1000 });
    // 100 characters with its line end.
    const item = { text: 'x'.repeat(88) };
    for (let n = 0; n < 35; n++) await writer.write(item);
    await writer.close();
    expect(sizes()).toEqual([10, 10, 10, 5]);
  });

  it('sends a record that is larger than a batch by itself', async () => {
    const writer = server.cloud().getJob('1/2/3').items.writer({ maxBatchSize: 10 });
    for (let n = 0; n < 3; n++) await writer.write({ text: 'x'.repeat(88) });
    await writer.close();
    expect(sizes()).toEqual([1, 1, 1]);
  });

  it('has one batch in the air unless it is told otherwise', async () => {
    server.respond = () => ({ after: new Promise((resolve) => setTimeout(resolve, 5)) });
    const writer = server.cloud().getJob('1/2/3').items.writer({ size: 5 });
    for (const item of numbers(50)) await writer.write(item);
    await writer.close();
    expect(server.inFlight.most).toBe(1);
  });

  it('has two batches in the air when it may, each with its start', async () => {
    const both = deferred();
    server.respond = (_, count) => {
      if (count === 2) both.resolve();
      return { after: both.promise };
    };
    const writer = server.cloud().getJob('1/2/3').items.writer({ size: 5, inFlight: 2 });
    for (const item of numbers(50)) await writer.write(item);
    await writer.close();
    expect(server.inFlight.most).toBe(2);
    expect(server.records(path)).toEqual(numbers(50));
  });

  it('compresses unless it is told otherwise', async () => {
    const { items } = server.cloud().getJob('1/2/3');
    await items.write({ x: 1 });
    await items.close();
    const writer = items.writer({ contentEncoding: 'identity' });
    await writer.write({ x: 2 });
    await writer.close();
    expect(server.uploads.map(({ encoding }) => encoding)).toEqual(['gzip', undefined]);
    expect(server.records(path)).toEqual([{ x: 1 }, { x: 2 }]);
  });

  it('tells of every batch that is stored', async () => {
    const batches: StoredBatch[] = [];
    const onBatch = (batch: StoredBatch): void => void batches.push(batch);
    const writer = server.cloud().getJob('1/2/3').items.writer({ size: 2, contentEncoding: 'identity', onBatch });
    for (const item of numbers(3)) await writer.write(item);
    await writer.close();
    expect(batches).toEqual([
      { start: 0, count: 2, bytes: 16, answer: undefined },
      { start: 2, count: 1, bytes: 8, answer: undefined },
    ]);
  });

  it('stores a record as it was when it was accepted', async () => {
    const { items } = server.cloud().getJob('1/2/3');
    const item = { x: 1 };
    await items.write(item);
    item.x = 2;
    await items.close();
    expect(server.records(path)).toEqual([{ x: 1 }]);
  });

  it('sends nothing when nothing was written', async () => {
    const cloud = server.cloud();
    const job = cloud.getJob('1/2/3');
    await using writer = job.logs.writer();
    await writer.flush();
    await job.items.flush();
    await job.items.close();
    await job.closeWriters();
    await cloud.close();
    expect(server.uploads).toEqual([]);
  });

  it('stores what it has when its block ends', async () => {
    {
      await using writer = server.cloud().getJob('1/2/3').items.writer();
      await writer.write({ x: 1 });
    }
    expect(server.records(path)).toEqual([{ x: 1 }]);
  });

  it('can be closed twice', async () => {
    const writer = server.cloud().getJob('1/2/3').items.writer();
    await writer.write({ x: 1 });
    await Promise.all([writer.close(), writer.close()]);
    await writer.close();
    expect(sizes()).toEqual([1]);
  });

  it('refuses a record once it is closed', async () => {
    const job = server.cloud().getJob('1/2/3');
    const writer = job.items.writer();
    await writer.close();
    const error = await rejection(writer.write({ x: 1 }));
    expect(error).toMatchObject({
      code: 'ERR_CONFIGURATION',
      message: 'Expected an open writer of items of 1/2/3, got one that was closed',
    });
    await job.items.write({ x: 1 });
    await job.items.close();
    expect(isConfigurationError(await rejection(job.items.write({ x: 2 })))).toBe(true);
  });

  it('works without the rest of the SDK', async () => {
    const connection = new Connection({ auth: 'key', endpoint: server.url });
    const items = new Items(connection, '1/2/3');
    await items.write({ x: 1 });
    await items.close();
    expect(server.records(path)).toEqual([{ x: 1 }]);
  });
});

describe('A flush', () => {
  it('waits for all that was written before, and for nothing that was written after', async () => {
    const second = deferred();
    server.respond = (_, count) => (count === 2 ? { after: second.promise } : undefined);
    const writer = server.cloud().getJob('1/2/3').items.writer({ size: 2 });
    // Not awaited: what waits for room counts, too.
    const before = numbers(2).map((item) => writer.write(item));
    const flushed = writer.flush();
    const after = numbers(2, 2).map((item) => writer.write(item));
    await flushed;
    expect(server.records(path)).toEqual(numbers(2));
    second.resolve();
    await Promise.all([...before, ...after, writer.close()]);
    expect(server.records(path)).toEqual(numbers(4));
  });

  it('ends for who does not wait any more, and goes on by itself', async () => {
    const held = deferred();
    server.respond = () => ({ after: held.promise });
    const { items } = server.cloud().getJob('1/2/3');
    await items.write({ x: 1 });
    const reason = new Error('Enough');
    expect(await rejection(items.flush({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(await rejection(items.flush({ deadline: 5 }))).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'deadline' });
    held.resolve();
    await items.flush();
    expect(server.records(path)).toEqual([{ x: 1 }]);
  });
});

describe('Where a writer begins', () => {
  const fill = (indices: readonly number[], at = path): void => {
    server.data.set(at, new Map(indices.map((index) => [index, JSON.stringify({ old: index })])));
  };

  it('is behind what is stored', async () => {
    fill([0, 1, 2]);
    const { items } = server.cloud().getJob('1/2/3');
    expect(await items.write({ x: 1 })).toBe(3);
    await items.close();
    expect(starts()).toEqual([3]);
  });

  it('is behind the last record also where numbers have gaps', async () => {
    fill([0, 1, 2, 10, 20]);
    const { items } = server.cloud().getJob('1/2/3');
    expect(await items.write({ x: 1 })).toBe(21);
    await items.close();
    expect(server.records(path)).toHaveLength(6);
  });

  it('is behind what is stored of samples, which have no stats', async () => {
    server.data.set('/samples/1/2/3', new Map([0, 1].map((index) => [index, '[1,2]'])));
    const { samples } = server.cloud().getJob('1/2/3');
    expect(await samples.write([3, 4])).toBe(2);
    await samples.close();
    expect(server.records('/samples/1/2/3')).toEqual([
      [1, 2],
      [1, 2],
      [3, 4],
    ]);
  });

  it('is where it is told', async () => {
    fill([0, 1, 2]);
    await using writer = server.cloud().getJob('1/2/3').items.writer({ start: 1 });
    expect(await writer.write({ x: 1 })).toBe(1);
    await writer.close();
    expect(server.records(path)).toEqual([{ old: 0 }, { x: 1 }, { old: 2 }]);
  });

  it('is shared by everything that writes to one job by one connection', async () => {
    const cloud = server.cloud();
    const [one, other] = [cloud.getJob('1/2/3').items, cloud.getJob('1/2/3').items];
    const indices = await Promise.all([one.write({ x: 0 }), other.write({ x: 1 }), one.write({ x: 2 })]);
    expect(indices).toEqual([0, 1, 2]);
    await cloud.close();
    expect(server.records(path)).toEqual(numbers(3));
  });

  it('cannot be taken by a second writer while the first is open', async () => {
    const { items } = server.cloud().getJob('1/2/3');
    const first = items.writer({ size: 10 });
    expect(thrown(() => items.writer({ size: 20 }))).toMatchObject({
      code: 'ERR_CONFIGURATION',
      message: 'Expected one writer at a time that appends items of 1/2/3, or `start`, got `another`',
    });
    await first.close();
    await using second = items.writer({ size: 20 });
    expect(await second.write({ x: 1 })).toBe(0);
  });

  it('is asked for again when the first question fails', async () => {
    let fail = true;
    const beforeRequest = (): undefined => {
      if (fail) throw new Error('No network yet');
    };
    const { items } = server.cloud({ hooks: { beforeRequest } }).getJob('1/2/3');
    expect(await rejection(items.write({ x: 1 }))).toMatchObject({ message: 'No network yet' });
    fail = false;
    expect(await items.write({ x: 2 })).toBe(0);
    await items.close();
    expect(server.records(path)).toEqual([{ x: 2 }]);
  });
});

describe('What closes writers', () => {
  it('is the job, of its own', async () => {
    const cloud = server.cloud();
    const job = cloud.getJob('1/2/3');
    const other = cloud.getJob('1/2/33');
    await Promise.all([
      job.items.write({ x: 1 }),
      job.logs.info('hello'),
      job.requests.add({ url: 'http://example.com/', status: 200, method: 'GET', rs: 5, duration: 7 }),
      job.samples.write([1, 2]),
      other.items.write({ x: 2 }),
    ]);
    await job.closeWriters();
    expect(server.uploads.map(({ path: at }) => at).sort()).toEqual([
      '/items/1/2/3',
      '/logs/1/2/3',
      '/requests/1/2/3',
      '/samples/1/2/3',
    ]);
    await cloud.close();
    expect(server.records('/items/1/2/33')).toEqual([{ x: 2 }]);
  });

  it('is the cloud, of all, before it ends everything else', async () => {
    const cloud = server.cloud();
    for (let job = 1; job <= 20; job++) await cloud.getJob(`1/2/${job}`).items.write({ job });
    await cloud.close();
    expect(server.uploads).toHaveLength(20);
  });
});

describe('Logs', () => {
  it('are stored with time, level and message', async () => {
    const { logs } = server.cloud().getJob('1/2/3');
    const before = Date.now();
    await logs.log('first');
    await logs.debug('second', { ts: 5 });
    await logs.info('third', { ts: new Date(6) });
    await logs.warning('fourth', { ts: 7 });
    await logs.error('fifth', { ts: 8 });
    await logs.log('sixth', { level: 'CRITICAL', ts: 9.9 });
    await logs.log('seventh', { level: 15, ts: 10 });
    await logs.close();
    const [first, ...others] = server.records('/logs/1/2/3');
    expect(first).toEqual({ time: expect.any(Number), level: 20, message: 'first' });
    expect((first as { time: number }).time).toBeGreaterThanOrEqual(before);
    expect(others).toEqual([
      { time: 5, level: 10, message: 'second' },
      { time: 6, level: 20, message: 'third' },
      { time: 7, level: 30, message: 'fourth' },
      { time: 8, level: 40, message: 'fifth' },
      { time: 9, level: 50, message: 'sixth' },
      { time: 10, level: 15, message: 'seventh' },
    ]);
  });
});

describe('Requests', () => {
  it('resolve to the index that their children name as parent', async () => {
    const { requests } = server.cloud().getJob('1/2/3');
    const rest = { status: 200, method: 'GET', rs: 1024.9, duration: 12.3, ts: 5 };
    const parent = await requests.add({ url: 'http://example.com/', ...rest });
    expect(await requests.add({ url: 'http://example.com/child', parent, fp: 'abc', ...rest })).toBe(1);
    await requests.close();
    expect(server.records('/requests/1/2/3')).toEqual([
      {
        url: 'http://example.com/',
        method: 'GET',
        status: 200,
        rs: 1024,
        duration: 12,
        parent: null,
        time: 5,
        fp: null,
      },
      {
        url: 'http://example.com/child',
        method: 'GET',
        status: 200,
        rs: 1024,
        duration: 12,
        parent: 0,
        time: 5,
        fp: 'abc',
      },
    ]);
  });
});

describe('Bad input of a writer', () => {
  it.each<[string, object, string]>([
    ['size', { size: 0 }, 'Expected `size` to be an integer from 1 and up, got `0` (number)'],
    [
      'interval',
      { interval: -1 },
      'Expected `interval` to be milliseconds from above 0 to 2147483647, got `-1` (number)',
    ],
    ['contentEncoding', { contentEncoding: 'br' }, 'Expected `contentEncoding` to be gzip or identity, got `br`'],
    ['maxItemSize', { maxItemSize: 1.5 }, 'Expected `maxItemSize` to be an integer from 1 and up, got `1.5` (number)'],
    ['queueSize', { queueSize: '5' }, 'Expected `queueSize` to be an integer from 1 and up, got `5`'],
    ['inFlight', { inFlight: 9 }, 'Expected `inFlight` to be 1 to 8, got `9` (number)'],
    ['start', { start: -1 }, 'Expected `start` to be an integer from 0 and up, got `-1` (number)'],
    ['onBatch', { onBatch: 'x' }, 'Expected `onBatch` to be of type function, got `x`'],
    ['retry', { retry: { attempts: 0 } }, 'Expected `retry.attempts` to be an integer from 1 and up, got `0` (number)'],
  ])('is refused at once: %s', (_name, options, message) => {
    const { items } = server.cloud().getJob('1/2/3');
    expect(thrown(() => items.writer(options as WriterOptions))).toMatchObject({ code: 'ERR_CONFIGURATION', message });
  });

  it.each<[string, unknown]>([
    ['text', 'text'],
    ['a number', 5],
    ['null', null],
    ['nothing', undefined],
    ['an array', [1, 2]],
  ])('is refused as an item: %s', async (_name, item) => {
    const { items } = server.cloud().getJob('1/2/3');
    expect(await rejection(items.write(item as object))).toMatchObject({
      code: 'ERR_CONFIGURATION',
      message: expect.stringContaining('Expected an item, an object, got'),
    });
    // The writer goes on.
    await items.write({ x: 1 });
    await items.close();
    expect(server.records(path)).toEqual([{ x: 1 }]);
  });

  it('is refused as a log line, a request or a sample', async () => {
    const job = server.cloud().getJob('1/2/3');
    const refused = async (promise: Promise<unknown>): Promise<string> => ((await rejection(promise)) as Error).message;
    expect(await refused(job.logs.log(5 as never))).toBe(
      'Expected the message of a log line to be text, got `5` (number)',
    );
    expect(await refused(job.logs.log('x', { level: 'LOUD' as never }))).toContain('Expected `level` to be one of');
    expect(await refused(job.logs.log('x', { ts: 'now' as never }))).toContain('Expected `ts` to be milliseconds');
    const request = { url: 'http://example.com/', status: 200, method: 'GET', rs: 1, duration: 1 };
    expect(await refused(job.requests.add({ ...request, status: 'OK' as never }))).toContain('`status` of a request');
    expect(await refused(job.requests.add({ ...request, rs: undefined as never }))).toContain('`rs` of a request');
    expect(await refused(job.requests.add({ ...request, url: 5 as never }))).toContain('`url` of a request');
    expect(await refused(job.requests.add({ ...request, parent: -1 }))).toContain('`parent` of a request');
    for (const sample of [[], 'x', [1, 'x'], [Number.NaN], null]) {
      expect(await refused(job.samples.write(sample as never))).toContain('Expected a sample, an array of numbers');
    }
    await job.closeWriters();
    expect(server.uploads).toEqual([]);
  });
});
