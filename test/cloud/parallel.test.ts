import {
  ConfigurationError,
  DecodeError,
  NotFoundError,
  type ReadOptions,
  type Records,
  StreamInterruptedError,
  UnauthorizedError,
} from 'tideway';
import { beforeEach, describe, expect, it } from 'vitest';
import { bytesOf } from '../helpers/decoding.ts';
import { readUntilError } from '../helpers/reading.ts';
import { rejection, thrown } from '../helpers/rejection.ts';
import { deferred } from '../helpers/server.ts';
import { type Answer, numbered, type Reception, type StorageServer, storageServer } from '../helpers/storage-server.ts';
import { untilOver } from '../helpers/until-over.ts';
import { withoutWaits } from '../helpers/without-waits.ts';

let server: StorageServer;
beforeEach(async () => {
  server = untilOver(await storageServer());
});

const items = (options?: ReadOptions): Records<{ x: number }> =>
  server.cloud().getJob('1/2/3').items.iter<{ x: number }>(options);

function store(numbers: number | readonly number[], padding = ''): number[] {
  const records = numbered(numbers, (x) => ({ x, padding }));
  server.data.set('items/1/2/3', records);
  return records.map(({ number }) => number);
}

const xs = (records: readonly { readonly x: number }[]): number[] => records.map(({ x }) => x);
/** Four ranges that send a part of what they have once all of them are asked for, and then stall. */
function stallRanges(first: Answer = { stallAfter: 5000 }): void {
  const all = deferred();
  server.respond = (request) => {
    if (!isData(request)) return undefined;
    if (ranges().length === 4) all.resolve();
    return { ...(startOf(request) === 0 ? first : { stallAfter: 5000 }), after: all.promise };
  };
}

const isData = ({ path }: Reception): boolean => path === '/items/1/2/3';
const ranges = (): Reception[] => server.requests.filter(isData);
const startOf = ({ query }: Reception): number => Number(query.get('start')?.split('/')[3] ?? 0);

