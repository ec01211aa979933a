import fc from 'fast-check';
import { isApiError, isConnectionError, isStreamInterruptedError } from 'tideway';
import { jsonLines, memoryCounter, memoryQueue, memoryQuota, type ReconnectEvent, raw, sse, Tide } from 'tideway/tide';
import { describe, expect, it, vi } from 'vitest';
import { rejection } from '../helpers/rejection.ts';
import { deferred, type Handler, startServer } from '../helpers/server.ts';

interface Numbered {
  readonly n: number;
}

const FAST = { network: 1, http: 1, rateLimit: 1 };

/** A server of the records 0, 1, 2, …: it begins at `?from`, and cuts the connection after so many. */
const cutAfter =
  (count: number, total = Number.POSITIVE_INFINITY): Handler =>
  (response, { url }) => {
    const from = Number(new URL(url, 'http://host').searchParams.get('from'));
    const until = Math.min(total, from + count);
    response.writeHead(200);
    const text = Array.from({ length: until - from }, (_, at) => `{"n":${from + at}}\n`).join('');
    if (until === total) response.end(text);
    else response.write(`${text}{"n":`, () => response.destroy());
  };

const resume =
  (url: string) =>
  ({ n }: Numbered): Request =>
    new Request(`${url}?from=${n + 1}`);

