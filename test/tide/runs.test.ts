import { isApiError, isConfigurationError, isConnectionError, isDecodeError, isRecordTooLargeError } from 'tideway';
import { jsonLines, lines, memoryCounter, memoryQueue, type RunOptions, Tide, type TideState } from 'tideway/tide';
import { describe, expect, it } from 'vitest';
import { prints } from '../helpers/prints.ts';
import { rejection, thrown } from '../helpers/rejection.ts';
import { deferred, type Handler, startServer } from '../helpers/server.ts';

interface Numbered {
  readonly n: number;
}

/** Answers with so many records, all at once. */
const numbers =
  (count: number): Handler =>
  (response) => {
    response.end(Array.from({ length: count }, (_, n) => `${JSON.stringify({ n })}\n`).join(''));
  };

/** Writes records for as long as somebody reads, in writes of ten. */
const endless: Handler = (response) => {
  let n = 0;
  const write = (): void => {
    while (!response.destroyed) {
      const text = Array.from({ length: 10 }, () => `${JSON.stringify({ n: n++ })}\n`).join('');
      if (!response.write(text)) return void response.once('drain', write);
    }
  };
  write();
};

/** Writes some records, and then nothing. */
const silentAfter =
  (count: number): Handler =>
  (response) => {
    response.writeHead(200).flushHeaders();
    for (let n = 0; n < count; n++) response.write(`${JSON.stringify({ n })}\n`);
  };

const upTo = (count: number): Numbered[] => Array.from({ length: count }, (_, n) => ({ n }));

describe('A run with a limit', () => {
  it('fills the queue with exactly so many records, counts them and is idle again', async () => {
    await using server = await startServer(endless);
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
    const run = await tide.on({ limit: 5 });
    expect(run).toMatchObject({ status: 200, url: server.url, delivered: 5, reason: 'limit' });
    expect(run.headers.get('transfer-encoding')).toBe('chunked');
    const seen: unknown[] = [];
    while (await tide.queue.size()) seen.push(await tide.queue.take());
    expect(seen).toEqual(upTo(5));
    expect(await tide.counter.read()).toEqual({ state: 'stopped', count: 5, total: 5 });
    expect(tide.state).toBe('idle');
    await expect.poll(() => server.sockets()).toBe(0);
  });

  it('is followed by another one, with another limit, on the same tide', async () => {
    await using server = await startServer(numbers(20));
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
    await tide.on({ limit: 5 });
    expect((await tide.on({ limit: 1 })).delivered).toBe(1);
    expect(await tide.queue.size()).toBe(6);
    expect(await tide.counter.read()).toEqual({ state: 'stopped', count: 1, total: 6 });
    expect((await tide.on()).reason).toBe('end');
    expect(await tide.counter.read()).toEqual({ state: 'stopped', count: 20, total: 26 });
  });

  it('closes the socket when the last record is there, although nothing more comes', async () => {
    await using server = await startServer(silentAfter(3));
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
    const records = tide.records({ limit: 3 })[Symbol.asyncIterator]();
    for (let n = 0; n < 3; n++) expect(await records.next()).toEqual({ done: false, value: { n } });
    await expect.poll(() => server.sockets()).toBe(0);
    expect(await records.next()).toEqual({ done: true, value: undefined });
    expect(tide.run).toMatchObject({ delivered: 3, reason: 'limit' });
  });

  it('that the stream does not reach ends with the stream', async () => {
    await using server = await startServer(numbers(3));
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
    expect(await tide.records({ limit: 5 }).toArray()).toEqual(upTo(3));
    expect(tide.run).toMatchObject({ delivered: 3, reason: 'end' });
  });

  it('has room for all its records in the queue of its own', async () => {
    await using server = await startServer(endless);
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
    expect((await tide.on({ limit: 25_000 })).delivered).toBe(25_000);
    expect(await tide.queue.size()).toBe(25_000);
  });
});

