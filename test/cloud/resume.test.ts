import {
  ConnectionError,
  isStreamInterruptedError,
  type ReadOptions,
  type Records,
  type ResumeEvent,
  StreamInterruptedError,
  TimeoutError,
  UnauthorizedError,
} from 'tideway';
import { beforeEach, describe, expect, it } from 'vitest';
import { readingOf, readUntilError } from '../helpers/reading.ts';
import { rejection } from '../helpers/rejection.ts';
import { type Answer, numbered, type Reception, type StorageServer, storageServer } from '../helpers/storage-server.ts';
import { untilOver } from '../helpers/until-over.ts';
import { withoutWaits } from '../helpers/without-waits.ts';

let server: StorageServer;
beforeEach(async () => {
  server = untilOver(await storageServer());
  withoutWaits();
});

const items = (options?: ReadOptions): Records<{ x: number }> =>
  server.cloud().getJob('1/2/3').items.iter<{ x: number }>(options);

/** Ten items with gaps: 0, 1, 2, 10, 11, 20, 21, 22, 23, 24. */
const numbers = [0, 1, 2, 10, 11, 20, 21, 22, 23, 24];
function store(): void {
  server.data.set(
    'items/1/2/3',
    numbered(numbers, (x) => ({ x })),
  );
}

/** The bytes of the first lines of an answer. */
function bytesOfLines(request: Reception, lines: number): number {
  const text = server.bodyOf(request.path, request.query.toString());
  return new TextEncoder().encode(
    text
      .split('\n')
      .slice(0, lines)
      .map((line) => `${line}\n`)
      .join(''),
  ).length;
}

/** The first answer ends behind so many lines and bytes, the others are whole. */
function cutFirst(lines: number, bytes = 0, how: 'cutAfter' | 'endAfter' = 'cutAfter'): void {
  server.respond = (request) =>
    request.repetition === 0 ? { [how]: bytesOfLines(request, lines) + bytes } : undefined;
}

const starts = (): (string | null)[] => server.requests.map(({ query }) => query.get('startafter'));
const counts = (): (string | null)[] => server.requests.map(({ query }) => query.get('count'));

