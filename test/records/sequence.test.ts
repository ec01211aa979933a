import { ConfigurationError, Records } from 'tideway';
import { describe, expect, it } from 'vitest';
import { collect, readUntilError, recordsOf } from '../helpers/reading.ts';
import { rejection, thrown } from '../helpers/rejection.ts';

const three = [[1, 2], [3], [4, 5, 6]] as const;

/** Records that never come: the source waits until it is closed, and fails then. */
function waitingRecords(): { records: Records<number>; closes: unknown[] } {
  const closes: unknown[] = [];
  let fail: (error: unknown) => void = () => {};
  const records = new Records<number>(() => ({
    bytes: 0,
    resumes: 0,
    pull: () =>
      new Promise((_resolve, reject) => {
        fail = reject;
      }),
    close: (reason) => {
      closes.push(reason);
      fail(new Error('closed'));
    },
  }));
  return { records, closes };
}

describe('A sequence of records', () => {
  it('delivers the records in order with `for await`', async () => {
    const { records } = recordsOf(...three);
    const seen: number[] = [];
    for await (const record of records) seen.push(record);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('opens its source when the first record is wanted, not before', async () => {
    let opened = 0;
    const { source } = recordsOf<number>([1]);
    const sequence = (): Records<number> =>
      new Records(() => {
        opened++;
        return source;
      });
    const iterator = sequence()[Symbol.asyncIterator]();
    const stream = sequence().toReadableStream();
    const batches = sequence().batches();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(opened).toBe(0);
    await iterator.next();
    expect(opened).toBe(1);
    await stream.cancel();
    await batches.return(undefined);
    expect(opened).toBe(1);
  });

  it('pulls no batch before the one before is used up', async () => {
    const { records, source } = recordsOf(...three);
    const iterator = records[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    expect(source.pulls).toBe(1);
    await iterator.next();
    expect(source.pulls).toBe(2);
  });

  it('keeps the order when `next` is called many times without waiting', async () => {
    const { records } = recordsOf(...three);
    const iterator = records[Symbol.asyncIterator]();
    const results = await Promise.all(Array.from({ length: 9 }, () => iterator.next()));
    expect(results.map(({ value }) => value)).toEqual([1, 2, 3, 4, 5, 6, undefined, undefined, undefined]);
    expect(results.map(({ done }) => done)).toEqual([...Array(6).fill(false), true, true, true]);
  });

  it('keeps the order also when `next` is called again while other calls wait', async () => {
    const { records } = recordsOf([1, 2, 3], [4]);
    const iterator = records[Symbol.asyncIterator]();
    const first = iterator.next();
    const second = iterator.next();
    const third = first.then(() => iterator.next());
    const fourth = first.then(() => iterator.next());
    const results = await Promise.all([first, second, third, fourth]);
    expect(results.map(({ value }) => value)).toEqual([1, 2, 3, 4]);
  });

  it('tells a failure to one of several waiting calls of `next`, and the end to those behind it', async () => {
    const records = new Records<number>(() => {
      const { source } = recordsOf<number>([1]);
      const pull = source.pull.bind(source);
      source.pull = async () => {
        const batch = await pull();
        if (!batch) throw new Error('broken');
        return batch;
      };
      return source;
    });
    const iterator = records[Symbol.asyncIterator]();
    const results = await Promise.allSettled([iterator.next(), iterator.next(), iterator.next()]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[2]).toMatchObject({ value: { done: true } });
  });

  it('stays at its end', async () => {
    const { records, source } = recordsOf<number>([1]);
    const iterator = records[Symbol.asyncIterator]();
    await iterator.next();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(source.pulls).toBe(2);
    expect(source.closes).toHaveLength(1);
  });

  it.each([
    ['for await', (records: Records<number>) => records[Symbol.asyncIterator]()],
    ['batches', (records: Records<number>) => records.batches()],
    ['toReadableStream', (records: Records<number>) => records.toReadableStream()],
  ])('is read once: %s a second time is an error that says so', (_name, use) => {
    const { records } = recordsOf<number>([1]);
    use(records);
    const error = thrown(() => use(records));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain('read once');
  });

  it('is read once: an array or a first record a second time is an error', async () => {
    const { records } = recordsOf<number>([1]);
    await records.toArray();
    expect(await rejection(records.toArray())).toBeInstanceOf(ConfigurationError);
    expect(await rejection(records.first())).toBeInstanceOf(ConfigurationError);
  });

  it('is not read after it was disposed of', async () => {
    const { records, source } = recordsOf<number>([1]);
    await records[Symbol.asyncDispose]();
    expect(thrown(() => records[Symbol.asyncIterator]())).toBeInstanceOf(ConfigurationError);
    expect(source.pulls).toBe(0);
  });

  it('ends its source once, with what a consumer threw into it', async () => {
    const { records, source } = recordsOf(...three);
    const iterator = records[Symbol.asyncIterator]();
    await iterator.next();
    const reason = new Error('enough');
    expect(await rejection(iterator.throw?.(reason) as Promise<unknown>)).toBe(reason);
    expect(source.closes).toEqual([reason]);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('ends its source when the loop is left by `break`, `return` or an error', async () => {
    const leave = {
      break: async (records: Records<number>) => {
        for await (const _ of records) break;
      },
      return: async (records: Records<number>) => {
        for await (const record of records) return record;
      },
      throw: async (records: Records<number>) => {
        for await (const _ of records) throw new Error('mine');
      },
    };
    for (const run of Object.values(leave)) {
      const { records, source } = recordsOf(...three);
      await run(records).catch((error: Error) => expect(error.message).toBe('mine'));
      expect(source.closes).toHaveLength(1);
      expect(source.pulls).toBe(1);
    }
  });

  it('ends its source when its block ends, with `await using`', async () => {
    const { records, source } = recordsOf(...three);
    {
      await using reading = records;
      const iterator = reading[Symbol.asyncIterator]();
      await iterator.next();
      expect(source.closes).toHaveLength(0);
    }
    expect(source.closes).toHaveLength(1);
  });

  it('ends a read that waits for a record when somebody leaves it meanwhile', async () => {
    const { records } = waitingRecords();
    const iterator = records[Symbol.asyncIterator]();
    const waiting = iterator.next();
    await new Promise((resolve) => setTimeout(resolve, 1));
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});

describe('`batches`', () => {
  it('delivers what came before a failure, in a shorter batch, and then the failure', async () => {
    const failure = new Error('cut');
    const left = [
      [1, 2, 3],
      [4, 5],
    ];
    const records = new Records<number>(() => ({
      bytes: 0,
      resumes: 0,
      pull: async () => {
        const batch = left.shift();
        if (!batch) throw failure;
        return { records: batch };
      },
      close: () => {},
    }));
    const seen: number[][] = [];
    const read = async (): Promise<void> => {
      for await (const batch of records.batches(4)) seen.push(batch);
    };
    expect(await rejection(read())).toBe(failure);
    expect(seen).toEqual([[1, 2, 3, 4], [5]]);
    expect(records.progress.delivered).toBe(5);
  });

  it('gives the records as they come, without a size', async () => {
    const { records } = recordsOf(...three);
    expect(await collect(records.batches())).toEqual([[1, 2], [3], [4, 5, 6]]);
  });

  it.each([
    [1, [[1], [2], [3], [4], [5], [6]]],
    [
      2,
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ],
    [
      4,
      [
        [1, 2, 3, 4],
        [5, 6],
      ],
    ],
    [6, [[1, 2, 3, 4, 5, 6]]],
    [100, [[1, 2, 3, 4, 5, 6]]],
  ])('gives arrays of %i, the last one shorter', async (size, expected) => {
    const { records } = recordsOf(...three);
    expect(await collect(records.batches(size))).toEqual(expected);
  });

  it('ends the source when the loop is left', async () => {
    const { records, source } = recordsOf(...three);
    for await (const _ of records.batches(1)) break;
    expect(source.closes).toHaveLength(1);
    expect(source.pulls).toBe(1);
  });

  it('keeps the order when `next` is called many times without waiting', async () => {
    const { records } = recordsOf(...three);
    const batches = records.batches(4);
    const results = await Promise.all(Array.from({ length: 4 }, () => batches.next()));
    expect(results).toEqual([
      { done: false, value: [1, 2, 3, 4] },
      { done: false, value: [5, 6] },
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
  });

  it('ends the source when their block ends, with `await using`, and with what is thrown into them', async () => {
    const { records, source } = recordsOf(...three);
    {
      await using batches = records.batches(2);
      expect(await batches.next()).toEqual({ done: false, value: [1, 2] });
    }
    expect(source.closes).toHaveLength(1);
    const failure = new Error('of the consumer');
    const other = recordsOf(...three);
    const batches = other.records.batches(2);
    await batches.next();
    expect(await rejection(batches.throw(failure))).toBe(failure);
    expect(other.source.closes).toEqual([failure]);
    expect(await batches.next()).toEqual({ done: true, value: undefined });
  });

  it.each([
    ['the end', undefined],
    ['a failure', new Error('cut')],
  ])('tells of %s when the source is free', async (_, failure) => {
    let free = false;
    const records = new Records<number>(() => ({
      bytes: 0,
      resumes: 0,
      pull: async () => {
        if (failure) throw failure;
        return undefined;
      },
      close: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        free = true;
      },
    }));
    const told = await records
      .batches()
      .next()
      .catch((error: unknown) => error);
    expect(told).toEqual(failure ?? { done: true, value: undefined });
    expect(free).toBe(true);
  });

  it('forgets a failure that nobody was told of once it is left, and tells it once', async () => {
    const failing = (): Records<number> => {
      const left = [[1, 2, 3]];
      return new Records<number>(() => ({
        bytes: 0,
        resumes: 0,
        pull: async () => {
          const records = left.shift();
          if (!records) throw new Error('cut');
          return { records };
        },
        close: () => {},
      }));
    };
    const end = { done: true, value: undefined };
    const batches = failing().batches(4);
    expect(await batches.next()).toEqual({ done: false, value: [1, 2, 3] });
    await batches.return(undefined);
    expect(await batches.next()).toEqual(end);
    const told = failing().batches(4);
    await told.next();
    expect(await rejection(told.next())).toEqual(new Error('cut'));
    expect(await told.next()).toEqual(end);
  });

  it('ends a read that waits when it is left meanwhile', async () => {
    const { closes, records } = waitingRecords();
    const iterator = records.batches();
    const waiting = iterator.next();
    await new Promise((resolve) => setTimeout(resolve, 1));
    await iterator.return(undefined);
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(closes).toHaveLength(1);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses a size of %d', (size) => {
    const { records } = recordsOf<number>([1]);
    const error = thrown(() => records.batches(size));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain('`size`');
  });
});

describe('`toArray` and `first`', () => {
  it('stop at the limit and end the source', async () => {
    const { records, source } = recordsOf(...three);
    expect(await records.toArray({ limit: 3 })).toEqual([1, 2, 3]);
    expect(source.pulls).toBe(2);
    expect(source.closes).toHaveLength(1);
  });

  it('ask for nothing with a limit of 0', async () => {
    const { records, source } = recordsOf(...three);
    expect(await records.toArray({ limit: 0 })).toEqual([]);
    expect(source.pulls).toBe(0);
  });

  it.each([-1, 1.5, Number.NaN])('refuse a limit of %d', async (limit) => {
    const { records } = recordsOf<number>([1]);
    expect(await rejection(records.toArray({ limit }))).toBeInstanceOf(ConfigurationError);
  });

  it('give the first record, or undefined when there is none', async () => {
    const { records, source } = recordsOf(...three);
    expect(await records.first()).toBe(1);
    expect(source.closes).toHaveLength(1);
    expect(await recordsOf<number>().records.first()).toBeUndefined();
  });
});

describe('`toReadableStream`', () => {
  it('pulls when it is pulled, and closes at the end', async () => {
    const { records, source } = recordsOf(...three);
    const stream = records.toReadableStream();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(source.pulls).toBe(0);
    const reader = stream.getReader();
    expect((await reader.read()).value).toBe(1);
    expect((await reader.read()).value).toBe(2);
    expect(source.pulls).toBe(1);
    const rest: number[] = [];
    for (let next = await reader.read(); !next.done; next = await reader.read()) rest.push(next.value);
    expect(rest).toEqual([3, 4, 5, 6]);
    expect(source.closes).toHaveLength(1);
  });

  it('ends the source with the reason of its cancellation', async () => {
    const { records, source } = recordsOf(...three);
    const reader = records.toReadableStream().getReader();
    await reader.read();
    await reader.cancel('enough');
    expect(source.closes).toEqual(['enough']);
  });

  it('fails as the read fails', async () => {
    const failure = new Error('broken');
    const records = new Records<number>(() => ({
      bytes: 0,
      resumes: 0,
      pull: () => Promise.reject(failure),
      close: () => {},
    }));
    const { delivered, error } = await readUntilError(records.toReadableStream());
    expect(delivered).toEqual([]);
    expect(error).toBe(failure);
  });
});

describe('`progress`', () => {
  it('counts what was delivered, and names the last key, as of now', async () => {
    const { records } = recordsOf(...three);
    expect(records.progress).toEqual({ delivered: 0, bytes: 0, resumes: 0, lastKey: undefined });
    let expected = 0;
    for await (const record of records) {
      expected++;
      expect(records.progress).toMatchObject({ delivered: expected, lastKey: `key of ${record}` });
    }
    expect(records.progress).toMatchObject({ delivered: 6, lastKey: 'key of 6' });
  });

  it('counts the records of batches and arrays alike', async () => {
    const batched = recordsOf(...three).records;
    const counts: number[] = [];
    for await (const _ of batched.batches(4)) counts.push(batched.progress.delivered);
    expect(counts).toEqual([4, 6]);
    const whole = recordsOf(...three).records;
    await whole.toArray({ limit: 5 });
    expect(whole.progress).toMatchObject({ delivered: 5, lastKey: 'key of 5' });
  });
});