describe('The records of a tide', () => {
  it.each([
    ['one by one', 'records'],
    ['in batches', 'batches'],
  ])('are counted as they are delivered, %s', async (_, way) => {
    await using server = await startServer(numbers(50));
    const counter = memoryCounter();
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>(), counter });
    const records = tide.records();
    let seen = 0;
    for await (const step of way === 'records' ? records : records.batches(7)) {
      seen += Array.isArray(step) ? step.length : 1;
      expect(counter.read()).toMatchObject({ count: seen, total: seen });
      expect(tide.run?.delivered).toBe(seen);
    }
    expect(counter.read()).toEqual({ state: 'stopped', count: 50, total: 50 });
  });

  it('are counted up to the one at which the reader left', async () => {
    await using server = await startServer(endless);
    const counter = memoryCounter();
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>(), counter });
    for await (const { n } of tide.records()) if (n === 12) break;
    expect(counter.read()).toEqual({ state: 'stopped', count: 13, total: 13 });
    expect(tide.run).toMatchObject({ delivered: 13, reason: 'off' });
    expect(await tide.records().first()).toEqual({ n: 0 });
    expect(counter.read()).toEqual({ state: 'stopped', count: 1, total: 14 });
    await expect.poll(() => server.sockets()).toBe(0);
  });

  it('are asked for when the first one is wanted, and not before', async () => {
    await using server = await startServer(numbers(1));
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
    const records = tide.records();
    tide.off();
    expect(tide.state).toBe('idle');
    expect(server.requests).toHaveLength(0);
    expect(await records.toArray()).toEqual(upTo(1));
  });
});

describe('Two runs at once', () => {
  it('are refused, and the first one goes on', async () => {
    await using server = await startServer(endless);
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
    const records = tide.records({ limit: 30 })[Symbol.asyncIterator]();
    await records.next();
    expect(await rejection(tide.on({ limit: 1 }))).toSatisfy(isConfigurationError);
    expect(await rejection(tide.records().first())).toSatisfy(isConfigurationError);
    let rest = 0;
    while (!(await records.next()).done) rest++;
    expect(rest).toBe(29);
  });
});

