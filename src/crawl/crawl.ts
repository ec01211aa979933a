import { ConfigurationError, expected, isQueueFullError, isRobotsDisallowedError } from '../errors/index.ts';
import type { FetchResult } from '../fetcher/fetch-result.ts';
import type { Fetcher } from '../fetcher/fetcher.ts';
import { Scope } from '../http/scope.ts';
import { bounded } from './bounded.ts';
import { contentFilter } from './content-filter.ts';
import { CrawlLinks } from './crawl-links.ts';
import type { CrawlOptions, CrawlSummary } from './crawl-options.ts';
import { checkCrawlOptions } from './crawl-rules.ts';
import { CrawlTally } from './crawl-tally.ts';
import { type CrawlFilter, CrawlTask } from './crawl-task.ts';
import { verdictOf } from './crawl-verdict.ts';
import { type Frontier, type FrontierLease, LEASE_TTL } from './frontier.ts';
import { type FrontierInput, type FrontierTask, frontierTask, inputsOf } from './frontier-task.ts';
import { memoryFrontier } from './memory-frontier.ts';
import { politeFetcher } from './polite-fetcher.ts';

/** The longest time without a look at the frontier, in milliseconds: others may add to it. */
const LOOK_INTERVAL = 1_000;
/** The shortest time from a look that found nothing to the next one, in milliseconds, unless a page was done. */
const SHORTEST_LOOK = 10;
/** The longest time between two renewals of leases, in milliseconds: timers take no more than 31 bits. */
const LONGEST_RENEWAL = 3_600_000;
/** The most leases that are asked for at once. */
const LEASES_AT_ONCE = 100;
/** The longest wait before another try, in milliseconds. */
const LONGEST_DELAY = 3_600_000;

/**
 * Fetches pages and what they link to, until nothing is left: each once, within a scope, politely, and with a frontier
 * that outlives the process also after a death at any moment. A page is done when its handler has ended and its links
 * are stored; what was not comes again, so that handlers see every page at least once.
 *
 * @throws ConfigurationError for options that cannot work, the signal's reason, and what the frontier fails with. What
 * is not done then stays in the frontier.
 * @example
 * await crawl({
 *   start: 'https://example.com/',
 *   polite: { userAgent: 'acme/1.0 (+https://acme.example/bot)' },
 *   handler: async (result, { enqueue }) => enqueue(linksOf(await result.text())),
 * });
 */
export async function crawl(options: CrawlOptions): Promise<CrawlSummary> {
  if (typeof options !== 'object' || options === null) expected('the options to be an object', options);
  return new Crawl(options).run();
}

class Crawl {
  readonly #options: CrawlOptions;
  readonly #frontier: Frontier;
  readonly #fetcher: Fetcher;
  readonly #scope: Scope;
  readonly #ttl: number;
  readonly #maxLeased: number;
  readonly #maxRequests: number;
  readonly #handlerTimeout: number;
  readonly #isWanted: CrawlFilter['isWanted'];
  /** What is leased, until it is settled. */
  readonly #active = new Set<FrontierLease>();
  /** What is being told to the frontier: it is not closed meanwhile. */
  readonly #storing = new Set<Promise<void>>();
  readonly #tally = new CrawlTally();
  #requests = 0;
  #wake: () => void = () => {};

  constructor(options: CrawlOptions) {
    checkCrawlOptions(options);
    const { fetcher, frontier = memoryFrontier(), handlerTimeout = 300_000, leaseTtl = LEASE_TTL, signal } = options;
    const { maxLeased, maxRequests = Number.POSITIVE_INFINITY } = options;
    this.#isWanted = contentFilter(options);
    this.#fetcher = fetcher ?? politeFetcher(options, (error) => this.#scope.abort(error));
    this.#options = options;
    this.#frontier = frontier;
    this.#ttl = leaseTtl;
    this.#maxLeased = maxLeased ?? Math.max(200, 20 * this.#fetcher.concurrency);
    this.#maxRequests = maxRequests;
    this.#handlerTimeout = handlerTimeout;
    this.#scope = new Scope(signal);
  }