describe('A read that breaks goes on behind the last record delivered', () => {
  it.each([
    ['before the first byte', 0, 0, [null, null]],
    ['inside the first line', 0, 5, [null, null]],
    ['between two lines', 2, 0, [null, '1/2/3/1']],
    ['inside a line', 2, 7, [null, '1/2/3/1']],
    ['right before a gap', 3, 0, [null, '1/2/3/2']],
    ['right after a gap', 4, 0, [null, '1/2/3/10']],
    ['behind the last line', 10, 0, [null, '1/2/3/24']],
  ])('%s', async (_name, lines, bytes, expected) => {
    store();
    cutFirst(lines, bytes);
    const records = items();
    expect((await records.toArray()).map(({ x }) => x)).toEqual(numbers);
    expect(starts()).toEqual(expected);
    expect(records.progress).toMatchObject({ delivered: 10, resumes: 1, lastKey: '1/2/3/24' });
  });

  it('also when the connection breaks before the headers of a resumption', async () => {
    store();
    server.respond = (request) =>
      request.repetition === 0
        ? { cutAfter: bytesOfLines(request, 2) }
        : request.repetition < 4
          ? { drop: true }
          : undefined;
    const seen: number[] = [];
    for await (const { x } of items()) seen.push(x);
    expect(seen).toEqual(numbers);
  });

  it('also when half a record looks like the end of the body', async () => {
    store();
    cutFirst(4, 6, 'endAfter');
    expect((await items().toArray()).map(({ x }) => x)).toEqual(numbers);
    expect(starts()).toEqual([null, '1/2/3/10']);
  });

  it('also inside a character, which then is whole', async () => {
    const data = ['a€b', '𝒳𝒴', 'é'];
    server.data.set(
      'items/1/2/3',
      numbered(3, (number) => ({ text: data[number] })),
    );
    for (const how of ['cutAfter', 'endAfter'] as const) {
      for (let bytes = 0; bytes < 20; bytes++) {
        server.requests.length = 0;
        cutFirst(1, bytes, how === 'endAfter' && bytes === 0 ? 'cutAfter' : how);
        const texts = await server.cloud().getJob('1/2/3').items.list<{ text: string }>();
        expect(texts.map(({ text }) => text)).toEqual(data);
      }
    }
  });

  it('also of a compressed body', async () => {
    server.data.set(
      'items/1/2/3',
      numbered(2000, (x) => ({ x, text: String(Math.sin(x)) })),
    );
    server.respond = ({ repetition }) => (repetition < 3 ? { gzip: true, cutAfter: 6000 } : { gzip: true });
    const records = items();
    expect((await records.toArray()).map(({ x }) => x)).toEqual(Array.from({ length: 2000 }, (_, x) => x));
    expect(records.progress.resumes).toBe(3);
  });

  it('and replaces `start` and `offset`, but keeps every other parameter', async () => {
    server.data.set(
      'items/1/2/3',
      numbered(20, (x) => ({ x })),
    );
    cutFirst(2);
    const options = { offset: 5, filter: ['x', '>', [6]], meta: '_ts', startTs: 0, endTs: 2_000_000 } as const;
    expect((await items(options).toArray()).map(({ x }) => x)).toEqual([
      7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
    ]);
    const queries = server.requests.map(({ query }) => Object.fromEntries(query));
    expect(queries[0]).toMatchObject({ start: '1/2/3/5', filter: '["x",">",[6]]', startts: '0', endts: '2000000' });
    const { start, ...rest } = queries[0] ?? {};
    expect(queries[1]).toEqual({ ...rest, startafter: '1/2/3/8' });
  });

  it('and replaces `startAfter`', async () => {
    store();
    cutFirst(1);
    expect((await items({ startAfter: '1/2/3/2' }).toArray()).map(({ x }) => x)).toEqual(numbers.slice(3));
    expect(starts()).toEqual(['1/2/3/2', '1/2/3/10']);
  });

  it('and honours `count` exactly, asking for what is left', async () => {
    store();
    server.respond = (request) => ({ cutAfter: bytesOfLines(request, 2) });
    expect((await items({ count: 5 }).toArray()).map(({ x }) => x)).toEqual([0, 1, 2, 10, 11]);
    expect(counts()).toEqual(['5', '3', '1']);
  });

  it('and asks no more when `count` is reached before the break', async () => {
    store();
    cutFirst(5);
    expect(await items({ count: 5 }).toArray()).toHaveLength(5);
    expect(server.requests).toHaveLength(1);
  });

  it('and honours `count` also where the server does not', async () => {
    server.respond = () => ({ body: '{"x":0,"_key":"1/2/3/0"}\n{"x":1,"_key":"1/2/3/1"}\n' });
    expect(await items({ count: 1 }).toArray()).toEqual([{ x: 0 }]);
  });

  it('and shows `_key` only where it was asked for', async () => {
    store();
    cutFirst(2, 3);
    expect(await items().toArray()).toEqual(numbers.map((x) => ({ x })));
    server.requests.length = 0;
    expect(await items({ meta: ['_key'] }).toArray()).toEqual(numbers.map((x) => ({ x, _key: `1/2/3/${x}` })));
    server.requests.length = 0;
    expect(await items({ meta: '_ts' }).toArray()).toEqual(numbers.map((x) => ({ x, _ts: 1_000_000 + x })));
    server.requests.length = 0;
    expect(await items({ nodata: true }).toArray()).toEqual(numbers.map(() => ({})));
  });

  it('and counts the bytes that were read of all bodies, decompressed', async () => {
    store();
    const { length } = server.bodyOf('/items/1/2/3', 'meta=_key');
    const whole = items();
    server.respond = () => ({ gzip: true });
    await whole.toArray();
    expect(whole.progress.bytes).toBe(length);
    server.requests.length = 0;
    cutFirst(1, 5);
    const broken = items();
    await broken.toArray();
    expect(broken.progress.bytes).toBe(length + 5);
  });

  it('and tells of it with `onResume`', async () => {
    store();
    server.respond = (request) => (request.repetition < 2 ? { cutAfter: bytesOfLines(request, 3) } : undefined);
    const events: ResumeEvent[] = [];
    await items({ onResume: (event) => events.push(event) }).toArray();
    expect(events).toMatchObject([
      { delivered: 3, lastKey: '1/2/3/2', error: expect.any(ConnectionError) },
      { delivered: 6, lastKey: '1/2/3/20', error: expect.any(ConnectionError) },
    ]);
  });

  it('in logs and requests as in items', async () => {
    for (const resource of ['logs', 'requests'] as const) {
      server.data.set(
        `${resource}/1/2/3`,
        numbered(numbers, (time) => ({ time })),
      );
      cutFirst(4, 8);
      const records = readingOf(server.cloud().getJob('1/2/3'), resource).iter();
      expect(await records.toArray()).toEqual(numbers.map((time) => ({ time })));
      expect(server.requests.at(-1)?.query.get('startafter')).toBe('1/2/3/10');
    }
  });

  it('in samples from the start, passing over what was delivered: they have no keys', async () => {
    const samples = numbers.map((number) => [number, 1]);
    server.data.set(
      'samples/1/2/3',
      numbered(10, (number) => samples[number]),
    );
    server.respond = (request) => (request.repetition < 3 ? { cutAfter: bytesOfLines(request, 3) + 2 } : undefined);
    const { samples: resource } = server.cloud().getJob('1/2/3');
    const records = resource.iter({ count: 7 });
    expect(await records.toArray()).toEqual(samples.slice(0, 7));
    expect(counts()).toEqual(['7', '7', '7', '7']);
    expect(starts()).toEqual([null, null, null, null]);
    expect(records.progress).toMatchObject({ delivered: 7, resumes: 3, lastKey: undefined });
  });

  it('and tells the line of a bad record as the line of the read, not of its last piece', async () => {
    server.respond = ({ path, repetition }) => {
      if (path.startsWith('/items')) {
        return repetition === 0
          ? { body: '{"_key":"1/2/3/0","x":0}\n\n{"_key":"1/2/3/1","x":1}\n{"_k', cutAfter: 53 }
          : { body: '{"_key":"1/2/3/2","x":2}\noops\n' };
      }
      return repetition === 0 ? { body: '[0]\n[1]\n[2', cutAfter: 9 } : { body: '[0]\n[1]\n[2]\noops\n' };
    };
    const job = server.cloud().getJob('1/2/3');
    const fromItems = await readUntilError(job.items.iter());
    expect(fromItems.delivered).toEqual([{ x: 0 }, { x: 1 }, { x: 2 }]);
    expect(fromItems.error).toMatchObject({ code: 'ERR_DECODE', line: 5 });
    const fromSamples = await readUntilError(job.samples.iter());
    expect(fromSamples.delivered).toEqual([[0], [1], [2]]);
    expect(fromSamples.error).toMatchObject({ code: 'ERR_DECODE', line: 4 });
  });
});