describe('`off`', () => {
  it('closes the socket of a silent stream at once', async () => {
    const closed = deferred();
    await using server = await startServer((response, request, count) => {
      response.on('close', () => closed.resolve());
      return silentAfter(2)(response, request, count);
    });
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>(), idleTimeout: 600_000 });
    const run = tide.on();
    await expect.poll(() => tide.queue.size()).toBe(2);
    tide.off();
    expect(tide.state).toBe('idle');
    expect(await run).toMatchObject({ delivered: 2, reason: 'off' });
    // No timeout would close it before this test is over; how long it takes is measured by the benchmark.
    await closed.promise;
    expect(await tide.counter.read()).toEqual({ state: 'stopped', count: 2, total: 2 });
  });

  it('is a latch: nothing that has come already is delivered after it', async () => {
    await using server = await startServer(numbers(1_000));
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
    const seen: Numbered[] = [];
    for await (const record of tide.records()) {
      seen.push(record);
      if (record.n === 9) tide.off();
    }
    expect(seen).toEqual(upTo(10));
    expect(tide.run).toMatchObject({ delivered: 10, reason: 'off' });
    expect(await tide.counter.read()).toEqual({ state: 'stopped', count: 10, total: 10 });
  });

  it('delivers no half of a step to a reader that waits when it comes', async () => {
    for (let turns = 0; turns < 40; turns++) {
      const body = deferred<Uint8Array>();
      const fetch = async (): Promise<Response> =>
        new Response(new ReadableStream({ start: async (controller) => controller.enqueue(await body.promise) }));
      const tide = new Tide('http://localhost/', { framing: jsonLines<Numbered>(), fetch });
      const seen: unknown[] = [];
      const reading = (async () => {
        for await (const record of tide.records()) seen.push(record);
      })();
      await expect.poll(() => tide.state).toBe('open');
      body.resolve(new TextEncoder().encode('{"n":0}\n{"n":1}\n{"n":2}\n'));
      // At any point of the way from the socket to the reader.
      for (let turn = 0; turn < turns; turn++) await undefined;
      tide.off();
      const atOff = seen.length;
      await reading;
      expect(seen).toEqual(upTo(3).slice(0, seen.length));
      expect(seen.length - atOff).toBeLessThanOrEqual(1);
      expect(await tide.counter.read()).toEqual({ state: 'stopped', count: seen.length, total: seen.length });
    }
  });

  it('ends a run that is being connected', async () => {
    await using server = await startServer(() => {});
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
    const run = tide.on();
    await expect.poll(() => server.requests.length).toBe(1);
    tide.off();
    expect(await run).toMatchObject({ status: undefined, delivered: 0, reason: 'off' });
    await expect.poll(() => server.sockets()).toBe(0);
  });

  it('ends a run that has only been asked for, which another one may follow', async () => {
    await using server = await startServer(silentAfter(1));
    const states: TideState[] = [];
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>(), onState: (state) => states.push(state) });
    const run = tide.on();
    expect(tide.state).toBe('connecting');
    tide.off();
    expect(tide.state).toBe('idle');
    expect(await run).toMatchObject({ status: undefined, delivered: 0, reason: 'off' });
    expect(server.requests).toHaveLength(0);
    expect(states).toEqual(['connecting', 'idle']);
    expect(await tide.on({ limit: 1 })).toMatchObject({ delivered: 1, reason: 'limit' });
    expect(await tide.counter.read()).toEqual({ state: 'stopped', count: 1, total: 1 });
  });

  it('does nothing without a run, and nothing more the second time', async () => {
    await using server = await startServer(silentAfter(1));
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
    tide.off();
    const run = tide.on();
    await expect.poll(() => tide.queue.size()).toBe(1);
    tide.off();
    tide.off();
    expect((await run).reason).toBe('off');
    tide.off();
    expect((await tide.on({ limit: 1 })).reason).toBe('limit');
  });

  it('can be followed by another run at once', async () => {
    await using server = await startServer(silentAfter(1));
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
    const first = tide.on();
    await expect.poll(() => tide.queue.size()).toBe(1);
    tide.off();
    const second = tide.on({ limit: 1 });
    expect([(await first).reason, (await second).reason]).toEqual(['off', 'limit']);
    expect(await tide.counter.read()).toEqual({ state: 'stopped', count: 1, total: 2 });
  });

  it('ends a `put` that waits for room, whose record is neither in the queue nor counted', async () => {
    await using server = await startServer(numbers(10));
    const queue = memoryQueue<Numbered>({ maxSize: 3 });
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>(), queue });
    const run = tide.on();
    await expect.poll(() => tide.state).toBe('waiting');
    tide.off();
    expect(await run).toMatchObject({ delivered: 3, reason: 'off' });
    expect(queue.size()).toBe(3);
    expect(await tide.counter.read()).toEqual({ state: 'stopped', count: 3, total: 3 });
  });
});

