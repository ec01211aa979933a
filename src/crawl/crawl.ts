import {
  ConfigurationError,
  checkDuration,
  checkInteger,
  checkType,
  expected,
  isCircuitOpenError,
  isConnectionError,
  isQueueFullError,
  isRobotsDisallowedError,
  isTidewayError,
  isTimeoutError,
  TimeoutError,
} from '../errors/index.ts';
import type { FetchResult } from '../fetcher/fetch-result.ts';
import { FetchTask } from '../fetcher/fetch-task.ts';
import { Fetcher } from '../fetcher/fetcher.ts';
import { Heap } from '../fetcher/heap.ts';
import { parseRetryAfter } from '../http/retry-after.ts';
import { Scope } from '../http/scope.ts';
import { contentFilter } from './content-filter.ts';
import type { CrawlFailure, CrawlOptions, CrawlSummary } from './crawl-options.ts';
import { patternsOf, type ScopeTest, scopeTest, testOf } from './crawl-scope.ts';
import { type CrawlFilter, CrawlTask } from './crawl-task.ts';
import { type Frontier, type FrontierLease, LEASE_TTL } from './frontier.ts';
import { type FrontierInput, type FrontierTask, frontierTask, inputsOf, MAX_URL_LENGTH } from './frontier-task.ts';
import { memoryFrontier } from './memory-frontier.ts';
import { polite } from './polite.ts';

/** The longest time without a look at the frontier, in milliseconds: others may add to it. */
const LOOK_INTERVAL = 1_000;
/** The most leases that are asked for at once. */
const LEASES_AT_ONCE = 100;
/** The longest wait before another try, in milliseconds. */
const LONGEST_DELAY = 3_600_000;
/** How many failures are kept. */
const MAX_FAILURES = 1_000;

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

class Crawl implements CrawlFilter {
  readonly #options: CrawlOptions;
  readonly #frontier: Frontier;
  readonly #fetcher: Fetcher;
  readonly #scope: Scope;
  readonly #ttl: number;
  readonly #maxLeased: number;
  readonly #maxRequests: number;
  readonly #excluded: readonly ((url: URL) => boolean)[];
  readonly isWanted: CrawlFilter['isWanted'];
  #isInScope: ScopeTest = () => false;
  /** What is leased, until it is settled. */
  readonly #active = new Set<FrontierLease>();
  /** What is being told to the frontier: it is not closed meanwhile. */
  readonly #storing = new Set<Promise<void>>();
  /** When pages are tried again. */
  readonly #retries = new Heap<number>((left, right) => left < right);
  readonly #failures: CrawlFailure[] = [];
  readonly #counts = { pages: 0, failed: 0, retried: 0, disallowed: 0, skipped: 0, outside: 0, added: 0 };
  #requests = 0;
  #wake: () => void = () => {};

  constructor(options: CrawlOptions) {
    const { concurrency, exclude = [], fetcher, frontier = memoryFrontier(), handler, maxDepth, onFailure } = options;
    const { leaseTtl = LEASE_TTL, maxLeased, maxRequests = Number.POSITIVE_INFINITY, perHost, signal } = options;
    checkType('handler', handler ?? null, 'function');
    checkType('onFailure', onFailure, 'function');
    checkType('frontier.lease', frontier?.lease ?? null, 'function');
    checkInteger('maxDepth', maxDepth, 0);
    if (maxRequests !== Number.POSITIVE_INFINITY) checkInteger('maxRequests', maxRequests, 1);
    checkInteger('maxLeased', maxLeased, 1);
    checkInteger('perHost', perHost, 1);
    checkDuration('leaseTtl', leaseTtl);
    checkDuration('retryDelay', options.retryDelay);
    checkDuration('handlerTimeout', options.handlerTimeout);
    if (signal && typeof signal.aborted !== 'boolean') expected('`signal` to be an AbortSignal', signal);
    if (fetcher && (options.polite || concurrency !== undefined)) {
      throw new ConfigurationError('Expected either a `fetcher` or `polite` and `concurrency`, got both');
    }
    if (fetcher) checkType('fetcher.enqueue', fetcher.enqueue ?? null, 'function');
    this.#excluded = patternsOf(exclude).map(testOf);
    this.isWanted = contentFilter(options);
    this.#fetcher = fetcher ?? politeFetcher(options);
    this.#options = options;
    this.#frontier = frontier;
    this.#ttl = leaseTtl;
    this.#maxLeased = maxLeased ?? Math.max(200, 20 * this.#fetcher.concurrency);
    this.#maxRequests = maxRequests;
    this.#scope = new Scope(signal);
  }