describe('A connection that breaks', () => {
  it('is not replaced unless it is asked for', async () => {
    await using server = await startServer(cutAfter(3));
    const tide = new Tide(server.url, { framing: jsonLines() });
    expect(await rejection(tide.on({ limit: 5 }))).toSatisfy(isConnectionError);
    expect(server.requests).toHaveLength(1);
  });

  it('is replaced by one that goes on behind the last record, and the limit counts over all of them', async () => {
    await using server = await startServer(cutAfter(3));
    const events: ReconnectEvent[] = [];
    const tide = new Tide(server.url, {
      framing: jsonLines<Numbered>(),
      reconnect: { ...FAST, resume: resume(server.url) },
      onReconnect: (event) => events.push(event),
    });
    const records = tide.records({ limit: 8 });
    expect((await records.toArray()).map(({ n }) => n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(records.progress.resumes).toBe(2);
    expect(server.requests.map(({ url }) => url)).toEqual(['/', '/?from=3', '/?from=6']);
    expect(events).toHaveLength(2);
    for (const event of events) {
      expect(event).toMatchObject({ attempt: 1, error: expect.objectContaining({ code: 'ERR_CONNECTION' }) });
      expect(event.delay).toBeGreaterThanOrEqual(0);
    }
    expect(await tide.counter.read()).toEqual({ state: 'stopped', count: 8, total: 8 });
  });

  it('drops what comes again by its id, where the server begins anew', async () => {
    let count = 0;
    await using server = await startServer((response) => {
      count += 3;
      const text = Array.from({ length: count }, (_, n) => `{"n":${n}}\n`).join('');
      response.writeHead(200).write(text, () => response.destroy());
    });
    const tide = new Tide(server.url, {
      framing: jsonLines<Numbered>(),
      reconnect: { ...FAST, id: ({ n }) => n },
    });
    const seen = (await tide.records({ limit: 10 }).toArray()).map(({ n }) => n);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await tide.counter.read()).toMatchObject({ count: 10 });
  });

  it('has nothing dropped that comes twice without a break', async () => {
    await using server = await startServer((response) => void response.end('{"n":1}\n{"n":1}\n'));
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>(), reconnect: { ...FAST, id: ({ n }) => n } });
    expect(await tide.records().toArray()).toEqual([{ n: 1 }, { n: 1 }]);
  });

  it('is waited for in the state `waiting`, which `off` ends at once', async () => {
    await using server = await startServer((response) => void response.destroy());
    const tide = new Tide(server.url, {
      framing: jsonLines(),
      reconnect: { network: 10_000_000, longest: 10_000_000 },
    });
    const run = tide.on();
    await expect.poll(() => tide.state).toBe('waiting');
    tide.off();
    expect(await run).toMatchObject({ delivered: 0, reason: 'off' });
  });

  it('changes no state once the run is over, at whatever point of its making that is', async () => {
    const seen = new Set<string>();
    for (let turns = 0; turns < 60; turns++) {
      const told: string[] = [];
      let isOver = false;
      const leave = async (): Promise<void> => {
        for (let turn = 0; turn < turns; turn++) await undefined;
        tide.off();
        isOver = true;
      };
      const fetch = async (): Promise<Response> => {
        const response = new Response(new ReadableStream());
        const { body } = response;
        // From its first use on: what is loaded before takes longer than any number of turns.
        return Object.defineProperty(response, 'body', {
          get: () => {
            void leave();
            return body;
          },
        });
      };
      const tide: Tide<Uint8Array> = new Tide('http://localhost/', {
        framing: raw(),
        fetch,
        onState: (state) => told.push(isOver ? `late ${state}` : state),
      });
      expect((await tide.on()).reason).toBe('off');
      await expect.poll(() => isOver).toBe(true);
      expect(told.filter((state) => state.startsWith('late'))).toEqual([]);
      expect([told.at(-1), tide.state]).toEqual(['idle', 'idle']);
      seen.add(told.join());
    }
    // Some ended before the stream was open, and some behind that.
    expect([...seen]).toEqual(['connecting,idle', 'connecting,open,idle']);
  });

  it('is given up after so many attempts in a row without a record', async () => {
    const attempts: number[] = [];
    await using server = await startServer((response, _, count) => {
      // A record every third time: it counts anew.
      if (count % 3 === 0 && count < 8) response.writeHead(200).write('{"n":0}\n', () => response.destroy());
      else response.destroy();
    });
    const tide = new Tide(server.url, {
      framing: jsonLines(),
      reconnect: { ...FAST, maxAttempts: 4 },
      onReconnect: ({ attempt }) => attempts.push(attempt),
    });
    const error = await rejection(tide.on());
    expect(error).toSatisfy(isStreamInterruptedError);
    expect(error).toMatchObject({ delivered: 2, cause: expect.objectContaining({ code: 'ERR_CONNECTION' }) });
    expect(attempts).toEqual([1, 2, 1, 2, 3, 1, 2, 3, 4]);
    expect(server.requests).toHaveLength(10);
  });

  it('that never was one is given up with its own error', async () => {
    await using server = await startServer((response) => void response.writeHead(503).end());
    const tide = new Tide(server.url, { framing: jsonLines(), reconnect: { ...FAST, maxAttempts: 2 } });
    expect(await rejection(tide.on())).toMatchObject({ code: 'ERR_SERVER', status: 503 });
    expect(server.requests).toHaveLength(3);
  });

  it.each([404, 401, 400])('is not replaced after a status of %d', async (status) => {
    await using server = await startServer((response) => void response.writeHead(status).end());
    const tide = new Tide(server.url, { framing: jsonLines(), reconnect: FAST });
    expect(await rejection(tide.on())).toSatisfy(isApiError);
    expect(server.requests).toHaveLength(1);
  });

  it('is not replaced after a record that is none', async () => {
    await using server = await startServer((response) => void response.end('no JSON\n'));
    const tide = new Tide(server.url, { framing: jsonLines(), reconnect: FAST });
    expect(await rejection(tide.on())).toHaveProperty('code', 'ERR_DECODE');
    expect(server.requests).toHaveLength(1);
  });

  it('is replaced when it was silent for too long, of bytes or of records', async () => {
    for (const options of [{ idleTimeout: 30 }, { stallTimeout: 60 }]) {
      let n = 0;
      await using server = await startServer((response) => {
        response.write(`{"n":${++n}}\n`);
        const timer = setInterval(() => 'stallTimeout' in options && response.write('\n'), 5);
        response.on('close', () => clearInterval(timer));
      });
      const tide = new Tide(server.url, { framing: jsonLines<Numbered>(), reconnect: FAST, ...options });
      const seen = (await tide.records({ limit: 3 }).toArray()).map((record) => record.n);
      // One a connection; where the machine was busy for as long, a connection may have brought none.
      expect(seen).toHaveLength(3);
      expect(seen).toEqual([...new Set(seen)].toSorted((left, right) => left - right));
      expect(server.requests.length).toBeGreaterThanOrEqual(3);
      await expect.poll(() => server.sockets()).toBe(0);
    }
  });

  it('is replaced after its end only where that is wanted, and not after a 204', async () => {
    const answers: Handler = (response, _, count) => {
      if (count < 4) response.end(`{"n":${count}}\n`);
      else response.writeHead(204).end();
    };
    await using once = await startServer(answers);
    expect(await new Tide(once.url, { framing: jsonLines(), reconnect: FAST }).on()).toMatchObject({ delivered: 1 });
    await using again = await startServer(answers);
    const tide = new Tide(again.url, { framing: jsonLines(), reconnect: { ...FAST, atEnd: true } });
    expect(await tide.on()).toMatchObject({ delivered: 3, status: 204, reason: 'end' });
    expect(again.requests).toHaveLength(4);
  });

  it('has a listener whose error ends the run', async () => {
    await using server = await startServer((response) => void response.destroy());
    const failure = new Error('Not again');
    const onReconnect = (): never => {
      throw failure;
    };
    const tide = new Tide(server.url, { framing: jsonLines(), reconnect: FAST, onReconnect });
    expect(await rejection(tide.on())).toBe(failure);
    expect(tide.state).toBe('idle');
  });
});

