import { type CounterReading, jsonLines, memoryCounter, memoryQueue, memoryQuota, Tide } from 'tideway/tide';
import { describe, expect, it, vi } from 'vitest';
import { prints } from '../helpers/prints.ts';
import { rejection, thrown } from '../helpers/rejection.ts';
import { deferred, type Handler, startServer } from '../helpers/server.ts';

/** Writes so many records, and leaves the stream open. */
const silentAfter =
  (count: number): Handler =>
  (response) => {
    response.writeHead(200).flushHeaders();
    for (let n = 0; n < count; n++) response.write(`${n}\n`);
  };

describe('Whoever is told that a tide is idle', () => {
  it('finds all of its run counted', async () => {
    await using server = await startServer(silentAfter(3));
    const counter = memoryCounter();
    const readings: CounterReading[] = [];
    const tide = new Tide(server.url, {
      framing: jsonLines(),
      counter,
      onState: (state) => state === 'idle' && void readings.push(counter.read()),
    });
    await tide.on({ limit: 3 });
    expect(readings).toEqual([{ state: 'stopped', count: 3, total: 3 }]);
  });

  it('may begin the next run, which is counted by itself, also by a counter that takes its time', async () => {
    await using server = await startServer(silentAfter(3));
    const counter = memoryCounter();
    const slow = Object.assign(Object.create(counter), {
      increment: async (n: number) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return counter.increment(n);
      },
    });
    let next: Promise<unknown> | undefined;
    const tide: Tide<unknown> = new Tide(server.url, {
      framing: jsonLines(),
      counter: slow,
      onState: (state) => {
        if (state === 'idle') next ??= tide.on({ limit: 2 });
      },
    });
    expect((await tide.on({ limit: 3 })).delivered).toBe(3);
    expect(await next).toMatchObject({ delivered: 2, reason: 'limit' });
    expect(counter.read()).toEqual({ state: 'stopped', count: 2, total: 5 });
  });

  it.each(['connecting', 'open', 'idle'])('or %s, may turn it off', async (wanted) => {
    await using server = await startServer(silentAfter(3));
    const tide: Tide<unknown> = new Tide(server.url, {
      framing: jsonLines(),
      onState: (state) => state === wanted && tide.off(),
    });
    const { delivered, reason } = await tide.on({ limit: 3 });
    expect([delivered, reason]).toEqual(wanted === 'idle' ? [3, 'limit'] : [0, 'off']);
    expect(tide.state).toBe('idle');
    await expect.poll(() => server.sockets()).toBe(0);
  });
});

