import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SharedBody } from '../../src/cache/shared-body.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** What one reader does: reads so many chunks, waits now and then, and leaves early or stays. */
interface Plan {
  readonly leavesAfter: number;
  readonly waits: readonly number[];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  leavesAfter: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.nat(12)),
  waits: fc.array(fc.nat(3), { maxLength: 20 }),
});

/** Lets other readers go first, so many times. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function readBy(stream: ReadableStream<Bytes>, { leavesAfter, waits }: Plan): Promise<Bytes> {
  const reader = stream.getReader();
  const chunks: Bytes[] = [];
  for (let count = 0; ; count++) {
    await turns(waits[count] ?? 0);
    if (count >= leavesAfter) {
      await reader.cancel();
      break;
    }
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value.slice());
    // Whatever is done with it, others see nothing of it.
    value.fill(0);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

it('gives every reader all bytes in order, whatever the others do, and tells once that it is done', async () => {
  const sizes = fc.array(fc.oneof(fc.nat(50), fc.integer({ min: 50_000, max: 200_000 })), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.array(plan, { minLength: 1, maxLength: 4 }), fc.nat(3), async (lengths, plans, pace) => {
      const all = lengths.map((length, chunk) =>
        Uint8Array.from({ length }, (_, at) => (at * 7 + chunk * 13 + 1) & 255),
      );
      const whole = new Uint8Array(await new Blob(all).arrayBuffer());
      let next = 0;
      const source = new ReadableStream<Bytes>(
        {
          pull: async (controller) => {
            await turns(pace);
            const chunk = all[next++];
            if (chunk) controller.enqueue(chunk.slice());
            else controller.close();
          },
        },
        { highWaterMark: 0 },
      );
      const body = new SharedBody(source, true);
      const done = plans.map(() => 0);
      const { stream: stored } = body.store(
        1e9,
        () => true,
        () => {},
      );
      const streams = plans.map((_, reader) =>
        body.open(() => {
          done[reader] = (done[reader] ?? 0) + 1;
        }),
      );
      const results = await Promise.all([
        new Response(stored).arrayBuffer(),
        ...plans.map((one, reader) => readBy(streams[reader] as ReadableStream<Bytes>, one)),
      ]);
      expect(Buffer.compare(new Uint8Array(results[0] as ArrayBuffer), whole)).toBe(0);
      for (const [reader, { leavesAfter }] of plans.entries()) {
        const bytes = results[reader + 1] as Bytes;
        const expected = leavesAfter > lengths.length ? whole : whole.subarray(0, bytes.length);
        expect(Buffer.compare(bytes, expected)).toBe(0);
      }
      expect(done).toEqual(plans.map(() => 1));
    }),
    { numRuns: 60 },
  );
}, 60_000);

it('holds no more than it may, however far one reader is behind', async () => {
  let pulled = 0;
  const source = new ReadableStream<Bytes>(
    {
      pull: (controller) => {
        pulled += 10_000;
        controller.enqueue(new Uint8Array(10_000));
      },
    },
    { highWaterMark: 0 },
  );
  const body = new SharedBody(source, true);
  const fast = body.open(() => {}).getReader();
  const slow = body.open(() => {}).getReader();
  const reading = (async () => {
    for (;;) if ((await fast.read()).done) return;
  })();
  await turns(500);
  expect(pulled).toBeLessThan(300_000);
  expect(body.isJoinable).toBe(true);
  for (let n = 0; n < 100; n++) await slow.read();
  await turns(100);
  expect(pulled).toBeGreaterThan(1_000_000);
  expect(pulled).toBeLessThan(1_300_000);
  expect(body.isJoinable).toBe(false);
  body.cancel(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
});
