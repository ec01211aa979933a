import fc from 'fast-check';
import { Fetcher, type FetchResult, type LimitRule, memoryLimiter } from 'tideway/fetcher';
import { expect, it } from 'vitest';
import { VirtualClock } from '../helpers/virtual-clock.ts';

/** How a server treats one URL, try by try. */
interface Treatment {
  readonly host: number;
  readonly delay: number;
  readonly fate: 'answer' | 'refuse' | 'busy' | 'break' | 'silence' | 'stall' | 'redirect';
  /** Whether the fetch takes notice of an abort. */
  readonly heeds: boolean;
  readonly priority: number;
  /** When it is cancelled, if ever, in milliseconds after it was given. */
  readonly cancelled: number | undefined;
  readonly deadline: number | undefined;
}

const treatments: fc.Arbitrary<Treatment> = fc.record({
  host: fc.integer({ min: 0, max: 3 }),
  delay: fc.integer({ min: 0, max: 500 }),
  fate: fc.constantFrom('answer', 'answer', 'answer', 'refuse', 'busy', 'break', 'silence', 'stall', 'redirect'),
  heeds: fc.boolean(),
  priority: fc.integer({ min: -1, max: 1 }),
  cancelled: fc.option(fc.integer({ min: 0, max: 2_000 }), { nil: undefined, freq: 4 }),
  deadline: fc.option(fc.integer({ min: 1, max: 5_000 }), { nil: undefined, freq: 6 }),
});

const events = fc.array(
  fc.record({
    after: fc.integer({ min: 0, max: 400 }),
    what: fc.constantFrom('pause', 'start', 'tighten', 'loosen', 'wider', 'narrower'),
  }),
  { maxLength: 8 },
);

const limitsOf = (concurrency: number): LimitRule[] => [
  { url: 'http://h0.test', concurrency },
  { url: 'http://h1.test', rate: { requests: 10, interval: 1_000 }, concurrency: concurrency + 1 },
];

it('settles every task exactly once, within all limits, and is idle only then', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(treatments, { minLength: 1, maxLength: 40 }),
      events,
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom('idle', 'drain', 'abort'),
      async (tasks, happenings, concurrency, ending) => {
        const clock = new VirtualClock();
        const limiter = memoryLimiter(limitsOf(2), clock);
        let tightest = 2;
        const now = { all: 0, h0: 0 };
        let widest = concurrency;
        const broken: string[] = [];
        const answer = async (url: string, { signal }: RequestInit): Promise<Response> => {
          const { hostname, searchParams } = new URL(url);
          const { delay, fate, heeds } = tasks[Number(searchParams.get('n'))] as Treatment;
          now.all++;
          if (hostname === 'h0.test') now.h0++;
          // What is thrown here would count as a network that fails.
          if (now.all > widest || now.h0 > tightest) broken.push(`${now.all} at once, ${now.h0} to one host`);
          let isOver = false;
          const over = (): void => {
            if (isOver) return;
            isOver = true;
            now.all--;
            if (hostname === 'h0.test') now.h0--;
          };
          const abort = new Promise<never>((_, reject) => {
            signal?.addEventListener('abort', () => {
              // Once it was aborted it counts no more, whatever the implementation makes of it.
              over();
              if (heeds) reject(signal.reason);
            });
          });
          abort.catch(() => {});
          await Promise.race([clock.wait(delay), abort]);
          if (fate === 'silence') await Promise.race([clock.wait(120_000), abort]);
          if (fate === 'break') {
            over();
            throw new TypeError('fetch failed');
          }
          if (fate === 'redirect' && !url.includes('again')) {
            return new Response(endingStream('', over), { status: 302, headers: { location: `${url}&again` } });
          }
          const busy = fate === 'busy' ? { 'retry-after': '3' } : undefined;
          const status = fate === 'refuse' ? 404 : fate === 'busy' ? 503 : 200;
          return new Response(endingStream(fate === 'stall' ? undefined : 'body', over), { status, headers: busy });
        };
        const fetcher = new Fetcher({ concurrency, limiter, clock, fetch: answer, idleTimeout: 9_000 });
        const settled = tasks.map(() => 0);
        let isIdle = false;
        const all = tasks.map(async ({ cancelled, deadline, fate, host, priority }, n) => {
          const controller = new AbortController();
          if (cancelled !== undefined) void clock.wait(cancelled).then(() => controller.abort(new Error('enough')));
          const result = await new Promise<FetchResult>((resolve) => {
            const init = { priority, deadline, signal: controller.signal };
            fetcher.enqueue(
              `http://h${host}.test/?n=${n}`,
              (_, found) => {
                settled[n] = (settled[n] ?? 0) + 1;
                if (isIdle) broken.push('a result after idle');
                resolve(found);
              },
              init,
            );
          });
          const isUntouched = cancelled === undefined && deadline === undefined && ending !== 'abort';
          if (isUntouched && fate === 'answer') expect(await result.text()).toBe('body');
          if (isUntouched && fate === 'break') expect(result.error).toMatchObject({ code: 'ERR_CONNECTION' });
          if (isUntouched && fate === 'stall') expect(result.error).toMatchObject({ phase: 'idle' });
          if (isUntouched && fate === 'silence') expect(result.error).toMatchObject({ phase: 'headers' });
          if (isUntouched && fate === 'busy')
            expect(result).toMatchObject({ status: 503, error: undefined, attempts: 3 });
        });
        const script = (async () => {
          for (const { after, what } of happenings) {
            await clock.wait(after);
            if (what === 'pause') fetcher.pause();
            if (what === 'start') fetcher.start();
            if (what === 'wider') fetcher.concurrency = widest = Math.max(widest, concurrency + 2);
            if (what === 'narrower') fetcher.concurrency = 1;
            if (what === 'loosen') {
              tightest = 4;
              limiter.setLimits(limitsOf(4));
            }
            if (what === 'tighten') limiter.setLimits(limitsOf(1));
          }
          fetcher.start();
          if (ending !== 'idle') await fetcher.stop({ mode: ending });
          await fetcher.idle();
          isIdle = true;
        })();
        await clock.run(Promise.all([...all, script]));
        expect(broken).toEqual([]);
        expect(settled).toEqual(tasks.map(() => 1));
        expect(fetcher).toMatchObject({ size: 0, pending: 0, isEmpty: true });
        const { failed, succeeded } = fetcher.stats;
        expect(failed + succeeded).toBe(tasks.length);
      },
    ),
    { numRuns: 150 },
  );
});

/** A body of one chunk, or of silence, that tells when it is over. */
function endingStream(text: string | undefined, over: () => void): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      pull(controller) {
        if (text === undefined) return new Promise(() => {});
        if (text) controller.enqueue(new TextEncoder().encode(text));
        over();
        controller.close();
        return undefined;
      },
      cancel: over,
    },
    { highWaterMark: 0 },
  );
}