describe('The wait before an attempt', () => {
  /** The waits of a tide against a server that answers with these statuses, at one point of chance, by itself its upper end. */
  async function waits(
    statuses: readonly (number | readonly [number, string])[],
    reconnect: object,
    chance = 1,
  ): Promise<number[]> {
    vi.spyOn(Math, 'random').mockReturnValue(chance);
    const delays: number[] = [];
    const fetch = async (): Promise<Response> => {
      const answer = statuses[delays.length] ?? 204;
      const [status, after] = typeof answer === 'number' ? [answer, undefined] : answer;
      if (status === 0) throw new TypeError('fetch failed');
      return new Response(status === 204 ? null : '', { status, headers: after ? { 'retry-after': after } : {} });
    };
    try {
      const tide = new Tide('http://localhost/', {
        framing: jsonLines(),
        fetch,
        reconnect,
        onReconnect: ({ delay }) => delays.push(delay),
      });
      await tide.on();
    } finally {
      vi.restoreAllMocks();
    }
    return delays;
  }

  it('doubles, each kind of failure by itself: fast on the network, slower at 5xx, slowest at 420 and 429', async () => {
    const options = { network: 1, http: 3, rateLimit: 5, longest: 16 };
    expect(await waits([0, 503, 420, 0, 500, 429, 0, 502, 420, 0], options)).toEqual([1, 3, 5, 2, 6, 10, 4, 12, 16, 8]);
  });

  it('is anything from nothing up to its bound', async () => {
    const options = { network: 1, http: 4, rateLimit: 8 };
    expect(await waits([0, 503, 420, 0], options, 0.25)).toEqual([0.25, 1, 2, 0.5]);
    expect(await waits([0, 503, 420, 0], options, 0)).toEqual([0, 0, 0, 0]);
  });

  it('grows six times, and no longer than it may', async () => {
    expect(await waits(Array(9).fill(0), { network: 1, longest: 1_000 })).toEqual([1, 2, 4, 8, 16, 32, 64, 64, 64]);
    expect(await waits(Array(4).fill(0), { network: 1, longest: 3 })).toEqual([1, 2, 3, 3]);
  });

  it('is as long as the server says', async () => {
    expect(
      await waits(
        [
          [429, '0.02'],
          [503, '0.01'],
        ],
        FAST,
      ),
    ).toEqual([20, 10]);
  });

  it('is not made where the server says too long', async () => {
    expect(await rejection(waits([[429, '60']], { longest: 1_000 }))).toMatchObject({
      status: 429,
      retryAfter: 60_000,
    });
  });

  it('begins anew after a good period', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const delays: number[] = [];
    let cut = (): void => {};
    await using server = await startServer((response) => {
      cut = () => response.destroy();
      response.write('{"n":0}\n');
    });
    const tide = new Tide(server.url, {
      framing: jsonLines(),
      reconnect: { network: 2, resetAfter: 20 },
      onReconnect: ({ delay }) => delays.push(delay),
    });
    // The reader sees a connection after it was opened: it is open for as long at least.
    for await (const _ of tide.records({ limit: 4 })) setTimeout(cut, 30);
    vi.restoreAllMocks();
    expect(delays).toEqual([2, 2, 2]);
  });
});

