import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Deferred, deferred } from '../helpers/server.ts';
import { untilOver } from '../helpers/until-over.ts';
import { type UploadServer, uploadServer } from '../helpers/upload-server.ts';

let server: UploadServer;
beforeEach(async () => {
  server = untilOver(await uploadServer());
});

/** Lets what should not happen have the time to. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

describe('A writer whose server is slow', () => {
  it('lets its user wait once the queue is full', async () => {
    const gate: Deferred<void> = deferred();
    server.respond = () => ({ after: gate.promise });
    const writer = server.cloud().getJob('1/2/3').items.writer({ size: 10, queueSize: 25 });
    let accepted = 0;
    const writes = Array.from({ length: 100 }, (_, x) => writer.write({ x }).then(() => accepted++));
    await expect.poll(() => accepted).toBe(25);
    await settled();
    expect(accepted).toBe(25);
    expect(writer.pending).toBe(25);
    gate.resolve();
    await Promise.all(writes);
    await writer.close();
    expect(server.records('/items/1/2/3')).toHaveLength(100);
  });

  it('lets its user wait once the queue has too many characters', async () => {
    const gate: Deferred<void> = deferred();
    server.respond = () => ({ after: gate.promise });
    const writer = server.cloud().getJob('1/2/3').items.writer({ maxBatchSize: 1000 });
    let accepted = 0;
    const writes = Array.from({ length: 100 }, () => writer.write({ t: 'x'.repeat(91) }).then(() => accepted++));
    // Two batches of ten, one in the air and one to come.
    await expect.poll(() => accepted).toBe(20);
    await settled();
    expect(accepted).toBe(20);
    gate.resolve();
    await Promise.all(writes);
    await writer.close();
    expect(server.records('/items/1/2/3')).toHaveLength(100);
  });

  it('goes on where the queue is smaller than a batch', async () => {
    const writer = server.cloud().getJob('1/2/3').items.writer({ size: 100, queueSize: 3 });
    for (let x = 0; x < 20; x++) await writer.write({ x });
    await writer.close();
    expect(server.records('/items/1/2/3')).toEqual(Array.from({ length: 20 }, (_, x) => ({ x })));
  });
});

describe('Several writers of one connection', () => {
  it('take turns: none waits for all the batches of another', async () => {
    const gate: Deferred<void> = deferred();
    server.respond = (_, count) => ({ after: count <= 4 ? gate.promise : Promise.resolve() });
    const cloud = server.cloud();
    // More writers than uploads at once, each with ten batches.
    const writes = Array.from({ length: 8 }, async (_, job) => {
      await using writer = cloud.getJob(`1/2/${job}`).items.writer({ size: 1, queueSize: 10 });
      await Promise.all(Array.from({ length: 10 }, (_, x) => writer.write({ x })));
      await writer.close();
    });
    await expect.poll(() => server.uploads.length).toBe(4);
    await settled();
    expect(server.inFlight).toEqual({ now: 4, most: 4 });
    gate.resolve();
    await Promise.all(writes);
    expect(server.inFlight.most).toBe(4);
    // By the time that one writer has sent half of its batches, every writer has sent some.
    const half = server.uploads.findIndex(({ path, start }) => path.endsWith('/0') && start === 5);
    const seen = new Set(server.uploads.slice(0, half + 8).map(({ path }) => path));
    expect(seen.size).toBe(8);
  });

  it('are not held up by the waits of one whose batches fail', async () => {
    server.respond = ({ path }) =>
      path.endsWith('/0') ? { status: 429, headers: { 'retry-after': '60' } } : undefined;
    const cloud = server.cloud();
    await cloud.getJob('1/2/0').items.write({ x: 0 });
    const flushed = cloud
      .getJob('1/2/0')
      .items.flush()
      .catch(() => {});
    for (let job = 1; job <= 10; job++) {
      const { items } = cloud.getJob(`1/2/${job}`);
      await items.write({ job });
      await items.close();
    }
    expect(server.data.size).toBe(11);
    cloud.connection.close();
    await flushed;
  });
});

describe('Whatever sizes, faults and flushes there are', () => {
  it('every record is stored once, at its index', async () => {
    const outcome = fc.constantFrom('ok', 'ok', 'lost', '503', 'dropped');
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          size: fc.integer({ min: 1, max: 7 }),
          queueSize: fc.integer({ min: 1, max: 20 }),
          inFlight: fc.integer({ min: 1, max: 3 }),
          maxBatchSize: fc.integer({ min: 5, max: 200 }),
          count: fc.integer({ min: 0, max: 30 }),
          flushEvery: fc.integer({ min: 1, max: 50 }),
          isAwaited: fc.boolean(),
          outcomes: fc.infiniteStream(outcome),
        }),
        async ({ count, flushEvery, isAwaited, outcomes, ...options }) => {
          server.data.clear();
          server.respond = () => {
            const next = outcomes.next().value;
            if (next === 'lost') return { drop: true, stored: true };
            if (next === 'dropped') return { drop: true };
            return next === '503' ? { status: 503 } : undefined;
          };
          const cloud = server.cloud({ retry: { attempts: 1000, backoff: 0.001 } });
          const writer = cloud.getJob('1/2/3').items.writer(options);
          const work: Promise<unknown>[] = [];
          for (let x = 0; x < count; x++) {
            const written = writer.write({ x });
            work.push(written);
            if (isAwaited) expect(await written).toBe(x);
            if (x % flushEvery === 0) work.push(writer.flush());
          }
          await Promise.all(work);
          await writer.close();
          expect(server.records('/items/1/2/3')).toEqual(Array.from({ length: count }, (_, x) => ({ x })));
          await cloud.close();
        },
      ),
      { numRuns: 40 },
    );
  });
});