describe('A parallel read', () => {
  it('delivers in order, whichever range is ready first', async () => {
    const expected = store(1000);
    // The first ranges come last.
    server.respond = (request) => {
      if (!isData(request)) return undefined;
      const late = startOf(request) === 0 ? 60 : startOf(request) < 400 ? 30 : 0;
      return { after: new Promise((resolve) => setTimeout(resolve, late)) };
    };
    const records = items({ parallel: 4 });
    expect(xs(await records.toArray())).toEqual(expected);
    expect(records.progress).toMatchObject({ delivered: 1000, resumes: 0, lastKey: '1/2/3/999' });
  });

  it('asks for the stats once, then for ranges that meet, and for what stands behind the last one', async () => {
    store(1000);
    await items({ parallel: 4, meta: '_ts' }).toArray();
    expect(server.requests[0]?.path).toBe('/items/1/2/3/stats');
    expect(server.requests.filter(({ path }) => path.endsWith('stats'))).toHaveLength(1);
    const bounds = ranges().map(
      ({ query }) => [query.get('start') ?? '', query.get('count'), query.getAll('meta')] as const,
    );
    expect(bounds.sort(([left], [right]) => Number(left?.slice(6)) - Number(right?.slice(6)))).toEqual([
      ['1/2/3/0', '250', ['_ts', '_key']],
      ['1/2/3/250', '250', ['_ts', '_key']],
      ['1/2/3/500', '250', ['_ts', '_key']],
      ['1/2/3/750', '250', ['_ts', '_key']],
      ['1/2/3/1000', null, ['_ts', '_key']],
    ]);
  });

  it('has never more ranges open than it was told', async () => {
    store(1000);
    let open = 0;
    let most = 0;
    let allOpen = (): void => {};
    // The first are answered when as many as may be are open, however slow the machine is.
    const after = new Promise<void>((resolve) => {
      allOpen = resolve;
    });
    server.respond = (request) => {
      if (!isData(request)) return undefined;
      most = Math.max(most, ++open);
      if (open === 3) setTimeout(allOpen, 20);
      void request.ended.then(() => open--);
      return { after };
    };
    expect(await items({ parallel: 3 }).toArray()).toHaveLength(1000);
    expect(most).toBe(3);
  });

  it.each([
    ['an empty job', 0, {}],
    ['fewer records than ranges', 3, {}],
    ['one record', 1, {}],
    ['a count within the first range', 1000, { count: 10 }],
    ['a count within a later range', 1000, { count: 600 }],
    ['a count at the end of a range', 1000, { count: 500 }],
    ['a count of all', 1000, { count: 1000 }],
    ['a count of more than all', 1000, { count: 5000 }],
    ['a count of none', 1000, { count: 0 }],
    ['an offset', 1000, { offset: 333 }],
    ['an offset behind the end', 1000, { offset: 2000 }],
    ['a start', 1000, { start: '1/2/3/700' }],
    ['a key to begin behind', 1000, { startAfter: '1/2/3/700' }],
    ['an offset and a key to begin behind', 1000, { offset: 800, startAfter: '1/2/3/700' }],
    ['a start and a key to begin behind', 1000, { start: '1/2/3/500', startAfter: '1/2/3/700' }],
    ['an offset and a count', 1000, { offset: 333, count: 444 }],
  ])('reads what a single read reads: %s', async (_name, size, options) => {
    store(size);
    const expected = await items(options).toArray();
    expect(await items({ ...options, parallel: 4 }).toArray()).toEqual(expected);
  });

  it.each([
    [
      'with gaps between the ranges',
      [...Array(100).keys(), ...Array(100).keys()].map((n, at) => n + (at >= 100 ? 130 : 0)),
    ],
    ['with a gap as long as a range', [0, 1, 2, 3, 50, 51, 52, 53]],
    ['with gaps that lead beyond the number of records', [0, 10, 20, 30, 40, 50, 60, 70]],
    ['that begins far behind 0', [1000, 1001, 1002, 1003]],
    ['of every third number', Array.from({ length: 300 }, (_, at) => at * 3)],
  ])('delivers everything once of a job %s', async (_name, numbers) => {
    const expected = store(numbers);
    expect(xs(await items({ parallel: 4 }).toArray())).toEqual(expected);
    expect(xs(await items({ parallel: 4, count: 5 }).toArray())).toEqual(expected.slice(0, 5));
  });

  it('stops each range at its own end, though a count would lead it into the next one', async () => {
    // Of the numbers 0 to 99 only every tenth is there: ten records, and behind them ninety.
    const expected = store([
      ...Array.from({ length: 10 }, (_, at) => at * 10),
      ...Array.from({ length: 390 }, (_, at) => 100 + at),
    ]);
    expect(xs(await items({ parallel: 4 }).toArray())).toEqual(expected);
  });

  it('goes on when a range breaks, anywhere', async () => {
    withoutWaits();
    const expected = store(1000);
    const broken = new Set<number>();
    server.respond = (request) => {
      if (!isData(request) || broken.has(startOf(request)) || startOf(request) === 1000) return undefined;
      broken.add(startOf(request));
      return { cutAfter: 1234 };
    };
    const events: unknown[] = [];
    const records = items({ parallel: 4, onResume: (event) => events.push(event) });
    expect(xs(await records.toArray())).toEqual(expected);
    expect(records.progress.resumes).toBe(4);
    expect(events).toHaveLength(4);
  });

  it('adds up the bytes of its ranges', async () => {
    store(1000);
    const single = items();
    await single.toArray();
    const parallel = items({ parallel: 4 });
    await parallel.toArray();
    expect(parallel.progress.bytes).toBe(single.progress.bytes);
  });

  it('is at least 2.5 times as fast where the server paces each stream', async () => {
    store(400, 'y'.repeat(100));
    server.respond = (request) => (isData(request) ? { pieces: [1000], interval: 50 } : undefined);
    const time = async (options: ReadOptions): Promise<number> => {
      const started = performance.now();
      expect(await items(options).toArray()).toHaveLength(400);
      return performance.now() - started;
    };
    const single = await time({});
    const parallel = await time({ parallel: 4 });
    expect(single / parallel).toBeGreaterThan(2.5);
  });
});

