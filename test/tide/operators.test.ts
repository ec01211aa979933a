import { ScrapyCloud } from 'tideway';
import { createEmulator } from 'tideway/emulator';
import { batches, jsonLines, memoryQueue, pipeTo, sample, Tide, tail, tee } from 'tideway/tide';
import { describe, expect, it, vi } from 'vitest';
import { rejection, thrown } from '../helpers/rejection.ts';
import { deferred, startServer } from '../helpers/server.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

async function* generate(count: number): AsyncGenerator<number> {
  yield* numbers(count);
}

async function collect<T>(records: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const record of records) all.push(record);
  return all;
}

describe('tee()', () => {
  it('puts every record into every queue, each with consumers of its own', async () => {
    await using server = await startServer(
      (response) =>
        void response.end(
          numbers(50)
            .map((n) => `${n}\n`)
            .join(''),
        ),
    );
    const [large, small] = [memoryQueue<number>(), memoryQueue<number>({ maxSize: 4 })];
    const tide = new Tide(server.url, { framing: jsonLines<number>(), queue: tee<number>(large, small) });
    const consuming = collect(small);
    expect((await tide.on()).delivered).toBe(50);
    await tide.queue.close();
    expect(await consuming).toEqual(numbers(50));
    expect(await collect(large)).toEqual(numbers(50));
  });

  it('waits for the slowest, and one that fails keeps the others from nothing', async () => {
    const [full, fine] = [memoryQueue<number>({ maxSize: 1, overflow: 'fail' }), memoryQueue<number>()];
    const queue = tee<number>(full, fine);
    queue.put(1);
    expect(await rejection(Promise.resolve(queue.put(2)))).toHaveProperty('code', 'ERR_QUEUE_FULL');
    expect([full.size(), fine.size()]).toEqual([1, 2]);
    const slow = memoryQueue<number>({ maxSize: 1 });
    const both = tee<number>(fine, slow);
    both.put(3);
    const settled = vi.fn();
    const waiting = Promise.resolve(both.put(4)).then(settled);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(settled).not.toHaveBeenCalled();
    await slow.take();
    await waiting;
    expect(await both.size()).toBe(4);
    expect(thrown(() => tee())).toHaveProperty('code', 'ERR_CONFIGURATION');
  });

  it('tells at once of one that fails while another one waits, and the run ends', async () => {
    await using server = await startServer((response) => void response.end('1\n2\n3\n'));
    const [stuck, closed] = [memoryQueue<number>({ maxSize: 1 }), memoryQueue<number>({ maxSize: 1 })];
    const tide = new Tide(server.url, { framing: jsonLines<number>(), queue: tee<number>(stuck, closed) });
    const run = rejection(tide.on());
    await expect.poll(() => tide.state).toBe('waiting');
    closed.close();
    expect(await run).toHaveProperty('code', 'ERR_CONFIGURATION');
    // What waited for room does not come later.
    expect([await stuck.take(), stuck.size()]).toEqual([1, 0]);
    expect(await tide.counter.read()).toEqual({ state: 'stopped', count: 1, total: 1 });
  });
});

describe('batches()', () => {
  it('gathers so many, the last one shorter', async () => {
    expect(await collect(batches(generate(7), { size: 3 }))).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    expect(await collect(batches(generate(0), { size: 3, interval: 5 }))).toEqual([]);
  });

  it('is no later than its interval, and loses nothing that comes meanwhile', async () => {
    const second = deferred();
    const slow = async function* (): AsyncGenerator<number> {
      yield 0;
      await second.promise;
      yield 1;
      yield 2;
    };
    const made = batches(slow(), { size: 10, interval: 15 });
    expect((await made.next()).value).toEqual([0]);
    second.resolve();
    expect((await made.next()).value).toEqual([1, 2]);
    expect((await made.next()).done).toBe(true);
  });

  it('hands out what came before an error', async () => {
    const failing = async function* (): AsyncGenerator<number> {
      yield* [0, 1];
      throw new Error('broken');
    };
    const made = batches(failing(), { size: 10, interval: 1_000 });
    expect((await made.next()).value).toEqual([0, 1]);
    expect(await rejection(made.next())).toHaveProperty('message', 'broken');
  });

  it('frees the socket when it is left, also of a silent stream', async () => {
    await using server = await startServer((response) => void response.write('0\n'));
    const tide = new Tide(server.url, { framing: jsonLines() });
    const made = batches(tide.records(), { size: 5, interval: 10 });
    expect((await made.next()).value).toEqual([0]);
    const next = made.next();
    await made.return();
    expect((await next).done).toBe(true);
    await expect.poll(() => server.sockets()).toBe(0);
    expect(tide.state).toBe('idle');
  });

  it.each([{ size: 0 }, { size: 1.5 }, { interval: 0 }])('refuses %o', (options) => {
    expect(thrown(() => batches(generate(1), options))).toHaveProperty('code', 'ERR_CONFIGURATION');
  });
});