describe('A body that stalls', () => {
  it('past `idleTimeout` counts as broken', async () => {
    store();
    server.respond = (request) => (request.repetition === 0 ? { stallAfter: bytesOfLines(request, 2) + 4 } : undefined);
    const events: ResumeEvent[] = [];
    const records = items({ idleTimeout: 60, onResume: (event) => events.push(event) });
    expect((await records.toArray()).map(({ x }) => x)).toEqual(numbers);
    expect(starts()).toEqual([null, '1/2/3/1']);
    expect(events[0]?.error).toBeInstanceOf(TimeoutError);
    expect(events[0]?.error).toMatchObject({ phase: 'idle', timeout: 60 });
    expect(await server.requests[0]?.ended).toBe('left');
  });

  it('while nobody reads does not: a slow reader is no broken connection', async () => {
    store();
    server.respond = (request) => ({
      stallAfter: bytesOfLines(request, 2),
      resume: new Promise((resolve) => setTimeout(resolve, 1)),
    });
    server.respond = () => ({ pieces: [60], interval: 5 });
    const records = items({ idleTimeout: 100 });
    const seen: number[] = [];
    for await (const { x } of records) {
      seen.push(x);
      if (x === 1) await new Promise((resolve) => setTimeout(resolve, 250));
    }
    expect(seen).toEqual(numbers);
    expect(records.progress.resumes).toBe(0);
  });

  it('for ever ends as an interruption, with the timeout as its cause', async () => {
    store();
    server.respond = (request) => ({ stallAfter: request.repetition === 0 ? bytesOfLines(request, 2) : 0 });
    const { delivered, error } = await readUntilError(items({ idleTimeout: 30 }));
    expect(delivered).toHaveLength(2);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ delivered: 2, lastKey: '1/2/3/1', cause: { phase: 'idle' } });
  });
});