describe('A counter that is shared', () => {
  it('ends all its tides by a stop, and none by the end of one', async () => {
    await using server = await startServer(silentAfter(2));
    const counter = memoryCounter();
    const options = { framing: jsonLines<Numbered>(), counter };
    const [first, second, third] = [
      new Tide(server.url, options),
      new Tide(server.url, options),
      new Tide(server.url, options),
    ];
    const runs = [first.on(), second.on()];
    await expect.poll(() => counter.read().count).toBe(4);
    expect((await third.on({ limit: 1 })).reason).toBe('limit');
    expect(counter.read()).toEqual({ state: 'started', count: 5, total: 5 });
    counter.stop();
    expect(counter.read()).toEqual({ state: 'stopped', count: 5, total: 5 });
    expect((await Promise.all(runs)).map(({ reason }) => reason)).toEqual(['off', 'off']);
    await expect.poll(() => server.sockets()).toBe(0);
  });

  it('may answer with promises', async () => {
    await using server = await startServer(numbers(500));
    const memory = memoryCounter();
    const turn = <T>(value: T): Promise<T> => new Promise((resolve) => setTimeout(resolve, 1, value));
    const tide = new Tide(server.url, {
      framing: jsonLines<Numbered>(),
      counter: {
        read: () => turn(memory.read()),
        // One that knows nothing of what is not incremented yet.
        start: () => turn(memory.start()),
        stop: () => turn(memory.stop()),
        increment: (n) => turn(memory.increment(n)),
        clear: () => turn(memory.clear()),
        onStop: (listener) => turn(memory.onStop(listener)),
      },
    });
    for await (const { n } of tide.records()) if (n === 99) break;
    expect(memory.read()).toEqual({ state: 'stopped', count: 100, total: 100 });
    const run = tide.on();
    await expect.poll(() => tide.run?.delivered ?? 0).toBeGreaterThan(0);
    memory.stop();
    const { delivered } = await run;
    expect(memory.read()).toEqual({ state: 'stopped', count: delivered, total: 100 + delivered });
  });

  it('that takes its time to start is told of an end that came meanwhile', async () => {
    await using server = await startServer(endless);
    const counter = memoryCounter();
    const started = deferred();
    const slow = Object.assign(Object.create(counter), {
      start: async () => {
        await started.promise;
        return counter.start();
      },
    });
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>(), counter: slow });
    const run = tide.on();
    await expect.poll(() => tide.state).toBe('connecting');
    tide.off();
    started.resolve();
    expect((await run).reason).toBe('off');
    await expect.poll(() => counter.read().state).toBe('stopped');
    expect(server.requests).toHaveLength(0);
  });

  it('that takes its time has counted one run before the next begins', async () => {
    await using server = await startServer(silentAfter(3));
    const counter = memoryCounter();
    const slow = Object.assign(Object.create(counter), {
      start: () => counter.start(),
      increment: async (n: number) => {
        await new Promise((resolve) => setTimeout(resolve, 40));
        return counter.increment(n);
      },
    });
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>(), counter: slow });
    const first = tide.on();
    await expect.poll(() => tide.queue.size()).toBe(3);
    tide.off();
    expect((await tide.on({ limit: 2 })).delivered).toBe(2);
    expect((await first).delivered).toBe(3);
    expect(counter.read()).toEqual({ state: 'stopped', count: 2, total: 5 });
  });

  it.each(['start', 'increment', 'onStop'] as const)('that fails in `%s` fails the run', async (method) => {
    await using server = await startServer(endless);
    const failure = new Error('The counter is gone');
    const counter = Object.assign(memoryCounter(), {
      [method]: () => {
        throw failure;
      },
    });
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>(), counter });
    expect(await rejection(tide.on({ limit: 3 }))).toBe(failure);
    expect(tide.state).toBe('idle');
    await expect.poll(() => server.sockets()).toBe(0);
  });

  it('that fails only when the reader leaves tells the reader', async () => {
    await using server = await startServer(endless);
    const failure = new Error('The counter is gone');
    const counter = Object.assign(memoryCounter(), { increment: () => Promise.reject(failure) });
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>(), counter });
    const reading = (async () => {
      for await (const _ of tide.records()) break;
    })();
    expect(await rejection(reading)).toBe(failure);
    expect(tide.state).toBe('idle');
  });
});