  async run(): Promise<CrawlSummary> {
    const { fetcher, scope = 'host', start } = this.#options;
    const timer = setInterval(() => this.#renew(), this.#ttl / 3);
    try {
      const first = inputsOf(start).map(frontierTask);
      this.#isInScope = await scopeTest(
        scope,
        first.map(({ url }) => new URL(url)),
      );
      this.#counts.added += await this.#race(this.#frontier.add(first));
      await this.#loop();
      const left = await this.#frontier.size();
      await this.#frontier.close();
      return { reason: left === 0 ? 'done' : 'maxRequests', ...this.#counts, failures: this.#failures, left };
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

  isInside(url: URL, { task }: FrontierLease): boolean {
    const { depth = 0 } = task;
    const isExcluded = this.#excluded.some((test) => test(url));
    // Where a crawl begins is often an address that leads to the right one.
    return !isExcluded && (depth === 0 || this.#isInScope(url, { from: new URL(task.url), depth }));
  }

  /** Takes from the frontier while there is room, until nothing is left, or nothing more may be asked for. */
  async #loop(): Promise<void> {
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
      const isTaken = room > 0 && (await this.#lease(room));
      if (isTaken) continue;
      if (this.#active.size === 0) {
        if (this.#requests >= this.#maxRequests) return;
        if ((await this.#race(this.#frontier.size())) === 0) return;
      }
      await this.#wait(change);
    }
  }

  /** Whether something was there, and was begun. */
  async #lease(room: number): Promise<boolean> {
    const { perHost = 4 } = this.#options;
    const leasing = this.#frontier.lease(room, { ttl: this.#ttl, perHost });
    // An abort does not wait for what a frontier answers then.
    const { signal } = this.#scope;
    leasing.then((late) => (signal.aborted ? this.#frontier.release(late) : undefined)).catch(() => {});
    const leases = await this.#race(leasing);
    for (const lease of leases) this.#active.add(lease);
    for (const [index, lease] of leases.entries()) {
      try {
        const { types } = this.#options;
        const own = lease.task.type === undefined ? undefined : types?.revive(lease.task);
        const task = new CrawlTask(lease, this, signal, own);
        this.#fetcher.enqueue(task, (_, result) => this.#settle(lease, task, result));
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

  async #wait(change: Promise<void>): Promise<void> {
    const now = Date.now();
    while ((this.#retries.peek() ?? Number.POSITIVE_INFINITY) <= now) this.#retries.pop();
    const wait = Math.min(LOOK_INTERVAL, (this.#retries.peek() ?? Number.POSITIVE_INFINITY) - now);
    const timer = setTimeout(() => this.#wake(), wait);
    try {
      await this.#race(change);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Does with a page what is to be done with its result. Never rejects. */
  async #settle(lease: FrontierLease, task: CrawlTask, result: FetchResult): Promise<void> {
    const { signal } = this.#scope;
    try {
      // What ended with the crawl is given back, not settled.
      if (signal.aborted) return;
      const store = await this.#judge(lease, task, result);
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
  async #judge(lease: FrontierLease, task: CrawlTask, result: FetchResult): Promise<() => Promise<void>> {
    const { error, headers, status = 0 } = result;
    const again = (reason: unknown, delay?: number) => () => this.#tryAgain(lease, result, reason, delay);
    if (isRobotsDisallowedError(error)) {
      const { retryAfter } = error;
      return retryAfter === undefined ? () => this.#done(lease, 'disallowed') : again(error, retryAfter);
    }
    this.#requests++;
    if (task.isOutside) return () => this.#done(lease, 'outside');
    if (error) return isWorthAnotherTry(error) ? again(error) : () => this.#giveUp(lease, result, error);
    if (status === 429 || status >= 500) return again(undefined, parseRetryAfter(headers.get('retry-after')));
    if (result.skipped) return () => this.#done(lease, 'skipped');
    const links: FrontierTask[] = [];
    try {
      await this.#handle(lease, task, result, links);
    } catch (failure) {
      return again(failure);
    }
    return async () => {
      // Before the page is done: whoever dies in between does the page again, and no link is lost.
      if (links.length > 0) {
        const added = await this.#frontier.add(links);
        this.#counts.added += added;
      }
      await this.#done(lease, 'pages');
    };
  }

  /** Runs the handler, and collects its links. */
  async #handle(lease: FrontierLease, own: CrawlTask, result: FetchResult, links: FrontierTask[]): Promise<void> {
    const { handler, handlerTimeout = 300_000 } = this.#options;
    const { attempt, task } = lease;
    const { depth = 0 } = task;
    const { signal } = this.#scope;
    let isOpen = true;
    const enqueue = (inputs: FrontierInput | Iterable<FrontierInput>): void => {
      if (!isOpen) throw new ConfigurationError('Expected `enqueue` to be called before the handler has ended');
      for (const input of inputsOf(inputs)) {
        const link = this.#link(input, result, depth + 1);
        if (link) links.push(link);
      }
    };
    const limit = new Scope(signal).expire(handlerTimeout, () => {
      return new TimeoutError('The handler of a page did not end', 'deadline', handlerTimeout);
    });
    try {
      enqueue(own.links);
      await limit.race((async () => handler(result, { task, depth, attempt, signal: limit.signal, enqueue }))());
    } finally {
      isOpen = false;
      limit.end();
    }
  }

  /** What is to be stored of a link; undefined when it is not to be followed. */
  #link(input: FrontierInput, { finalUrl }: FetchResult, depth: number): FrontierTask | undefined {
    const { maxDepth = Number.POSITIVE_INFINITY } = this.#options;
    const plain = typeof input === 'string' || input instanceof URL ? undefined : input;
    const text = plain ? plain.url : String(input);
    // What is no text is no link at all, but a mistake of the handler's.
    if (typeof text !== 'string') return frontierTask(input);
    if (!URL.canParse(text, finalUrl)) return undefined;
    const url = new URL(text, finalUrl);
    const { href, password, protocol, username } = url;
    // Not everything that pages link to is a page, or can be asked for.
    if (!/^https?:$/.test(protocol) || username || password || href.length > MAX_URL_LENGTH) return undefined;
    if (depth > maxDepth || this.#excluded.some((test) => test(url))) return undefined;
    if (!this.#isInScope(url, { from: new URL(finalUrl), depth })) return undefined;
    const given = plain && frontierTask(plain instanceof FetchTask ? plain : { ...plain, url: href });
    return { ...given, url: href, depth };
  }

  async #done(lease: FrontierLease, count: 'pages' | 'disallowed' | 'skipped' | 'outside'): Promise<void> {
    // Somebody else has it when the lease has run out, and counts it.
    if (await this.#frontier.ack(lease)) this.#counts[count]++;
  }

  /** Puts a page back; `delay` is what the server asks for. */
  async #tryAgain(lease: FrontierLease, result: FetchResult, error: unknown, delay?: number): Promise<void> {
    const { retryDelay = 30_000 } = this.#options;
    const wait = Math.min(LONGEST_DELAY, delay ?? retryDelay * 2 ** (lease.attempt - 1));
    const retryAt = Date.now() + wait;
    if (await this.#frontier.fail(lease, { retryAt })) {
      this.#retries.push(retryAt);
      this.#counts.retried++;
    } else this.#failed(lease, result, error);
  }

  async #giveUp(lease: FrontierLease, result: FetchResult, error: unknown): Promise<void> {
    if (await this.#frontier.ack(lease)) this.#failed(lease, result, error);
  }

  #failed({ task }: FrontierLease, result: FetchResult, error: unknown): void {
    const failure = { task, result, error };
    this.#counts.failed++;
    if (this.#failures.length < MAX_FAILURES) this.#failures.push(failure);
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

function politeFetcher({ concurrency, polite: options }: CrawlOptions): Fetcher {
  if (!options) throw new ConfigurationError('Expected a `fetcher`, or `polite` with a `userAgent`, got neither');
  return new Fetcher({ ...(concurrency !== undefined && { concurrency }), policy: polite(options) });
}

/** Whether a page that gave no answer may give one later. What the user's own code threw may not throw again. */
function isWorthAnotherTry(error: Error): boolean {
  return !isTidewayError(error) || isConnectionError(error) || isTimeoutError(error) || isCircuitOpenError(error);
}