  async run(): Promise<CrawlSummary> {
    const { fetcher, start } = this.#options;
    const timer = setInterval(() => this.#renew(), Math.min(LONGEST_RENEWAL, this.#ttl / 3));
    try {
      const first = inputsOf(start).map(frontierTask);
      const links = await CrawlLinks.of(this.#options, first);
      this.#tally.counts.added += await this.#race(this.#frontier.add(first));
      await this.#loop(links);
      const left = await this.#frontier.size();
      await this.#frontier.close();
      return this.#tally.summary(left);
    } catch (error) {
      this.#scope.abort(error);
      await Promise.allSettled(this.#storing);
      // What is given back does not wait for its lease to run out. What fails here is not why the crawl has failed.
      await this.#frontier.release([...this.#active]).catch(() => {});
      await this.#frontier.close().catch(() => {});
      throw error;
    } finally {
      clearInterval(timer);
      this.#scope.abort(new DOMException('The crawl has ended', 'AbortError'));
      if (!fetcher) await this.#fetcher.stop({ mode: 'abort' });
    }
  }

  /** Takes from the frontier while there is room, until nothing is left, or nothing more may be asked for. */
  async #loop(links: CrawlLinks): Promise<void> {
    for (;;) {
      // Made first: what happens from here on is not missed.
      const change = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const room = Math.min(
        LEASES_AT_ONCE,
        this.#maxLeased - this.#active.size,
        this.#maxRequests - this.#requests - this.#active.size,
      );
      const isTaken = room > 0 && (await this.#lease(room, links));
      if (isTaken) continue;
      if (this.#active.size === 0) {
        if (this.#requests >= this.#maxRequests) return;
        if ((await this.#race(this.#frontier.size())) === 0) return;
      }
      await this.#wait(change, room > 0 ? this.#frontier.dueIn?.() : undefined);
    }
  }

  /** Whether something was there, and was begun. */
  async #lease(room: number, links: CrawlLinks): Promise<boolean> {
    const { perHost = 4, types } = this.#options;
    const leasing = this.#frontier.lease(room, { ttl: this.#ttl, perHost });
    // An abort does not wait for what a frontier answers then.
    const { signal } = this.#scope;
    leasing.then((late) => (signal.aborted ? this.#frontier.release(late) : undefined)).catch(() => {});
    const leases = await this.#race(leasing);
    for (const lease of leases) this.#active.add(lease);
    const filter: CrawlFilter = {
      isInside: (url, task) => links.isInside(url, task),
      isWanted: this.#isWanted,
      hookTimeout: this.#handlerTimeout,
    };
    for (const [index, lease] of leases.entries()) {
      try {
        const own = lease.task.type === undefined ? undefined : types?.revive(lease.task);
        const task = new CrawlTask(lease.task, filter, signal, own);
        this.#fetcher.enqueue(task, (_, result) => this.#settle(lease, task, result, links));
      } catch (error) {
        if (!isQueueFullError(error)) throw error;
        // The fetcher has other work.
        const rest = leases.slice(index);
        for (const one of rest) this.#active.delete(one);
        await this.#race(this.#frontier.release(rest));
        return false;
      }
    }
    return leases.length > 0;
  }

  async #wait(change: Promise<void>, dueIn: number = LOOK_INTERVAL): Promise<void> {
    const timer = setTimeout(() => this.#wake(), Math.max(SHORTEST_LOOK, Math.min(LOOK_INTERVAL, dueIn)));
    try {
      await this.#race(change);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Does with a page what is to be done with its result. Never rejects. */
  async #settle(lease: FrontierLease, task: CrawlTask, result: FetchResult, links: CrawlLinks): Promise<void> {
    const { signal } = this.#scope;
    try {
      // What ended with the crawl is given back, not settled.
      if (signal.aborted) return;
      const store = await this.#judge(lease, task, result, links);
      if (signal.aborted) return;
      const storing = store();
      this.#storing.add(storing);
      await storing.finally(() => this.#storing.delete(storing));
      this.#active.delete(lease);
      this.#wake();
    } catch (error) {
      // The page is given back with all others that are not done.
      this.#scope.abort(error);
    }
  }

  /** Answers with what is to be told to the frontier. */
  async #judge(
    lease: FrontierLease,
    task: CrawlTask,
    result: FetchResult,
    links: CrawlLinks,
  ): Promise<() => Promise<void>> {
    const verdict = verdictOf(result, task.isOutside);
    if (!isRobotsDisallowedError(result.error)) this.#requests++;
    const depth = (lease.task.depth ?? 0) + 1;
    let found: FrontierTask[] = [];
    let handled: FrontierTask[] = [];
    try {
      // What hooks enqueue counts whatever became of their page.
      found = links.tasksOf(task.takeLinks(), result.finalUrl, depth);
      if (verdict.kind === 'handle') {
        handled = await this.#handle(lease, result, (inputs) => links.tasksOf(inputs, result.finalUrl, depth));
      }
    } catch (failure) {
      return async () => {
        await this.#add(found);
        await this.#tryAgain(lease, result, failure);
      };
    }
    return async () => {
      // Before the page is done: whoever dies in between does the page again, and no link is lost.
      await this.#add([...found, ...handled]);
      if (verdict.kind === 'again') await this.#tryAgain(lease, result, verdict.error, verdict.delay);
      else if (verdict.kind === 'giveUp') await this.#giveUp(lease, result, verdict.error);
      else await this.#done(lease, verdict.kind === 'done' ? verdict.as : 'pages');
    };
  }

  /** Runs the handler, and collects its links. */
  async #handle(
    { attempt, task }: FrontierLease,
    result: FetchResult,
    tasksOf: (inputs: FrontierInput | Iterable<FrontierInput>) => FrontierTask[],
  ): Promise<FrontierTask[]> {
    const { handler } = this.#options;
    const { depth = 0 } = task;
    const links: FrontierTask[] = [];
    let isOpen = true;
    const enqueue = (inputs: FrontierInput | Iterable<FrontierInput>): void => {
      if (!isOpen) throw new ConfigurationError('Expected `enqueue` to be called before the handler has ended');
      for (const link of tasksOf(inputs)) links.push(link);
    };
    try {
      await bounded(this.#scope.signal, this.#handlerTimeout, 'The handler of a page', (signal) =>
        handler(result, { task, depth, attempt, signal, enqueue }),
      );
      return links;
    } finally {
      isOpen = false;
    }
  }

  async #add(links: readonly FrontierTask[]): Promise<void> {
    if (links.length === 0) return;
    const added = await this.#frontier.add(links);
    this.#tally.counts.added += added;
  }

  async #done(lease: FrontierLease, count: 'pages' | 'disallowed' | 'skipped' | 'outside'): Promise<void> {
    // Somebody else has it when the lease has run out, and counts it.
    if (await this.#frontier.ack(lease)) this.#tally.counts[count]++;
  }

  /** Puts a page back; `delay` is what the server asks for. */
  async #tryAgain(lease: FrontierLease, result: FetchResult, error: unknown, delay?: number): Promise<void> {
    const { retryDelay = 30_000 } = this.#options;
    const wait = Math.min(LONGEST_DELAY, delay ?? retryDelay * 2 ** (lease.attempt - 1));
    const retryAt = Date.now() + wait;
    if (await this.#frontier.fail(lease, { retryAt })) this.#tally.counts.retried++;
    else this.#failed(lease, result, error);
  }

  async #giveUp(lease: FrontierLease, result: FetchResult, error: unknown): Promise<void> {
    if (await this.#frontier.ack(lease)) this.#failed(lease, result, error);
  }

  #failed({ task }: FrontierLease, result: FetchResult, error: unknown): void {
    const failure = this.#tally.fail(task, result, error);
    // What it throws ends the crawl: there is nobody else to be told.
    const told = this.#options.onFailure?.(failure) as Promise<unknown> | undefined;
    if (typeof told?.then === 'function') told.then(undefined, (reason) => this.#scope.abort(reason));
  }

  #renew(): void {
    if (this.#active.size === 0) return;
    this.#frontier.renew([...this.#active], { ttl: this.#ttl }).catch((error) => this.#scope.abort(error));
  }

  /** Settles as a call of the frontier does, or ends with the crawl. */
  #race<T>(call: Promise<T>): Promise<T> {
    return this.#scope.race(call);
  }
}
