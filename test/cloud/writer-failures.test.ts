import {
  BadRequestError,
  DecodeError,
  isApiError,
  isUnsavedRecordsError,
  type RecordWriter,
  ServerError,
  UnauthorizedError,
  UnsavedRecordsError,
  ValueTooLargeError,
} from 'tideway';
import { beforeEach, describe, expect, it } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { deferred } from '../helpers/server.ts';
import { untilOver } from '../helpers/until-over.ts';
import { numbers, type UploadServer, uploadServer } from '../helpers/upload-server.ts';

let server: UploadServer;
beforeEach(async () => {
  server = untilOver(await uploadServer());
});

const path = '/items/1/2/3';

async function writeAll(writer: RecordWriter<object>, records: readonly object[]): Promise<unknown[]> {
  const outcomes = await Promise.allSettled(records.map((record) => writer.write(record)));
  return outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason));
}

describe('A batch that the server refuses', () => {
  it('rejects flush, write and close at once, with the place of the batch', async () => {
    server.respond = (_, count) => (count === 2 ? { status: 400, body: 'Error parsing data\n' } : undefined);
    const writer = server.cloud().getJob('1/2/3').items.writer({ size: 10 });
    await writeAll(writer, numbers(25));
    const error = await rejection(writer.flush());
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({
      status: 400,
      reason: 'Error parsing data',
      batch: { start: 10, count: 10, storedAfter: [] },
      message: 'POST /items/1/2/3 answered 400: Error parsing data (10 records from index 10 were not stored)',
    });
    expect(await rejection(writer.write({ x: 99 }))).toBe(error);
    expect(await rejection(writer.close())).toBe(error);
    expect(await rejection(writer.flush())).toBe(error);
    expect(server.uploads).toHaveLength(2);
    expect(server.records(path)).toEqual(numbers(10));
    expect(writer.unsaved()).toEqual(numbers(15, 10));
    expect(writer.pending).toBe(15);
  });

  it.each([400, 401, 403, 404, 409, 413, 418])('is not tried again: %i', async (status) => {
    server.respond = () => ({ status });
    const { items } = server.cloud().getJob('1/2/3');
    await items.write({ x: 1 });
    expect(await rejection(items.close())).toMatchObject({ status, batch: { start: 0, count: 1 } });
    expect(server.uploads).toHaveLength(1);
  });

  it('rejects what waits for room; each record is stored, handed back, or its write rejected', async () => {
    server.respond = (_, count) => (count === 3 ? { status: 401 } : undefined);
    const writer = server.cloud().getJob('1/2/3').items.writer({ size: 10 });
    const outcomes = await writeAll(writer, numbers(100));
    const accepted = outcomes.filter((outcome) => typeof outcome === 'number');
    expect(outcomes.at(-1)).toBeInstanceOf(UnauthorizedError);
    expect([...server.records(path), ...writer.unsaved()]).toEqual(numbers(accepted.length));
    expect(server.records(path)).toEqual(numbers(20));
  });

  it('tells what was stored after it where two are in the air', async () => {
    const second = deferred();
    server.respond = ({ start }) => {
      if (start === 10) second.resolve();
      return start === 0 ? { status: 400, after: second.promise } : undefined;
    };
    const writer = server.cloud().getJob('1/2/3').items.writer({ size: 10, inFlight: 2, queueSize: 100 });
    await writeAll(writer, numbers(40));
    const error = await rejection(writer.flush());
    expect(error).toMatchObject({ batch: { start: 0, count: 10, storedAfter: [{ start: 10, count: 10 }] } });
    expect(server.records(path)).toEqual(numbers(10, 10));
    expect(writer.unsaved()).toEqual([...numbers(10), ...numbers(20, 20)]);
  });

  it('does not keep the one before it from being tried until it is stored', async () => {
    const refused = deferred();
    let tries = 0;
    server.respond = ({ start }) => {
      if (start === 10) {
        setTimeout(refused.resolve, 20);
        return { status: 400 };
      }
      return ++tries < 3 ? { status: 503 } : { after: refused.promise };
    };
    const writer = server.cloud().getJob('1/2/3').items.writer({ size: 10, inFlight: 2 });
    await writeAll(writer, numbers(20));
    expect(await rejection(writer.flush())).toMatchObject({ batch: { start: 10, count: 10, storedAfter: [] } });
    expect(server.records(path)).toEqual(numbers(10));
    expect(writer.unsaved()).toEqual(numbers(10, 10));
  });

  it('leaves the job to a new writer, which appends', async () => {
    server.respond = (_, count) => (count === 1 ? { status: 400 } : undefined);
    const cloud = server.cloud();
    const { items } = cloud.getJob('1/2/3');
    await items.write({ x: 0 });
    const error = await rejection(items.flush());
    const other = cloud.getJob('1/2/3').items;
    expect(await other.write({ x: 1 })).toBe(0);
    await other.close();
    expect(server.records(path)).toEqual([{ x: 1 }]);
    // The records that were not stored are told of once more, at the end.
    expect(await rejection(cloud.close())).toBe(error);
  });
});