describe('A queue', () => {
  it('of the user is used although it is empty', async () => {
    await using server = await startServer(numbers(3));
    const queue = memoryQueue<Numbered>();
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>(), queue });
    expect(tide.queue).toBe(queue);
    await tide.on();
    expect(queue.size()).toBe(3);
  });

  it('that is full lets the stream wait, and nothing is lost', async () => {
    await using server = await startServer(numbers(5_000));
    const queue = memoryQueue<Numbered>({ maxSize: 10 });
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>(), queue });
    const run = tide.on();
    await expect.poll(() => tide.state).toBe('waiting');
    const seen: Numbered[] = [];
    const consume = async (): Promise<void> => {
      for await (const record of queue) seen.push(record);
    };
    const consumers = [consume(), consume()];
    expect((await run).delivered).toBe(5_000);
    queue.close();
    await Promise.all(consumers);
    expect(seen.toSorted((left, right) => left.n - right.n)).toEqual(upTo(5_000));
  });

  it.each(['dropOldest', 'dropNewest'] as const)('that drops with `%s` tells exactly how many', async (overflow) => {
    await using server = await startServer(numbers(5_000));
    const queue = memoryQueue<Numbered>({ maxSize: 100, overflow });
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>(), queue });
    const { delivered } = await tide.on();
    expect([delivered, queue.dropped, queue.size()]).toEqual([5_000, 4_900, 100]);
    expect(await queue.take()).toEqual({ n: overflow === 'dropOldest' ? 4_900 : 0 });
  });

  it('that refuses a record ends the run with its error, and that record is not counted', async () => {
    await using server = await startServer(endless);
    const queue = memoryQueue<Numbered>({ maxSize: 10, overflow: 'fail' });
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>(), queue });
    expect(await rejection(tide.on())).toHaveProperty('code', 'ERR_QUEUE_FULL');
    expect(await tide.counter.read()).toEqual({ state: 'stopped', count: 10, total: 10 });
    expect(tide.run).toMatchObject({ delivered: 10, reason: undefined });
    expect(tide.state).toBe('idle');
    await expect.poll(() => server.sockets()).toBe(0);
  });

  it('that has taken a record although it was told to stop has it counted', async () => {
    await using server = await startServer(silentAfter(500));
    const stored: Numbered[] = [];
    const queue = Object.assign(memoryQueue<Numbered>(), {
      // Elsewhere, as Redis is: a command that is on its way cannot be called back.
      put: async (record: Numbered) => {
        await new Promise((resolve) => setTimeout(resolve, 40));
        stored.push(record);
      },
    });
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>(), queue });
    const run = tide.on();
    await expect.poll(() => stored.length).toBeGreaterThanOrEqual(2);
    tide.off();
    const { delivered, reason } = await run;
    expect([delivered, reason]).toEqual([stored.length, 'off']);
    expect(await tide.counter.read()).toEqual({ state: 'stopped', count: stored.length, total: stored.length });
  });

  it('takes records that are falsy', async () => {
    await using server = await startServer((response) => {
      response.end('0\n""\nfalse\nnull\n');
    });
    const tide = new Tide(server.url, { framing: jsonLines() });
    expect((await tide.on()).delivered).toBe(4);
    expect([
      await tide.queue.take(),
      await tide.queue.take(),
      await tide.queue.take(),
      await tide.queue.take(),
    ]).toEqual([0, '', false, null]);
  });
});