describe('Server-sent events', () => {
  it('go on behind the last event, after as long as the server wants', async () => {
    const delays: number[] = [];
    await using server = await startServer((response, { headers }) => {
      const from = Number(headers['last-event-id'] ?? 0);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const events = [1, 2].map((step) => `id: ${from + step}\ndata: ${from + step}\n\n`).join('');
      response.write(`retry: 7\n\n${events}data: cut`, () => response.destroy());
    });
    const tide = new Tide(server.url, {
      framing: sse(),
      reconnect: FAST,
      onReconnect: ({ delay }) => delays.push(delay),
    });
    expect((await tide.records({ limit: 5 }).toArray()).map(({ data }) => data)).toEqual(['1', '2', '3', '4', '5']);
    expect(server.requests.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '2', '4']);
    expect(server.requests[0]?.headers.accept).toBe('text/event-stream');
    expect(delays[0]).toBe(7);
  });
});

describe('A quota', () => {
  it('is one limit over several tides, exactly', async () => {
    await using server = await startServer(cutAfter(1_000, 1_000));
    const quota = memoryQuota(777);
    const counter = memoryCounter();
    const tides = Array.from({ length: 4 }, () => new Tide(server.url, { framing: jsonLines(), counter }));
    const runs = await Promise.all(tides.map((tide) => tide.on({ quota })));
    expect(runs.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(777);
    expect(runs.every(({ reason }) => reason === 'quota')).toBe(true);
    expect(quota.remaining()).toBe(0);
    expect(counter.read()).toEqual({ state: 'stopped', count: 777, total: 777 });
    // Nobody connects for nothing.
    const requests = server.requests.length;
    expect(await tides[0]?.on({ quota })).toMatchObject({ delivered: 0, reason: 'quota' });
    expect(server.requests).toHaveLength(requests);
  });

  it('gives back what one tide does not deliver, and others deliver it', async () => {
    await using server = await startServer(cutAfter(100, 100));
    const quota = memoryQuota(50);
    const [leaving, staying] = [
      new Tide(server.url, { framing: jsonLines() }),
      new Tide(server.url, { framing: jsonLines() }),
    ];
    const records = leaving.records({ quota })[Symbol.asyncIterator]();
    await records.next();
    const run = staying.on({ quota });
    await records.next();
    await records.return?.();
    expect((await run).delivered).toBe(48);
    expect(leaving.run?.delivered).toBe(2);
  });

  it('gets back what it granted to a tide that had ended meanwhile', async () => {
    await using server = await startServer(cutAfter(10, 10));
    const memory = memoryQuota(5);
    const granted = deferred();
    const quota = Object.assign(Object.create(memory), {
      // Elsewhere, as Redis is: what is on its way cannot be called back.
      reserve: async (n: number) => {
        const share = memory.reserve(n);
        await granted.promise;
        return share;
      },
    });
    const tide = new Tide(server.url, { framing: jsonLines() });
    const run = tide.on({ quota });
    await expect.poll(() => tide.run?.bytes ?? 0).toBeGreaterThan(0);
    tide.off();
    granted.resolve();
    expect(await run).toMatchObject({ delivered: 0, reason: 'off' });
    expect((await memory.reserve(9)).granted).toBe(5);
  });

  it('that is spent ends a tide on a silent stream', async () => {
    await using server = await startServer((response, _, count) => {
      response.write(Array.from({ length: count === 1 ? 1 : 20 }, (_, n) => `{"n":${n}}\n`).join(''));
    });
    const quota = memoryQuota(10);
    const [silent, busy] = [
      new Tide(server.url, { framing: jsonLines() }),
      new Tide(server.url, { framing: jsonLines() }),
    ];
    const first = silent.on({ quota });
    await expect.poll(() => silent.queue.size()).toBe(1);
    expect((await busy.on({ quota })).delivered).toBe(9);
    expect(await first).toMatchObject({ delivered: 1, reason: 'quota' });
    await expect.poll(() => server.sockets()).toBe(0);
  });
});

describe('A server that counts', () => {
  it('agrees with what was delivered and counted, for any limits, cuts, delays and ways of reading', async () => {
    const plan = fc.record({
      limit: fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined }),
      total: fc.integer({ min: 1, max: 100 }),
      cuts: fc.array(fc.record({ records: fc.nat(30), half: fc.boolean(), delay: fc.nat(3) }), {
        minLength: 1,
        maxLength: 5,
      }),
      room: fc.integer({ min: 1, max: 40 }),
      leaveAt: fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined }),
      way: fc.constantFrom('on', 'records', 'batches'),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ cuts, leaveAt, limit, room, total, way }) => {
        await using server = await startServer(async (response, { url }, count) => {
          const from = Number(new URL(url, 'http://host').searchParams.get('from'));
          const cut = cuts[count - 1];
          const until = cut ? Math.min(total, from + cut.records) : total;
          response.writeHead(200).flushHeaders();
          for (let n = from; n < until; n++) response.write(`{"n":${n}}\n`);
          if (cut) await new Promise((resolve) => setTimeout(resolve, cut.delay));
          if (!cut) response.end();
          else response.write(cut.half ? '{"n":' : '\n', () => response.destroy());
        });
        const counter = memoryCounter();
        const queue = memoryQueue<Numbered>({ maxSize: room });
        const tide = new Tide(server.url, {
          framing: jsonLines<Numbered>(),
          counter,
          queue,
          reconnect: { ...FAST, resume: resume(server.url) },
        });
        const wanted = Math.min(limit ?? total, total);
        const seen: number[] = [];
        if (way === 'on') {
          const consuming = (async () => {
            for await (const { n } of queue) {
              seen.push(n);
              if (seen.length === leaveAt) tide.off();
            }
          })();
          const run = await tide.on({ limit });
          queue.close();
          await consuming;
          expect(run.delivered).toBe(seen.length);
        } else {
          const records = tide.records({ limit });
          for await (const step of way === 'records' ? records : records.batches()) {
            for (const { n } of Array.isArray(step) ? step : [step]) seen.push(n);
            if (leaveAt !== undefined && seen.length >= leaveAt) break;
          }
        }
        expect(seen).toEqual(Array.from({ length: seen.length }, (_, n) => n));
        if (leaveAt === undefined || leaveAt > wanted) expect(seen).toHaveLength(wanted);
        else expect(seen.length).toBeGreaterThanOrEqual(leaveAt);
        if (way === 'records' && leaveAt !== undefined && leaveAt <= wanted) expect(seen).toHaveLength(leaveAt);
        expect(tide.run?.delivered).toBe(seen.length);
        expect(counter.read()).toEqual({ state: 'stopped', count: seen.length, total: seen.length });
        expect(tide.state).toBe('idle');
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