describe('What fails at the end of a run', () => {
  it.each([
    ['start', 'throws'],
    ['start', 'rejects'],
    ['onStop', 'throws'],
    ['onStop', 'rejects'],
  ] as const)('is told, where what the counter answered to `%s` with %s', async (method, how) => {
    await using server = await startServer((response) => void response.end('1\n2\n'));
    const failure = new Error('The counter is gone');
    const counter = memoryCounter();
    const failing = Object.assign(Object.create(counter), {
      [method]: (told: () => number) => {
        const end = counter[method](told);
        return () => {
          end();
          if (how === 'rejects') return Promise.reject(failure);
          throw failure;
        };
      },
    });
    const tide = new Tide(server.url, { framing: jsonLines(), counter: failing });
    expect(await rejection(tide.on())).toBe(failure);
    expect(tide.state).toBe('idle');
    expect(counter.read()).toEqual({ state: 'stopped', count: 2, total: 2 });
  });

  it('is no unhandled rejection where the end came before the counter had answered', async () => {
    const counter = memoryCounter();
    const [asked, answered] = [deferred(), deferred()];
    const late = Object.assign(Object.create(counter), {
      onStop: async () => {
        asked.resolve();
        await answered.promise;
        return async () => {
          throw new Error('The counter is gone');
        };
      },
    });
    const unhandled = vi.fn();
    process.once('unhandledRejection', unhandled);
    const tide = new Tide('http://localhost/', { framing: jsonLines(), counter: late });
    const run = tide.on();
    await asked.promise;
    tide.off();
    answered.resolve();
    expect((await run).reason).toBe('off');
    // Node tells of it when all that waits in line is done.
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe('A listener that throws', () => {
  it('at the stop of a counter keeps no tide from its end', async () => {
    await using server = await startServer(silentAfter(1));
    const counter = memoryCounter();
    const failure = new Error('Not now');
    counter.onStop(() => {
      throw failure;
    });
    const tides = [1, 2].map(() => new Tide(server.url, { framing: jsonLines(), counter }));
    const runs = tides.map((tide) => tide.on());
    await expect.poll(() => counter.read().count).toBe(2);
    expect(thrown(() => counter.stop())).toBe(failure);
    expect((await Promise.all(runs)).map(({ reason }) => reason)).toEqual(['off', 'off']);
    expect(counter.read()).toEqual({ state: 'stopped', count: 2, total: 2 });
  });

  it('at the end of a quota keeps no tide from its end', async () => {
    await using server = await startServer(silentAfter(1));
    const quota = memoryQuota(2);
    quota.onSpent(() => {
      throw new Error('Not now');
    });
    const waiting = new Tide(server.url, { framing: jsonLines() });
    const run = waiting.on({ quota });
    await expect.poll(() => waiting.run?.delivered).toBe(1);
    expect(await new Tide(server.url, { framing: jsonLines() }).on({ quota })).toMatchObject({ delivered: 1 });
    expect(await run).toMatchObject({ delivered: 1, reason: 'quota' });
  });
});

describe('A queue that answers with a promise of another library', () => {
  it('is waited for, and what it refuses is not counted', async () => {
    await using server = await startServer((response) => void response.end('1\n2\n3\n'));
    const failure = new Error('The queue is gone');
    let puts = 0;
    const put = (): Promise<void> => {
      const isLast = ++puts === 3;
      const foreign = {
        // biome-ignore lint/suspicious/noThenProperty: this is what such a promise is.
        then: (resolve: () => void, reject: (reason: unknown) => void) =>
          void setTimeout(() => (isLast ? reject(failure) : resolve()), 5),
      };
      return foreign as unknown as Promise<void>;
    };
    const tide = new Tide(server.url, { framing: jsonLines(), queue: Object.assign(memoryQueue(), { put }) });
    expect(await rejection(tide.on())).toBe(failure);
    expect(await tide.counter.read()).toEqual({ state: 'stopped', count: 2, total: 2 });
  });
});

describe('`maxDuration`', () => {
  it('gives nothing later to a reader that never pauses', async () => {
    await using server = await startServer((response) => void response.end('1\n'.repeat(2_000)));
    const tide = new Tide(server.url, { framing: jsonLines() });
    const began = performance.now();
    let given = 0;
    for await (const _ of tide.records({ maxDuration: 100 })) {
      given = performance.now() - began;
      // It leaves no time to any timer.
      for (const until = performance.now() + 20; performance.now() < until; );
    }
    // Two thousand records would keep it busy for 40 seconds.
    expect(tide.run?.reason).toBe('duration');
    expect(tide.run?.delivered).toBeLessThan(20);
    expect(given).toBeLessThan(10_000);
  });

  it('ends a flood of records that leaves no time for a timer', async () => {
    const text = new TextEncoder().encode('1\n'.repeat(100));
    const fetch = async (): Promise<Response> =>
      new Response(new ReadableStream({ pull: (controller) => controller.enqueue(text.slice()) }));
    const queue = memoryQueue({ maxSize: 5, overflow: 'dropOldest' });
    const tide = new Tide('http://localhost/', { framing: jsonLines(), fetch, queue });
    expect(await tide.on({ maxDuration: 50 })).toMatchObject({ reason: 'duration' });
  });
});

describe('A tide that cannot ask', () => {
  it.each([
    ['a body with GET', { method: 'GET', body: 'SECRET' }],
    ['a method that no fetch sends', { method: 'TRACE' }],
    ['a header of two lines', { headers: { authorization: 'SECRET\nSECRET' } }],
    ['a header without a name', { headers: { '': 'SECRET' } }],
    ['a reconnection that is none', { reconnect: 'SECRET'.repeat(10) }],
  ])('is refused when it is made, for %s, which is not shown', (_, options) => {
    const error = thrown(() => new Tide('http://localhost/', { framing: jsonLines(), ...options } as never));
    expect(error).toHaveProperty('code', 'ERR_CONFIGURATION');
    expect(prints(error)).not.toContain('SECRET');
  });
});