describe('Bytes and time', () => {
  it('`maxBytes` delivers what lies within so many bytes, however they come', async () => {
    for (const pieces of [1, 3, 1_000]) {
      const text = upTo(100)
        .map((record) => `${JSON.stringify(record)}\n`)
        .join('');
      await using server = await startServer((response) => {
        response.writeHead(200).flushHeaders();
        const size = Math.ceil(text.length / pieces);
        for (let at = 0; at < text.length; at += size) response.write(text.slice(at, at + size));
      });
      const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
      // Ten records of 8 bytes; the eleventh, of 9, lacks its last one.
      const run = await tide.on({ maxBytes: 88 });
      expect(run).toMatchObject({ delivered: 10, bytes: 88, reason: 'bytes' });
      expect((await tide.on({ maxBytes: 89 })).delivered).toBe(11);
      await expect.poll(() => server.sockets()).toBe(0);
    }
  });

  it('`maxDuration` ends a silent stream', async () => {
    await using server = await startServer(silentAfter(2));
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
    const { delivered, reason } = await tide.on({ maxDuration: 100 });
    // A machine that is busy may have had no time for them.
    expect([delivered, reason]).toEqual([await tide.queue.size(), 'duration']);
    await expect.poll(() => server.sockets()).toBe(0);
  });

  it('`maxDuration` delivers nothing later', async () => {
    await using server = await startServer(numbers(1_000));
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
    let seen = 0;
    for await (const _ of tide.records({ maxDuration: 150 })) {
      seen++;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(seen).toBeLessThan(10);
    expect(tide.run).toMatchObject({ delivered: seen, reason: 'duration' });
    expect(await tide.counter.read()).toMatchObject({ count: seen });
  });

  it.each([
    [200, 41],
    [5_000, 1_001],
  ])('`maxRate` of %d records a second delivers no faster, and slows the server down', async (maxRate, limit) => {
    await using server = await startServer(endless);
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
    const times: number[] = [];
    // Before the first one is asked for: it may reach the reader late, and the second one in time.
    const began = performance.now();
    for await (const _ of tide.records({ limit, maxRate })) times.push(performance.now());
    expect(times).toHaveLength(limit);
    // The record with a number never comes before its time, whatever the machine does.
    const step = Math.max(1, maxRate / 100);
    for (const [index, time] of times.entries()) {
      expect(time - began).toBeGreaterThanOrEqual((Math.floor(index / step) * step * 1000) / maxRate - 1);
    }
    expect(tide.run?.reason).toBe('limit');
  });
});

describe('An abort', () => {
  it('ends a run on a silent stream with the reason of the signal', async () => {
    await using server = await startServer(silentAfter(2));
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
    const controller = new AbortController();
    const run = rejection(tide.on({ signal: controller.signal }));
    await expect.poll(() => tide.queue.size()).toBe(2);
    controller.abort('enough');
    expect(tide.state).toBe('idle');
    expect(await run).toBe('enough');
    expect(await tide.counter.read()).toEqual({ state: 'stopped', count: 2, total: 2 });
    await expect.poll(() => server.sockets()).toBe(0);
  });

  it('reaches a reader that is busy meanwhile at its next step, and nothing is delivered in between', async () => {
    await using server = await startServer(numbers(100));
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
    const controller = new AbortController();
    const seen: Numbered[] = [];
    const reading = (async () => {
      for await (const record of tide.records({ signal: controller.signal })) {
        seen.push(record);
        if (record.n === 4) controller.abort('enough');
      }
    })();
    expect(await rejection(reading)).toBe('enough');
    expect(seen).toEqual(upTo(5));
  });

  it('before the run ends it before any request', async () => {
    await using server = await startServer(numbers(1));
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
    expect(await rejection(tide.on({ signal: AbortSignal.abort('no') }))).toBe('no');
    expect(server.requests).toHaveLength(0);
    expect(tide.state).toBe('idle');
  });
});

describe('States', () => {
  it('are told, each change once, and end with idle', async () => {
    await using server = await startServer(numbers(5));
    const states: TideState[] = [];
    const tide = new Tide(server.url, { framing: jsonLines(), onState: (state) => states.push(state) });
    await tide.on();
    expect(states).toEqual(['connecting', 'open', 'idle']);
    await server.close();
    expect(await rejection(tide.on())).toSatisfy(isConnectionError);
    expect(states.slice(3)).toEqual(['connecting', 'idle']);
    expect(await tide.counter.read()).toMatchObject({ state: 'stopped' });
  });

  it('have listeners that end the run when they throw', async () => {
    await using server = await startServer(endless);
    for (const wanted of ['connecting', 'open', 'idle']) {
      const failure = new Error(`No ${wanted}`);
      const onState = (state: TideState): void => {
        if (state === wanted) throw failure;
      };
      const tide = new Tide(server.url, { framing: jsonLines(), onState });
      expect(await rejection(tide.on({ limit: 1 }))).toBe(failure);
      expect(tide.state).toBe('idle');
    }
    await expect.poll(() => server.sockets()).toBe(0);
  });
});

describe('An answer that is no stream of records', () => {
  it('such as a 429 is an error before any record, with its body, which is not printed', async () => {
    await using server = await startServer((response) => {
      response.writeHead(429, { 'retry-after': '7' }).end('{"message":"Too many","detail":"PRIVATE"}\n');
    });
    const tide = new Tide(server.url, { framing: jsonLines() });
    const error = await rejection(tide.on());
    expect(error).toSatisfy(isApiError);
    expect(error).toMatchObject({ status: 429, retryAfter: 7_000, reason: 'Too many', method: 'GET', path: '/' });
    expect(error).toHaveProperty('body', expect.stringContaining('PRIVATE'));
    expect(prints(error)).not.toContain('PRIVATE');
    expect(await tide.queue.size()).toBe(0);
    expect(await tide.counter.read()).toEqual({ state: 'stopped', count: 0, total: 0 });
    expect(tide.state).toBe('idle');
  });

  it('such as HTML with status 200 is an error', async () => {
    await using server = await startServer((response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>SECRET</body></html>');
    });
    const error = await rejection(new Tide(server.url, { framing: jsonLines() }).on());
    expect(error).toSatisfy(isDecodeError);
    expect(error).toMatchObject({ line: 1, position: 0 });
    expect(prints(error)).not.toContain('SECRET');
  });

  it('such as an endless line is an error, long before it fills the memory', async () => {
    await using server = await startServer((response) => {
      const write = (): void => {
        while (!response.destroyed) if (!response.write('x'.repeat(10_000))) return void response.once('drain', write);
      };
      write();
    });
    const tide = new Tide(server.url, { framing: lines(), maxRecordBytes: 100_000 });
    expect(await rejection(tide.on())).toSatisfy(isRecordTooLargeError);
    expect(tide.run?.bytes).toBeLessThan(1_000_000);
    await expect.poll(() => server.sockets()).toBe(0);
  });

  it('such as one that is cut is an error, behind the records that were whole', async () => {
    const cuts: Handler[] = [
      // Inside a character, inside a record, and at its end; the socket breaks, or closes politely.
      (response) => void response.write(Buffer.from('{"n":0}\n"é"').subarray(0, 10), () => response.destroy()),
      (response) => void response.end(Buffer.from('{"n":0}\n"é"').subarray(0, 10)),
      (response) => void response.write('{"n":0}\n{"n"', () => response.destroy()),
      (response) => void response.end('{"n":0}\n{"n"'),
      (response) => void response.write('{"n":0}\n', () => response.destroy()),
    ];
    for (const cut of cuts) {
      await using server = await startServer(cut);
      const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
      expect(await rejection(tide.on())).toSatisfy(isConnectionError);
      expect(await tide.queue.size()).toBe(1);
      expect(await tide.counter.read()).toEqual({ state: 'stopped', count: 1, total: 1 });
    }
  });

  it('that begins with good records delivers these before it fails', async () => {
    await using server = await startServer((response) => {
      response.end('{"n":0}\n{"n":1}\nnot JSON\n{"n":2}\n');
    });
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>() });
    expect(await rejection(tide.on())).toMatchObject({ code: 'ERR_DECODE', line: 3 });
    expect(await tide.queue.size()).toBe(2);
    // A limit that is reached before is reached in good order.
    expect(await tide.records({ limit: 2 }).toArray()).toEqual(upTo(2));
    expect(tide.run?.reason).toBe('limit');
  });
});

