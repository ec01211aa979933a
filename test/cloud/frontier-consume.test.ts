import fc from 'fast-check';
import {
  ConfigurationError,
  type ConsumeOptions,
  type FrontierSlot,
  type QueueBatch,
  ScrapyCloud,
  ServerError,
  UnauthorizedError,
} from 'tideway';
import type { Emulator, ReceivedRequest } from 'tideway/emulator';
import { serveEmulator } from 'tideway/node';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { numbered, openSlot, slotOf, slotPath } from '../helpers/frontier-slot.ts';
import { rejection } from '../helpers/rejection.ts';
import { deferred } from '../helpers/server.ts';

let cloud: ScrapyCloud;
let emulator: Emulator;
let requests: readonly ReceivedRequest[];
let slot: FrontierSlot;
beforeEach(() => {
  ({ cloud, emulator, requests, slot } = openSlot());
});

const fingerprintsOf = (batches: readonly QueueBatch[]): string[] =>
  batches.flatMap((batch) => batch.requests.map(([fp]) => fp)).sort();

async function fill(count: number, from = 0): Promise<QueueBatch[]> {
  await slot.queue.add(numbered(count, from));
  await slot.flush();
  return slot.queue.list();
}

describe('Consuming a queue', () => {
  it('hands over each batch once, in order, and leaves an empty queue', async () => {
    const batches = await fill(1_234);
    const handled: QueueBatch[] = [];
    const result = await slot.queue.consume(async (batch) => void handled.push(batch));
    expect(handled).toEqual(batches);
    expect(result).toEqual({ handled: 13, failed: 0, failures: [] });
    expect(await slot.queue.list()).toEqual([]);
  });

  it('asks for nothing more of an empty queue', async () => {
    const handler = vi.fn();
    expect(await slot.queue.consume(handler)).toEqual({ handled: 0, failed: 0, failures: [] });
    expect(handler).not.toHaveBeenCalled();
    expect(requests).toHaveLength(1);
  });

  it('deletes a batch when its handler has resolved, and not before', async () => {
    const [batch] = await fill(50);
    const { queue } = slot;
    const seen: QueueBatch[][] = [];
    await queue.consume(async () => {
      await Promise.resolve();
      seen.push(await queue.list());
    });
    expect(seen).toEqual([[batch]]);
    expect(await queue.list()).toEqual([]);
  });

  it('handles as many at once as it may, and no more', async () => {
    await fill(1_000);
    for (const [concurrency, most] of [
      [3, 3],
      [20, 10],
    ] as const) {
      let running = 0;
      let peak = 0;
      const gate = deferred<void>();
      const ids: string[] = [];
      const { handled } = await slot.queue.consume(
        async ({ id }) => {
          ids.push(id);
          peak = Math.max(peak, ++running);
          if (running === most) gate.resolve();
          await gate.promise;
          running--;
        },
        { concurrency, minCount: 1 },
      );
      expect([handled, peak]).toEqual([10, most]);
      expect(new Set(ids).size).toBe(10);
      await slot.delete();
      await fill(1_000);
    }
  });

  it('handles what its handlers add', async () => {
    await slot.queue.add({ fp: '0', qdata: 5 });
    await slot.flush();
    const depths: unknown[] = [];
    const { handled } = await slot.queue.consume(async ({ requests: queued }) => {
      for (const [fp, qdata] of queued) {
        depths.push(qdata);
        if (Number(qdata) > 0) await slot.queue.add({ fp: `${fp}0`, qdata: Number(qdata) - 1 });
      }
      await slot.flush();
    });
    expect([handled, depths]).toEqual([6, [5, 4, 3, 2, 1, 0]]);
  });

  it('looks again when the last handler added something while it was looking', async () => {
    await slot.queue.add({ fp: 'first' });
    await slot.flush();
    let reads = 0;
    const deleted = deferred();
    const looked = deferred();
    const slow = new ScrapyCloud({
      auth: emulator.apiKey,
      fetch: async (request) => {
        const { pathname } = new URL(request.url);
        const response = await emulator.fetch(request);
        if (pathname.endsWith('/deleted')) deleted.resolve();
        // The second answer is made before the handler adds something, and comes after it is done.
        if (!pathname.endsWith('/q') || ++reads !== 2) return response;
        const text = await response.text();
        looked.resolve();
        await deleted.promise;
        await new Promise((resolve) => setTimeout(resolve, 20));
        return new Response(text);
      },
    });
    const own = slotOf(slow);
    const seen: string[] = [];
    await own.queue.consume(async ({ requests: queued }) => {
      seen.push(...queued.map(([fp]) => fp));
      if (seen.length > 1) return;
      await looked.promise;
      await own.queue.add({ fp: 'second' });
      await own.flush();
    });
    expect(seen).toEqual(['first', 'second']);
  });

  it('tries what fails again, and leaves it in the queue when that does not help', async () => {
    const batches = await fill(1_500);
    const tries = new Map<string, number>();
    const failing = new Set([0, 1, 2, 7, 14].map((index) => batches[index]?.id));
    const result = await slot.queue.consume(
      ({ id }) => {
        tries.set(id, (tries.get(id) ?? 0) + 1);
        if (failing.has(id)) throw new Error(`no ${id}`);
        if (id === batches[3]?.id && tries.get(id) === 1) throw new Error('not yet');
      },
      { minCount: 10 },
    );
    expect(result).toEqual({
      handled: 10,
      failed: 5,
      failures: [...failing].map((id) => ({ id, error: new Error(`no ${id}`) })),
    });
    expect((await slot.queue.list()).map(({ id }) => id)).toEqual([...failing]);
    for (const { id } of batches) expect(tries.get(id), id).toBe(failing.has(id) ? 3 : id === batches[3]?.id ? 2 : 1);
    const again = vi.fn(() => Promise.reject('still'));
    expect(await slot.queue.consume(again, { attempts: 1 })).toMatchObject({ handled: 0, failed: 5 });
    expect(again).toHaveBeenCalledTimes(5);
  });

  it('sees what is behind the batches that fail', async () => {
    const batches = await fill(3_000);
    const { handled, failed } = await slot.queue.consume(
      ({ id }) => {
        if (id < (batches[25]?.id ?? '')) throw new Error('no');
      },
      { attempts: 1, minCount: 1, concurrency: 2 },
    );
    expect([handled, failed]).toEqual([5, 25]);
  });

  it('keeps the errors of the first 1 000 that fail, and the number of all', async () => {
    await fill(101_000);
    const result = await slot.queue.consume(() => Promise.reject(new Error('no')), { attempts: 1, minCount: 200_000 });
    expect(result.failed).toBe(1_010);
    expect(result.failures).toHaveLength(1_000);
  });

  it('goes on with `follow` until the signal is aborted', async () => {
    await fill(150);
    const stop = new AbortController();
    const reason = new Error('enough');
    const handled: QueueBatch[] = [];
    const done = slot.queue.consume(
      async (batch) => {
        handled.push(batch);
        if (handled.length === 2) await fill(200, 150);
        if (handled.length === 4) stop.abort(reason);
      },
      { follow: { interval: 5 }, signal: stop.signal },
    );
    expect(await rejection(done)).toBe(reason);
    expect(fingerprintsOf(handled)).toEqual(numbered(350).map(({ fp }) => fp));
  });

  it('hands new batches to free workers while another is busy', async () => {
    await fill(1);
    const stop = new AbortController();
    const arrived = deferred<void>();
    const done = slot.queue.consume(
      async ({ requests: [first] }) => {
        if (first?.[0] === '/00000') {
          await fill(1, 1);
          await arrived.promise;
          stop.abort();
        } else arrived.resolve();
      },
      { concurrency: 2, follow: { interval: 5 }, signal: stop.signal },
    );
    expect(await rejection(done)).toMatchObject({ name: 'AbortError' });
  });

  it('rejects at once when it is aborted, and deletes what its handler finishes all the same', async () => {
    const [first] = await fill(300);
    const stop = new AbortController();
    const reason = new Error('enough');
    const begun = deferred<AbortSignal>();
    const finish = deferred<void>();
    const handler = vi.fn(async (_: QueueBatch, { signal }: { signal: AbortSignal }) => {
      begun.resolve(signal);
      await finish.promise;
    });
    const done = slot.queue.consume(handler, { signal: stop.signal });
    const signal = await begun.promise;
    stop.abort(reason);
    expect(await rejection(done)).toBe(reason);
    expect(signal.aborted).toBe(true);
    finish.resolve();
    await vi.waitFor(async () => expect((await slot.queue.list()).map(({ id }) => id)).not.toContain(first?.id));
    expect(handler).toHaveBeenCalledTimes(1);
    expect(await slot.queue.list()).toHaveLength(2);
  });

  it('ends with its deadline and with the client', async () => {
    await fill(1);
    const forever = (): Promise<never> => new Promise(() => {});
    expect(await rejection(slot.queue.consume(forever, { deadline: 20 }))).toMatchObject({ phase: 'deadline' });
    const begun = deferred<void>();
    const done = slot.queue.consume(async () => {
      begun.resolve();
      await forever();
    });
    await begun.promise;
    const closing = cloud.close();
    expect(String(await rejection(done))).toContain('Expected an open connection');
    await closing;
  });

  it('deletes again, without handling again, when a deletion fails', async () => {
    const batches = await fill(200);
    emulator.faults.push({ path: `${slotPath}/q/deleted`, drop: 'before', times: 2 });
    const handler = vi.fn();
    expect(await slot.queue.consume(handler, { retry: false })).toMatchObject({ handled: 2 });
    expect(handler).toHaveBeenCalledTimes(2);
    expect(batches).toHaveLength(2);
    expect(await slot.queue.list()).toEqual([]);
  });

  it('rejects when a deletion fails for good, once what is at work is done', async () => {
    const [first, second] = await fill(300);
    emulator.faults.push({ path: `${slotPath}/q/deleted`, times: 3, status: 503 });
    const finish = deferred();
    const begun: string[] = [];
    let signal: AbortSignal | undefined;
    const settled = vi.fn();
    const done = slot.queue.consume(
      async ({ id }, context) => {
        begun.push(id);
        signal = context.signal;
        if (id === second?.id) await finish.promise;
      },
      { retry: false, concurrency: 2 },
    );
    done.catch(settled);
    const deletions = (): unknown[] => requests.filter((request) => request.path === `${slotPath}/q/deleted`);
    await vi.waitFor(() => expect(deletions()).toHaveLength(3));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(settled).not.toHaveBeenCalled();
    finish.resolve();
    expect(await rejection(done)).toBeInstanceOf(ServerError);
    expect(signal?.aborted).toBe(true);
    expect(begun.slice(0, 2)).toEqual([first?.id, second?.id]);
    const left = (await slot.queue.list()).map(({ id }) => id);
    expect(left).toContain(first?.id);
    expect(left).not.toContain(second?.id);
  });

  it('rejects at once when a deletion is refused', async () => {
    await fill(1);
    emulator.faults.push({ path: `${slotPath}/q/deleted`, status: 401 });
    expect(await rejection(slot.queue.consume(() => {}))).toBeInstanceOf(UnauthorizedError);
    expect(requests.filter((request) => request.path === `${slotPath}/q/deleted`)).toHaveLength(1);
  });

  it('rejects when the queue cannot be read', async () => {
    emulator.faults.push({ path: `${slotPath}/q`, status: 403 });
    expect(await rejection(slot.queue.consume(() => {}))).toMatchObject({ status: 403 });
  });

  it('is not misled by answers that go on to show what was deleted', async () => {
    const batches = await fill(300);
    const [first] = batches;
    const lagging = new ScrapyCloud({
      auth: emulator.apiKey,
      fetch: async (request) => {
        const url = new URL(request.url);
        if (!url.pathname.endsWith('/q')) return emulator.fetch(request);
        const lines = [`${JSON.stringify(first)}\n`];
        const left = Number(url.searchParams.get('mincount')) - 100;
        url.searchParams.set('mincount', String(left));
        const rest = left > 0 ? await (await emulator.fetch(new Request(url, request))).text() : '';
        for (const line of rest.match(/.+\n/g) ?? []) if (line !== lines[0]) lines.push(line);
        return new Response(lines.join(''));
      },
    });
    const handled: QueueBatch[] = [];
    const { queue } = slotOf(lagging);
    const result = await queue.consume((batch) => handled.push(batch), { minCount: 50 });
    expect(handled).toEqual(batches);
    expect(result.handled).toBe(3);
  });

  it.each([
    [undefined, {}, '`handler` to be a function'],
    [() => {}, { concurrency: 0 }, '`concurrency`'],
    [() => {}, { attempts: 0 }, '`attempts`'],
    [() => {}, { minCount: 1.5 }, '`minCount`'],
    [() => {}, { follow: { interval: 0 } }, '`follow.interval`'],
  ])('refuses %s and %j', async (handler, options, message) => {
    const error = await rejection(slot.queue.consume(handler as () => void, options as ConsumeOptions));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain(message);
    expect(requests).toEqual([]);
  });

  it('works over a socket', async () => {
    await using server = await serveEmulator({ projects: [1] });
    const remote = new ScrapyCloud({ auth: server.emulator.apiKey, endpoint: server.endpoint });
    const far = slotOf(remote);
    await far.queue.add(numbered(1_000));
    await far.flush();
    const handled: QueueBatch[] = [];
    await far.queue.consume((batch) => handled.push(batch), { concurrency: 4, minCount: 100 });
    expect(fingerprintsOf(handled)).toEqual(numbered(1_000).map(({ fp }) => fp));
    expect(await far.queue.list()).toEqual([]);
  });
});