describe('A batch that fails for a while', () => {
  it.each<[string, object]>([
    ['408', { status: 408 }],
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '0' } }],
    ['500', { status: 500 }],
    ['502', { status: 502 }],
    ['503', { status: 503 }],
    ['599', { status: 599 }],
    ['a broken connection', { drop: true }],
    ['a lost answer', { drop: true, stored: true }],
    ['503 although it was stored', { status: 503, stored: true }],
  ])('is tried until it is stored, once: %s', async (_name, answer) => {
    server.respond = (_, count) => (count % 4 === 0 ? undefined : answer);
    const writer = server.cloud().getJob('1/2/3').items.writer({ size: 10 });
    await writeAll(writer, numbers(25));
    await writer.close();
    expect(server.uploads.map(({ start }) => start)).toEqual([0, 0, 0, 0, 10, 10, 10, 10, 20, 20, 20, 20]);
    expect(server.records(path)).toEqual(numbers(25));
  });

  it('is tried again when no answer comes in time', async () => {
    server.respond = (_, count) => (count === 1 ? { after: new Promise(() => {}) } : undefined);
    const writer = server.cloud().getJob('1/2/3').items.writer({ timeout: 50 });
    await writer.write({ x: 1 });
    await writer.close();
    // A busy machine may not answer the second one in time either.
    expect(server.uploads.length).toBeGreaterThan(1);
    expect(server.records(path)).toEqual([{ x: 1 }]);
  });

  it('waits as long as the server asks', async () => {
    const times: number[] = [];
    server.respond = (_, count) => {
      times.push(performance.now());
      return count === 1 ? { status: 429, headers: { 'retry-after': '1' } } : undefined;
    };
    const { items } = server.cloud().getJob('1/2/3');
    await items.write({ x: 1 });
    await items.close();
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(990);
  });

  it('ends with what was not stored when its tries are used up', async () => {
    server.respond = (_, count) => (count > 1 ? { status: 500, body: '<html>secret</html>' } : undefined);
    const writer = server
      .cloud()
      .getJob('1/2/3')
      .items.writer({ size: 10, retry: { attempts: 3, backoff: 1 } });
    await writeAll(writer, numbers(25));
    const error = await rejection(writer.close());
    expect(error).toBeInstanceOf(UnsavedRecordsError);
    expect(isUnsavedRecordsError(error) && error.records).toEqual(numbers(15, 10));
    expect(error).toMatchObject({
      start: 10,
      storedAfter: [],
      message: 'Writing items of 1/2/3: 15 records from index 10 were not stored',
    });
    expect((error as Error).cause).toBeInstanceOf(ServerError);
    expect(writer.unsaved()).toEqual(numbers(15, 10));
    expect(server.uploads).toHaveLength(4);
    expect(await rejection(writer.write({ x: 1 }))).toBe(error);
  });

  it('can be stored by another writer from where it stopped', async () => {
    server.respond = ({ start }, count) => (start === 10 && count < 4 ? { status: 503 } : undefined);
    const { items } = server.cloud({ retry: { attempts: 2, backoff: 1 } }).getJob('1/2/3');
    const writer = items.writer({ size: 10 });
    await writeAll(writer, numbers(25));
    const error = await rejection(writer.close());
    if (!isUnsavedRecordsError(error)) throw error;
    await using another = items.writer({ start: error.start });
    for (const record of error.records) await another.write(record as object);
    await another.close();
    expect(server.records(path)).toEqual(numbers(25));
  });

  it('is not tried beyond its time', async () => {
    server.respond = () => ({ status: 503 });
    const writer = server
      .cloud()
      .getJob('1/2/3')
      .items.writer({ retry: { maxTime: 50, backoff: 20 } });
    await writer.write({ x: 1 });
    expect(await rejection(writer.close())).toBeInstanceOf(UnsavedRecordsError);
    expect(server.uploads.length).toBeLessThan(100);
  });

  it('is not tried again when the server asks for a longer wait than it is given', async () => {
    server.respond = () => ({ status: 503, headers: { 'retry-after': '999999' } });
    const { items } = server.cloud().getJob('1/2/3');
    await items.write({ x: 1 });
    const error = await rejection(items.close());
    expect(error).toBeInstanceOf(UnsavedRecordsError);
    expect((error as Error).cause).toMatchObject({ status: 503, retryAfter: 999_999_000 });
    expect(server.uploads).toHaveLength(1);
  });

  it('is tried once where the connection tries once', async () => {
    server.respond = () => ({ status: 503 });
    const { items } = server.cloud({ retry: false }).getJob('1/2/3');
    await items.write({ x: 1 });
    expect(await rejection(items.close())).toBeInstanceOf(UnsavedRecordsError);
    expect(server.uploads).toHaveLength(1);
  });
});