describe('Silence', () => {
  it('of bytes is a TimeoutError of phase idle', async () => {
    await using server = await startServer(silentAfter(1));
    const tide = new Tide(server.url, { framing: jsonLines(), idleTimeout: 40 });
    expect(await rejection(tide.on())).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'idle', timeout: 40 });
    // None where the machine was busy for as long.
    expect(await tide.counter.read()).toMatchObject({ state: 'stopped', count: await tide.queue.size() });
    await expect.poll(() => server.sockets()).toBe(0);
  });

  it('of records is a TimeoutError of phase stall, although blank lines come', async () => {
    await using server = await startServer((response) => {
      response.write('{"n":0}\n');
      const timer = setInterval(() => response.write('\r\n'), 5);
      response.on('close', () => clearInterval(timer));
    });
    const tide = new Tide(server.url, { framing: jsonLines(), idleTimeout: 10_000, stallTimeout: 80 });
    expect(await rejection(tide.on())).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'stall', timeout: 80 });
    expect(await tide.counter.read()).toMatchObject({ state: 'stopped', count: await tide.queue.size() });
    await expect.poll(() => server.sockets()).toBe(0);
  });

  it('of records ends a flood of blank lines that leaves no time for a timer', async () => {
    const blank = new TextEncoder().encode('\n'.repeat(100));
    const fetch = async (): Promise<Response> =>
      new Response(new ReadableStream({ pull: (controller) => controller.enqueue(blank.slice()) }));
    const tide = new Tide('http://localhost/', { framing: jsonLines(), fetch, stallTimeout: 60 });
    expect(await rejection(tide.on())).toMatchObject({ phase: 'stall', timeout: 60 });
  });

  it('of a consumer is none', async () => {
    await using server = await startServer(numbers(6));
    const tide = new Tide(server.url, { framing: jsonLines(), idleTimeout: 600, stallTimeout: 600 });
    let seen = 0;
    for await (const _ of tide.records()) {
      seen++;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    expect(seen).toBe(6);
  });

  it('before the headers is a TimeoutError of phase headers', async () => {
    await using server = await startServer(() => {});
    const tide = new Tide(server.url, { framing: jsonLines(), timeout: 30 });
    expect(await rejection(tide.on())).toMatchObject({ code: 'ERR_TIMEOUT', phase: 'headers', timeout: 30 });
  });
});

