/** A polite crawl: of hosts that are made up, in the time of a clock that is, or of real servers of this machine. */
import { polite } from '../../src/crawl/polite.ts';
import type { Clock } from '../../src/fetcher/clock.ts';
import { Fetcher } from '../../src/fetcher/fetcher.ts';
import { Heap } from '../../src/fetcher/heap.ts';

/** What is crawled. */
export interface CrawlingOrder {
  readonly urls: number;
  /** Over how many hosts they are spread; made up unless there are origins. */
  readonly hosts: number;
  readonly origins?: readonly string[];
  /** Milliseconds from one request of a host to the next. */
  readonly delay: number;
  /** How long a host takes to answer that is made up, in milliseconds. */
  readonly latency: number;
}

/** What it took. */
export interface CrawlingResult {
  /** Milliseconds. */
  readonly time: number;
  /** Milliseconds of the processor, but for looking how much is in memory: what others do beside counts less there. */
  readonly cpu: number;
  /** Bytes a URL that waits. */
  readonly bytes: number;
  /** The most that was in memory at once beside garbage, in bytes. */
  readonly peak: number;
  /** Answers that are a success. */
  readonly done: number;
  /** Requests, robots.txt included. */
  readonly requests: number;
  /** Requests that came too early. */
  readonly early: number;
}

interface Timer {
  readonly at: number;
  callback: (() => void) | undefined;
}

/** A clock that goes on to the next timer as soon as there is nothing else to do. */
class JumpingClock implements Clock {
  #now = 0;
  readonly #heap = new Heap<Timer>((left, right) => left.at < right.at);

  now(): number {
    return this.#now;
  }

  set(callback: () => void, milliseconds: number): Timer {
    const timer: Timer = { at: this.#now + milliseconds, callback };
    this.#heap.push(timer);
    return timer;
  }

  clear(timer: unknown): void {
    if (timer) (timer as Timer).callback = undefined;
  }

  /** Goes on until something has happened. */
  async run(until: Promise<unknown>): Promise<void> {
    let isOver = false;
    until.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.#heap.peek();
      if (!next) continue;
      this.#now = next.at;
      for (let top = this.#heap.peek(); top && top.at <= this.#now; top = this.#heap.peek()) {
        this.#heap.pop()?.callback?.();
      }
    }
  }
}

const milliseconds = ({ system, user }: NodeJS.CpuUsage): number => (system + user) / 1_000;

const { delay, hosts, latency, origins, urls } = JSON.parse(process.argv[2] ?? '{}') as CrawlingOrder;

async function measure(): Promise<CrawlingResult> {
  const clock = new JumpingClock();
  const free = new Map<string, number>();
  let early = 0;
  let peak = 0;
  const madeUp = async (url: string): Promise<Response> => {
    const { hostname, pathname } = new URL(url);
    if (clock.now() < (free.get(hostname) ?? 0)) early++;
    free.set(hostname, Number.POSITIVE_INFINITY);
    await new Promise<void>((resolve) => clock.set(resolve, latency));
    free.set(hostname, clock.now() + delay);
    return new Response(pathname === '/robots.txt' ? 'User-agent: *\nDisallow: /private' : 'page');
  };
  const fetcher = new Fetcher({
    concurrency: origins ? 200 : 5_000,
    autoStart: false,
    maxQueueSize: urls,
    policy: polite({ userAgent: 'bench/1.0', delay, key: 'origin', robotsConcurrency: origins ? 200 : 5_000 }),
    ...(!origins && { clock, fetch: madeUp, timeout: Number.POSITIVE_INFINITY, idleTimeout: Number.POSITIVE_INFINITY }),
  });
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const started = performance.now();
  const used = process.cpuUsage();
  for (let n = 0; n < urls; n++) {
    const host = n % hosts;
    fetcher.enqueue(`${origins?.[host] ?? `http://h${host}.test`}/${n}`);
  }
  const queued = performance.now() - started;
  globalThis.gc?.();
  const bytes = (process.memoryUsage().heapUsed - before) / urls;
  let done = 0;
  // Milliseconds, and of the processor, that it took to look: all garbage is collected for that.
  let looking = 0;
  let lookingCpu = 0;
  const look = (): void => {
    const begin = performance.now();
    const usage = process.cpuUsage();
    globalThis.gc?.();
    peak = Math.max(peak, process.memoryUsage().heapUsed - before);
    lookingCpu += milliseconds(process.cpuUsage(usage));
    looking += performance.now() - begin;
  };
  fetcher.on('success', ({ ok }) => {
    if (ok) done++;
    if (done % Math.ceil(urls / 10) === 0) look();
  });
  const resumed = performance.now();
  fetcher.start();
  const idle = fetcher.idle();
  await (origins ? idle : clock.run(idle));
  const time = queued + performance.now() - resumed - looking;
  look();
  const cpu = milliseconds(process.cpuUsage(used)) - lookingCpu;
  return { time, cpu, bytes, peak, done, requests: fetcher.stats.requests, early };
}

process.on('message', async () => process.send?.(await measure()));
process.send?.('ready');