describe('A read gives up', () => {
  it('after five resumptions in a row without a record, and says what was delivered', async () => {
    store();
    server.respond = (request) => ({ cutAfter: request.repetition === 0 ? bytesOfLines(request, 4) : 10 });
    const records = items();
    const { delivered, error } = await readUntilError(records);
    expect(delivered.map(({ x }) => x)).toEqual([0, 1, 2, 10]);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(isStreamInterruptedError(error)).toBe(true);
    expect(error).toMatchObject({ delivered: 4, lastKey: '1/2/3/10', cause: expect.any(ConnectionError) });
    expect(server.requests).toHaveLength(6);
    expect(records.progress).toMatchObject({ delivered: 4, resumes: 5, lastKey: '1/2/3/10' });
  });

  it('not while records come: each one gives it five more', async () => {
    server.data.set(
      'items/1/2/3',
      numbered(15, (x) => ({ x })),
    );
    server.respond = (request) => ({ cutAfter: bytesOfLines(request, request.repetition % 3 === 0 ? 1 : 0) });
    const records = items({ count: 15 });
    expect(await records.toArray()).toHaveLength(15);
    expect(records.progress.resumes).toBeGreaterThan(30);
  });

  it('before anything was delivered as well, once an answer had begun', async () => {
    store();
    server.respond = () => ({ cutAfter: 0 });
    expect(await rejection(items().toArray())).toMatchObject({ name: 'StreamInterruptedError', delivered: 0 });
    expect(server.requests).toHaveLength(6);
  });

  it('in samples too: what is passed over again is no record', async () => {
    server.data.set(
      'samples/1/2/3',
      numbered(4, (number) => [number]),
    );
    server.respond = (request) => ({ cutAfter: bytesOfLines(request, 2) });
    const { delivered, error } = await readUntilError(server.cloud().getJob('1/2/3').samples.iter());
    expect(delivered).toEqual([[0], [1]]);
    expect(error).toMatchObject({ name: 'StreamInterruptedError', delivered: 2, lastKey: undefined });
    expect(server.requests).toHaveLength(6);
  });

  it('at once when the credential is refused meanwhile', async () => {
    store();
    server.respond = (request) =>
      request.repetition === 0 ? { cutAfter: bytesOfLines(request, 2) } : { status: 401, body: 'Unauthorized\n' };
    const { delivered, error } = await readUntilError(items());
    expect(delivered).toHaveLength(2);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ delivered: 2, lastKey: '1/2/3/1' });
    expect((error as Error).cause).toBeInstanceOf(UnauthorizedError);
    expect(server.requests).toHaveLength(2);
  });

  it.each([403, 404, 500])('at once when a resumption is answered with %i', async (status) => {
    store();
    server.respond = (request) =>
      request.repetition === 0 ? { cutAfter: bytesOfLines(request, 2) } : { status, body: 'no\n' };
    expect(await rejection(items().toArray())).toMatchObject({ name: 'StreamInterruptedError', cause: { status } });
    expect(server.requests).toHaveLength(2);
  });

  it.each([429, 502, 503, 504])('not when a resumption is answered with %i: that passes', async (status) => {
    store();
    const refuse: Answer = { status, body: '<html></html>' };
    server.respond = (request) =>
      request.repetition === 0 ? { cutAfter: bytesOfLines(request, 2) } : request.repetition < 6 ? refuse : undefined;
    const records = items();
    expect((await records.toArray()).map(({ x }) => x)).toEqual(numbers);
    // Two tries a resumption.
    expect(server.requests).toHaveLength(7);
    expect(records.progress.resumes).toBe(3);
  });

  it('when it is refused for good with 503', async () => {
    store();
    server.respond = (request) =>
      request.repetition === 0 ? { cutAfter: bytesOfLines(request, 2) } : { status: 503, body: '<html></html>' };
    expect(await rejection(items().toArray())).toMatchObject({
      name: 'StreamInterruptedError',
      delivered: 2,
      cause: { status: 503 },
    });
    expect(server.requests).toHaveLength(11);
  });

  it('with the error itself when the first answer is none', async () => {
    server.respond = () => ({ status: 401, body: 'Unauthorized\n' });
    expect(await rejection(items().toArray())).toBeInstanceOf(UnauthorizedError);
    server.respond = () => ({ drop: true });
    expect(await rejection(items().toArray())).toBeInstanceOf(ConnectionError);
    expect(server.requests).toHaveLength(3);
  });

  it('and can be taken up again behind the last key', async () => {
    store();
    server.respond = (request) => ({ cutAfter: request.repetition === 0 ? bytesOfLines(request, 4) : 10 });
    const { delivered, error } = await readUntilError(items());
    server.respond = () => undefined;
    const { lastKey } = error as StreamInterruptedError;
    const rest = await items({ startAfter: lastKey ?? '' }).toArray();
    expect([...delivered, ...rest].map(({ x }) => x)).toEqual(numbers);
  });
});