describe('A parallel read that fails', () => {
  const failing = (start: number, answer: object): void => {
    server.respond = (request) => (isData(request) && startOf(request) === start ? answer : undefined);
  };

  it('delivers everything before the failure first', async () => {
    store(1000);
    // The third range fails long before the first one is there.
    server.respond = (request) => {
      if (!isData(request)) return undefined;
      if (startOf(request) === 500) return { status: 401, body: 'Unauthorized\n' };
      return { after: new Promise((resolve) => setTimeout(resolve, 50)) };
    };
    const { delivered, error } = await readUntilError(items({ parallel: 4 }));
    expect(xs(delivered)).toEqual(Array.from({ length: 500 }, (_, x) => x));
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ delivered: 500, lastKey: '1/2/3/499' });
    expect((error as Error).cause).toBeInstanceOf(UnauthorizedError);
  });

  it('says of a range that is given up what was delivered of all', async () => {
    withoutWaits();
    store(1000);
    server.respond = (request) => {
      if (!isData(request) || startOf(request) < 500) {
        const after = request.query.get('startafter');
        return after && Number(after.split('/')[3]) >= 500 ? { cutAfter: 0 } : undefined;
      }
      return startOf(request) === 500 ? { cutAfter: 1000 } : undefined;
    };
    const { delivered, error } = await readUntilError(items({ parallel: 4 }));
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(delivered.length).toBeGreaterThan(500);
    expect(error).toMatchObject({ delivered: delivered.length, lastKey: `1/2/3/${delivered.length - 1}` });
    expect(xs(delivered)).toEqual(delivered.map((_, x) => x));
  });

  it('is told of a bad line behind the records before it', async () => {
    store(1000);
    failing(250, { body: '{"x":250,"_key":"1/2/3/250"}\noops\n' });
    const { delivered, error } = await readUntilError(items({ parallel: 4 }));
    expect(delivered).toHaveLength(251);
    expect(error).toBeInstanceOf(DecodeError);
  });

  it('with the error itself when the stats are refused, or the first range', async () => {
    store(1000);
    server.respond = ({ path }) => (path.endsWith('stats') ? { status: 404, body: 'Not Found\n' } : undefined);
    expect(await rejection(items({ parallel: 4 }).toArray())).toBeInstanceOf(NotFoundError);
    failing(0, { status: 401, body: 'Unauthorized\n' });
    expect(await rejection(items({ parallel: 4 }).toArray())).toBeInstanceOf(UnauthorizedError);
  });

  it('ends all other ranges', async () => {
    store(1000);
    stallRanges({ body: 'oops\n' });
    expect(await rejection(items({ parallel: 4 }).toArray())).toBeInstanceOf(DecodeError);
    expect(
      await Promise.all(
        ranges()
          .slice(1)
          .map(({ ended }) => ended),
      ),
    ).toEqual(['left', 'left', 'left']);
  });
});

describe('Leaving a parallel read', () => {
  it('frees all its sockets', async () => {
    store(1000);
    stallRanges();
    for await (const { x } of items({ parallel: 4 })) if (x === 100) break;
    expect(ranges()).toHaveLength(4);
    expect(await Promise.all(ranges().map(({ ended }) => ended))).toEqual(['left', 'left', 'left', 'left']);
  });

  it('while the stats are asked for ends that, and opens no range', async () => {
    store(1000);
    const asked = deferred();
    server.respond = () => {
      asked.resolve();
      return { after: deferred().promise };
    };
    const iterator = items({ parallel: 4 })[Symbol.asyncIterator]();
    const waiting = iterator.next();
    await asked.promise;
    await iterator.return?.();
    expect(await server.requests[0]?.ended).toBe('left');
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(ranges()).toHaveLength(0);
  });

  it('by a signal frees all its sockets', async () => {
    store(1000);
    stallRanges();
    const controller = new AbortController();
    const reason = new Error('enough');
    const loop = async (): Promise<void> => {
      for await (const { x } of items({ parallel: 4, signal: controller.signal }))
        if (x === 50) controller.abort(reason);
    };
    expect(await rejection(loop())).toBe(reason);
    expect(await Promise.all(ranges().map(({ ended }) => ended))).toEqual(['left', 'left', 'left', 'left']);
  });
});