describe('sample()', () => {
  it('keeps the first of so many', async () => {
    expect(await collect(sample(generate(8), { every: 3 }))).toEqual([0, 3, 6]);
  });

  it('keeps each with a chance', async () => {
    const kept = await collect(sample(generate(4_000), { chance: 0.5 }));
    // A thousand standard deviations of a coin would not bring it out of these bounds.
    expect(kept.length).toBeGreaterThan(1_000);
    expect(kept.length).toBeLessThan(3_000);
    expect(await collect(sample(generate(5), { chance: 1 }))).toEqual(numbers(5));
  });

  it('frees the socket when it is left, also of a silent stream', async () => {
    await using server = await startServer((response) => void response.write('0\n'));
    const tide = new Tide(server.url, { framing: jsonLines() });
    const kept = sample(tide.records(), { every: 1 });
    expect((await kept.next()).value).toBe(0);
    const next = kept.next();
    await kept.return();
    expect((await next).done).toBe(true);
    await expect.poll(() => server.sockets()).toBe(0);
    expect(tide.run).toMatchObject({ delivered: 1, reason: 'off' });
  });

  it.each([{ every: 0 }, { chance: 0 }, { chance: 1.5 }, { chance: Number.NaN }])('refuses %o', (options) => {
    expect(thrown(() => sample(generate(1), options))).toHaveProperty('code', 'ERR_CONFIGURATION');
  });
});

describe('pipeTo()', () => {
  it('writes at the pace of the stream, and closes it', async () => {
    await using server = await startServer(
      (response) =>
        void response.end(
          numbers(30)
            .map((n) => `${n}\n`)
            .join(''),
        ),
    );
    const tide = new Tide(server.url, { framing: jsonLines<number>() });
    const written: number[] = [];
    const close = vi.fn();
    await pipeTo(tide.records({ limit: 20 }), new WritableStream({ write: (n) => void written.push(n), close }));
    expect(written).toEqual(numbers(20));
    expect(close).toHaveBeenCalledOnce();
    expect(tide.run).toMatchObject({ delivered: 20, reason: 'limit' });
  });

  it('ends the run when the stream fails', async () => {
    await using server = await startServer((response) => void response.write('1\n'));
    const tide = new Tide(server.url, { framing: jsonLines() });
    const write = (): never => {
      throw new Error('disk full');
    };
    expect(await rejection(pipeTo(tide.records(), new WritableStream({ write })))).toHaveProperty(
      'message',
      'disk full',
    );
    await expect.poll(() => tide.state).toBe('idle');
    await expect.poll(() => server.sockets()).toBe(0);
  });
});

describe('tail()', () => {
  it('reads the log of a job as a tide while the job runs', async () => {
    const emulator = createEmulator({
      projects: [123],
      spiders: {
        quotes: async ({ logs, signal }) => {
          for (let n = 1; !signal.aborted; n++) {
            logs.info(`Line ${n}`);
            await new Promise((resolve) => setTimeout(resolve, 2));
          }
        },
      },
    });
    const cloud = new ScrapyCloud({ auth: emulator.apiKey, fetch: emulator.fetch });
    const job = await cloud.getProject(123).jobs.run('quotes');
    const tide = tail(job.logs, { interval: 5 });
    const seen: string[] = [];
    for await (const { message } of tide.records({ limit: 12 })) seen.push(message);
    expect(seen).toEqual(Array.from({ length: 12 }, (_, n) => `Line ${n + 1}`));
    expect(tide.run).toMatchObject({ delivered: 12, reason: 'limit' });
    const run = tide.on();
    await expect.poll(() => tide.queue.size()).toBeGreaterThan(12);
    tide.off();
    expect(await run).toMatchObject({ reason: 'off' });
    await cloud.close();
    await emulator.close();
  });

  it('fails as the log does', async () => {
    const emulator = createEmulator({ projects: [123] });
    const cloud = new ScrapyCloud({ auth: emulator.apiKey, fetch: emulator.fetch, retry: false });
    const error = await rejection(tail(cloud.getJob('123/1/99').logs).on());
    expect(error).toHaveProperty('code', 'ERR_NOT_FOUND');
    await cloud.close();
    await emulator.close();
  });
});
