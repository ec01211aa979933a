import { ConfigurationError, checkDuration, checkInteger, checkType, expected } from '../errors/index.ts';
import { checkOptions } from './checks.ts';
import { Engine, taskOf } from './engine.ts';
import type { FetcherEvents } from './events.ts';
import type { FetchInit } from './fetch-init.ts';
import { fetchMap } from './fetch-map.ts';
import type { FetchResult } from './fetch-result.ts';
import type { FetchTask } from './fetch-task.ts';
import type { FetchSource, MapOptions } from './map-options.ts';
import type { FetcherOptions, FetcherStats } from './options.ts';

/** Told of a result. It is called later, never by `enqueue` itself, and takes up no place. */
export type FetchHandler = (url: string, result: FetchResult) => unknown;

/** The methods of parts that may be the user's own. */
const METHODS = ['policy.next', 'policy.push', 'limiter.acquire', 'breaker.admit', 'cache.get'] as const;

/**
 * Fetches any number of URLs, many at once, within the limits of each site; every one ends with exactly one result.
 *
 * @throws ConfigurationError for options that cannot work.
 * @example
 * const fetcher = new Fetcher({ concurrency: 200, limits: [{ url: 'http://example.com', concurrency: 5 }] });
 * for await (const result of fetcher.map(urls)) console.log(result.url, result.status);
 */
export class Fetcher implements AsyncDisposable {
  readonly #engine: Engine;
  #isStopped = false;

  constructor(options: FetcherOptions = {}) {
    checkOptions(options, 'the options');
    checkParts(options);
    this.#engine = new Engine(options);
    // A page that loses its network could not load what it needs for another try.
    if (this.#engine.settings.platformFollows) this.#engine.open().catch(() => {});
  }

  /** Tasks that wait for their turn, a limit, an admission or another try. */
  get size(): number {
    return this.#engine.size;
  }

  /** Requests in the air, their bodies included. */
  get pending(): number {
    return this.#engine.schedule.running;
  }

  /** Whether nothing waits. Requests may be in the air: {@link idle} tells when everything is done. */
  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** The most requests at once. It can be changed at any time. */
  get concurrency(): number {
    return this.#engine.schedule.concurrency;
  }

  set concurrency(concurrency: number) {
    checkInteger('concurrency', concurrency ?? null, 1);
    this.#engine.schedule.concurrency = concurrency;
    this.#engine.schedule.pump();
  }

  /** What was done so far, and what is being done. */
  get stats(): FetcherStats {
    return this.#engine.stats;
  }

  /**
   * Fetches a URL.
   *
   * @throws the typed error of a URL that gave no answer; the reason of an abort; QueueFullError; ConfigurationError.
   */
  fetch(target: string | URL | FetchTask, init?: FetchInit): Promise<FetchResult> {
    return new Promise((resolve) => {
      this.#engine.accept(taskOf(target, init), resolve, true);
    });
  }

  /**
   * Has a URL fetched. The handler is told of its result, also of one that is an error; what the handler throws harms
   * nothing and is told to `error` listeners.
   *
   * @throws QueueFullError; ConfigurationError for what is no URL at all, and after `stop`.
   */
  enqueue(target: string | URL | FetchTask, handler?: FetchHandler, init?: FetchInit): void {
    checkType('handler', handler, 'function');
    const task = taskOf(target, init);
    this.#engine.accept(task, (result) => handler?.(task.url, result as FetchResult), false);
  }

  /**
   * Has several URLs fetched, whose results go to the hooks of the tasks, or to listeners.
   *
   * @throws as {@link enqueue} does; what was taken before stays.
   */
  extend(targets: Iterable<string | URL | FetchTask>, init?: FetchInit): void {
    this.#engine.extend(targets, init);
  }

  /**
   * Fetches what a source gives, as its results are taken: in the order in which they come, with no more than `buffer`
   * URLs under way. What gave no answer is a result with an `error`. When the source fails, what it gave before is
   * delivered first. Leaving the loop cancels the rest.
   */
  map(source: FetchSource, options?: MapOptions): AsyncIterableIterator<FetchResult, undefined> & AsyncDisposable {
    return fetchMap(source, options, Math.max(16, 2 * this.concurrency), this.#engine);
  }

  /** Begins, or goes on after {@link pause}. */
  start(): void {
    this.#engine.schedule.isPaused = false;
    this.#engine.schedule.pump();
  }

  /** Sends nothing more until {@link start}. What is in the air comes to its end. */
  pause(): void {
    this.#engine.schedule.isPaused = true;
  }

  /**
   * Resolves when everything is done: every task has its result, handlers have come to their end, and bodies that were
   * handed over are read.
   *
   * @throws TimeoutError of phase `wait` after `timeout` milliseconds; the work goes on. The reason of `signal`.
   */
  idle({ signal, timeout }: { readonly timeout?: number; readonly signal?: AbortSignal } = {}): Promise<void> {
    checkDuration('timeout', timeout);
    const engine = this.#engine;
    if (signal || timeout !== undefined) {
      const { clock } = engine;
      const at = clock.now() + (timeout ?? Number.POSITIVE_INFINITY);
      return engine.open().then((works) => works.idle(at, timeout ?? 0, signal));
    }
    return new Promise((resolve) => {
      engine.idlers.add(resolve);
      engine.rest();
    });
  }

  /**
   * Accepts nothing more, and resolves when everything is done. `drain` does what was accepted, also when it was paused;
   * `abort` gives it up, and every task ends with an `AbortError`.
   */
  async stop({ mode = 'drain' }: { readonly mode?: 'drain' | 'abort' } = {}): Promise<void> {
    if (mode !== 'drain' && mode !== 'abort') expected("`mode` to be 'drain' or 'abort'", mode);
    this.#engine.isStopping = true;
    if (mode === 'abort') this.#engine.abort(new DOMException('The fetcher was stopped', 'AbortError'));
    else this.start();
    await this.idle();
    if (this.#isStopped) return;
    this.#isStopped = true;
    const { policy } = this.#engine;
    this.#engine.tell(() => policy.stop?.());
  }

  /** Gives up everything, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop({ mode: 'abort' });
  }

  /** Listens to what happens; answers with what ends it. */
  on<Name extends keyof FetcherEvents>(name: Name, listener: (event: FetcherEvents[Name]) => unknown): () => void {
    return this.#engine.events.on(name, listener);
  }
}

function checkParts(options: FetcherOptions): void {
  for (const name of METHODS) {
    const [part, method] = name.split('.') as ['policy', 'next'];
    if (options[part] !== undefined) checkType(name, options[part]?.[method] ?? null, 'function');
  }
  if (options.limiter && options.limits) {
    throw new ConfigurationError('Expected either `limits` or a `limiter`, got both');
  }
}