describe('A parallel read holds no more than a window', () => {
  it('so that the server is held up while nobody reads', async () => {
    const size = 60_000;
    const padding = 'y'.repeat(4000);
    let written = 0;
    server.respond = (request) => {
      if (!isData(request)) {
        return { body: JSON.stringify({ counts: {}, totals: { input_values: size, input_bytes: size * 4000 } }) };
      }
      const start = startOf(request);
      const end = start + Number(request.query.get('count') ?? 0);
      const body = async function* (): AsyncGenerator<Uint8Array> {
        for (let number = start; number < end; number += 16) {
          const numbers = Array.from({ length: Math.min(16, end - number) }, (_, at) => number + at);
          const lines = numbers.map((x) => `{"x":${x},"padding":"${padding}","_key":"1/2/3/${x}"}\n`);
          const bytes = bytesOf(lines.join(''));
          written += bytes.length;
          yield bytes;
        }
      };
      return { body: body() };
    };
    const iterator = items({ parallel: 4 })[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toMatchObject({ x: 0 });
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    // 230 MiB are there to be read.
    expect(written).toBeLessThan(64 * 1024 * 1024);
    let count = 1;
    for await (const { x } of iterator as AsyncIterableIterator<{ x: number }>)
      if (x !== count++) throw new Error(`${x}`);
    expect(count).toBe(size);
  });
});

describe('`parallel`', () => {
  it.each([
    ['filter', { filter: ['x', '>', [1]] as const }],
    ['startTs', { startTs: 1 }],
    ['startTs', { startTs: 0 }],
    ['endTs', { endTs: 1 }],
    ['nodata', { nodata: true }],
    ['index', { index: 0 }],
    ['index', { index: [1, 2] }],
  ])('is refused together with `%s`: ranges are cut by number', (name, options) => {
    const error = thrown(() => items({ parallel: 2, ...options }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain(`\`${name}\``);
  });

  it('is refused together with `level`, which is a filter', () => {
    const { logs } = server.cloud().getJob('1/2/3');
    expect(thrown(() => logs.iter({ parallel: 2, level: 'ERROR' }))).toBeInstanceOf(ConfigurationError);
  });

  it('of 1 is a single read, which takes all of them', async () => {
    store(10);
    expect(xs(await items({ parallel: 1, filter: ['x', '>', [7]] }).toArray())).toEqual([8, 9]);
    expect(server.requests).toHaveLength(1);
  });

  it('reads samples singly: they have no stats', async () => {
    server.data.set(
      'samples/1/2/3',
      numbered(100, (number) => [number]),
    );
    expect(await server.cloud().getJob('1/2/3').samples.list({ parallel: 4 })).toHaveLength(100);
    expect(server.requests.map(({ path }) => path)).toEqual(['/samples/1/2/3']);
  });

  it.each(['logs', 'requests'] as const)('reads %s, too', async (resource) => {
    server.data.set(
      `${resource}/1/2/3`,
      numbered(100, (time) => ({ time })),
    );
    const job = server.cloud().getJob('1/2/3');
    const found = resource === 'logs' ? await job.logs.list({ parallel: 4 }) : await job.requests.list({ parallel: 4 });
    expect(found.map(({ time }) => time)).toEqual(Array.from({ length: 100 }, (_, time) => time));
    expect(server.requests[0]?.path).toBe(`/${resource}/1/2/3/stats`);
  });

  it('goes well with `follow`: what is written meanwhile comes behind the ranges', async () => {
    store(100);
    server.states.set('1/2/3', 'running');
    let looks = 0;
    server.respond = ({ path }) => {
      if (path.endsWith('/state') && ++looks <= 4) store(100 + 10 * looks);
      else if (path.endsWith('/state')) server.states.set('1/2/3', 'finished');
      return undefined;
    };
    const found = await items({ parallel: 4, follow: { interval: 5 } }).toArray();
    expect(xs(found)).toEqual(Array.from({ length: 140 }, (_, x) => x));
  });

  it('works on a job whose stats say nothing', async () => {
    server.respond = ({ path }) => (path.endsWith('stats') ? { body: '{"counts":{},"totals":{}}' } : undefined);
    expect(await items({ parallel: 4 }).toArray()).toEqual([]);
    const expected = store(10);
    expect(xs(await items({ parallel: 4 }).toArray())).toEqual(expected);
  });
});