describe('Whatever the queue, the handlers and the network do', () => {
  const plan = fc.record({
    groups: fc.array(fc.record({ count: fc.integer({ min: 1, max: 250 }), p: fc.integer({ min: 0, max: 3 }) }), {
      maxLength: 4,
    }),
    concurrency: fc.integer({ min: 1, max: 4 }),
    minCount: fc.integer({ min: 1, max: 400 }),
    attempts: fc.integer({ min: 1, max: 3 }),
    /** For each call of a handler, in order: whether it fails, and how many turns it takes. */
    calls: fc.infiniteStream(fc.record({ fails: fc.boolean(), turns: fc.nat(3) })),
    fails: fc.boolean(),
    faults: fc.array(
      fc.oneof(
        fc.record({ path: fc.constant(`${slotPath}/q`), times: fc.constant(1), cutAfterRecords: fc.nat(4) }),
        fc.record({
          path: fc.constant(`${slotPath}/q/deleted`),
          times: fc.constant(1),
          drop: fc.constant('after' as const),
        }),
        fc.record({
          path: fc.constant(`${slotPath}/q/deleted`),
          times: fc.constant(1),
          drop: fc.constant('before' as const),
        }),
      ),
      { maxLength: 3 },
    ),
  });

  it('every batch is handled at least once or told to have failed, and none twice', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async ({ groups, concurrency, minCount, attempts, calls, fails, faults }) => {
        await slot.delete();
        let from = 0;
        for (const { count, p } of groups) {
          await slot.queue.add(numbered(count, from).map(({ fp }) => ({ fp, p })));
          from += count;
        }
        await slot.flush();
        const before = (await slot.queue.list()).map(({ id }) => id);
        emulator.faults.splice(0, 99, ...faults);
        const succeeded: string[] = [];
        const failures = new Map<string, number>();
        const result = await slot.queue.consume(
          async ({ id }) => {
            const { value: call } = calls.next();
            for (let turn = 0; turn < call.turns; turn++) await new Promise((resolve) => setTimeout(resolve));
            if (fails && call.fails) {
              failures.set(id, (failures.get(id) ?? 0) + 1);
              throw new Error('no');
            }
            succeeded.push(id);
          },
          { concurrency, minCount, attempts },
        );
        emulator.faults.splice(0, 99);
        const failed = result.failures.map(({ id }) => id);
        expect([...succeeded, ...failed].sort()).toEqual([...before].sort());
        expect(result).toMatchObject({ handled: succeeded.length, failed: failed.length });
        for (const id of failed) expect(failures.get(id)).toBe(attempts);
        expect((await slot.queue.list()).map(({ id }) => id)).toEqual([...failed].sort());
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