describe('What ends a writer', () => {
  it('is a page where an empty answer is due', async () => {
    server.respond = () => ({ body: '<html>Log in to this network first</html>' });
    const { items } = server.cloud().getJob('1/2/3');
    await items.write({ x: 1 });
    const error = await rejection(items.close());
    expect(error).toBeInstanceOf(UnsavedRecordsError);
    expect((error as Error).cause).toBeInstanceOf(DecodeError);
  });

  it('is a redirect', async () => {
    server.respond = () => ({ status: 307, headers: { location: 'http://elsewhere.example/' } });
    const { items } = server.cloud().getJob('1/2/3');
    await items.write({ x: 1 });
    const error = await rejection(items.close());
    expect(error).toMatchObject({ code: 'ERR_UNSAVED_RECORDS', cause: { code: 'ERR_REDIRECT' } });
  });

  it('is its signal, with the reason', async () => {
    server.respond = () => ({ after: new Promise(() => {}) });
    const controller = new AbortController();
    const writer = server.cloud().getJob('1/2/3').items.writer({ size: 2, signal: controller.signal });
    const writes = Array.from({ length: 10 }, (_, x) => writer.write({ x }));
    const outcomes = Promise.allSettled(writes);
    const flushed = rejection(writer.flush());
    await expect.poll(() => server.uploads.length).toBe(1);
    const reason = new Error('Enough');
    controller.abort(reason);
    expect(await flushed).toBe(reason);
    expect((await outcomes).slice(4)).toEqual(Array(6).fill({ status: 'rejected', reason }));
    expect(await rejection(writer.close())).toBe(reason);
    expect(writer.unsaved()).toEqual(numbers(4));
  });

  it('is the end of its connection', async () => {
    const cloud = server.cloud();
    server.respond = () => ({ after: new Promise(() => {}) });
    const { items } = cloud.getJob('1/2/3');
    await items.write({ x: 1 });
    const flushed = rejection(items.flush());
    await expect.poll(() => server.uploads.length).toBe(1);
    cloud.connection.close();
    expect(await flushed).toMatchObject({ code: 'ERR_UNSAVED_RECORDS', cause: { code: 'ERR_CONFIGURATION' } });
  });

  it('is what `onBatch` throws, after which nothing more is sent', async () => {
    const mine = new Error('Mine');
    const onBatch = (): void => {
      throw mine;
    };
    const writer = server.cloud().getJob('1/2/3').items.writer({ size: 5, onBatch });
    await writeAll(writer, numbers(10));
    expect(await rejection(writer.close())).toBe(mine);
    expect(server.records(path)).toEqual(numbers(5));
    expect(writer.unsaved()).toEqual(numbers(5, 5));
  });

  it('is none of the other writers: what they have is stored when the cloud is closed', async () => {
    server.respond = ({ path: at }) => (at.endsWith('/1') || at.endsWith('/2') ? { status: 403 } : undefined);
    const cloud = server.cloud();
    for (const job of [1, 2, 3, 4]) await cloud.getJob(`1/2/${job}`).items.write({ job });
    const error = await rejection(cloud.close());
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors.every(isApiError)).toBe(true);
    expect((error as AggregateError).errors).toHaveLength(2);
    expect([...server.data.keys()].sort()).toEqual(['/items/1/2/1', '/items/1/2/2', '/items/1/2/3', '/items/1/2/4']);
    expect(server.records('/items/1/2/3')).toEqual([{ job: 3 }]);
    expect(server.records('/items/1/2/4')).toEqual([{ job: 4 }]);
  });
});

describe('A record that is too large', () => {
  // The JSON around the text has 8 bytes.
  it.each<[string, string, number]>([
    ['of one-byte characters', 'x'.repeat(1024 * 1024 - 8), 1024 * 1024],
    ['of three-byte characters', `${'€'.repeat((1024 * 1024 - 8 - 2) / 3)}xx`, 1024 * 1024],
    ['of escapes', '\n'.repeat((1024 * 1024 - 8) / 2), 1024 * 1024],
  ])('is refused before it is queued, by its bytes: %s', async (_name, text, size) => {
    const { items } = server.cloud().getJob('1/2/3');
    expect(await items.write({ t: text })).toBe(0);
    const error = await rejection(items.write({ t: `${text}x` }));
    expect(error).toBeInstanceOf(ValueTooLargeError);
    expect(error).toMatchObject({
      status: 413,
      message: `Expected a record of at most 1048576 bytes of JSON, got ${size + 1}`,
    });
    expect(await items.write({ t: 'small' })).toBe(1);
    await items.close();
    expect(server.records(path)).toEqual([{ t: text }, { t: 'small' }]);
  });

  it('is measured by a limit of its own where there is one', async () => {
    const writer = server.cloud().getJob('1/2/3').items.writer({ maxItemSize: 10 });
    expect(await rejection(writer.write({ x: 'long enough' }))).toBeInstanceOf(ValueTooLargeError);
    await writer.write({ x: 1234 });
    await writer.close();
    expect(server.records(path)).toEqual([{ x: 1234 }]);
  });
});