describe('A request', () => {
  it('is sent with its method, headers and body', async () => {
    await using server = await startServer(numbers(1));
    const tide = new Tide(`${server.url}stream?track=kettle`, {
      framing: jsonLines(),
      headers: { 'x-client': 'tideway' },
      body: new URLSearchParams({ follow: '12' }),
    });
    await tide.on();
    await tide.on();
    expect(server.requests).toHaveLength(2);
    for (const request of server.requests) {
      expect(request).toMatchObject({ method: 'POST', url: '/stream?track=kettle', body: 'follow=12' });
      expect(request.headers).toMatchObject({
        'x-client': 'tideway',
        'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
      });
    }
  });

  it('follows redirects while it carries nothing', async () => {
    await using server = await startServer((response, { url }) => {
      if (url === '/new') response.end('1\n');
      else response.writeHead(302, { location: '/new' }).end();
    });
    expect(await new Tide(server.url, { framing: jsonLines() }).on()).toMatchObject({
      delivered: 1,
      url: `${server.url}new`,
    });
    const carrying = new Tide(server.url, { framing: jsonLines(), headers: { 'x-key': 'SECRET' } });
    expect(await rejection(carrying.on())).toHaveProperty('code', 'ERR_REDIRECT');
  });
});

describe('What cannot work is refused', () => {
  const url = 'http://localhost/';
  const framing = jsonLines();

  it.each([
    [{ limit: 0 }, '`limit` to be an integer from 1 and up, got `0` (number)'],
    [{ limit: -1 }, '`limit` to be an integer from 1 and up, got `-1` (number)'],
    [{ limit: 1.5 }, '`limit` to be an integer from 1 and up, got `1.5` (number)'],
    [{ limit: '5' }, '`limit` to be an integer from 1 and up, got `5`'],
    [{ maxBytes: 0 }, '`maxBytes` to be an integer from 1 and up, got `0` (number)'],
    [{ maxDuration: 0 }, '`maxDuration` to be milliseconds from above 0 to 2147483647, got `0` (number)'],
    [{ maxRate: 0 }, '`maxRate` to be above 0, got `0` (number)'],
    [{ signal: 'stop' }, '`signal` to be of type object, got `stop`'],
    [{ quota: 5 }, '`quota` to be of type object, got `5` (number)'],
    [{ quota: {} }, '`quota.reserve` to be of type function, got null'],
    [null, '`options` to be of type object, got null'],
  ])('a run with %o', async (options, message) => {
    const tide = new Tide(url, { framing });
    expect(await rejection(tide.on(options as unknown as RunOptions))).toHaveProperty('message', `Expected ${message}`);
    expect(thrown(() => tide.records(options as unknown as RunOptions))).toSatisfy(isConfigurationError);
  });

  it.each([
    ['no address', 'kettle', { framing }],
    ['another scheme', 'ftp://localhost/', { framing }],
    ['a credential in the address', 'http://user:SECRET@localhost/', { framing }],
    ['no framing', url, {}],
    ['no queue', url, { framing, queue: {} }],
    ['no counter', url, { framing, counter: { read: () => 0 } }],
    ['no options', url, undefined],
    ['a framing that was not called', url, { framing: jsonLines }],
    ['a stream as the body', url, { framing, body: new ReadableStream() }],
    ['an idle timeout of 0', url, { framing, idleTimeout: 0 }],
    ['records of 0 bytes', url, { framing, maxRecordBytes: 0 }],
    ['no attempts', url, { framing, reconnect: { maxAttempts: 0 } }],
    ['a listener that is none', url, { framing, onState: 'log' }],
  ])('%s', (_, address, options) => {
    const error = thrown(() => new Tide(address, options as never));
    expect(error).toSatisfy(isConfigurationError);
    expect(prints(error)).not.toContain('SECRET');
  });
});
