import {
  ConfigurationError,
  checkDuration,
  checkInteger,
  checkType,
  expected,
  type RobotsDisallowedError,
} from '../errors/index.ts';
import type { FetchPolicy, Hop, PolicyContext } from '../fetcher/fetch-policy.ts';
import type { FetchResult } from '../fetcher/fetch-result.ts';
import type { FetchTask } from '../fetcher/fetch-task.ts';
import { Lanes } from '../fetcher/lanes.ts';
import type { Lease } from '../fetcher/limiter.ts';
import { autoThrottle } from './auto-throttle.ts';
import { type Host, HostSchedule, type Turn } from './host-schedule.ts';
import type { PoliteEvent, PoliteOptions } from './polite-options.ts';
import { productToken, type Robots } from './robots.ts';
import { type RobotsEntry, RobotsStore } from './robots-store.ts';
import { loadSiteOf } from './site-key.ts';

const KEYS: Readonly<Record<string, (url: URL) => string>> = {
  host: ({ hostname }) => hostname,
  origin: ({ origin }) => origin,
};

/** Of a site whose robots.txt was forgotten at once. */
const UNKNOWN: RobotsEntry = {
  robots: undefined,
  why: 'its robots.txt is not known',
  cause: undefined,
  until: 0,
  since: 0,
  failures: 0,
  cost: 0,
};

/** A policy that is no burden to any site; see {@link polite}. */
export interface PolitePolicy extends FetchPolicy {
  /**
   * What robots.txt says to this crawler for the site of a URL: asked for where it is not known, at its turn. Undefined
   * while it cannot be read.
   */
  robots(url: string | URL): Promise<Robots | undefined>;
}

/**
 * One request at a time to each site, a second apart, and none that its robots.txt forbids. A site that is slow, down or
 * in need of rest holds up no other. It is asked for every request: redirects and further tries wait for their turn, too.
 *
 * It works for one fetcher.
 *
 * @throws ConfigurationError for options that cannot work.
 * @example
 * const fetcher = new Fetcher({ concurrency: 200, policy: polite({ userAgent: 'acme/1.0 (+https://acme.example/bot)' }) });
 */
export function polite(options: PoliteOptions): PolitePolicy {
  return new Polite(options);
}

class Polite implements PolitePolicy {
  readonly headers: HeadersInit;
  readonly #options: PoliteOptions;
  readonly #throttle: ReturnType<typeof autoThrottle> | undefined;
  /** Undefined until the list of public suffixes is there. */
  #keyOf: ((url: URL) => string) | undefined;
  /** Ends when that list is there, or cannot be had. */
  #loading: Promise<void> | undefined;
  /** Why that list cannot be loaded. */
  #failure: unknown;
  /** Tasks without a key: as long as keys are not known, or of what is no URL, which the fetcher refuses. */
  readonly #loose: Lanes<FetchTask> = new Lanes((task) => task.isWaiting);
  /** What {@link next} gave up that was not admitted yet. */
  readonly #turns = new Map<FetchTask, Turn>();
  #context: PolicyContext | undefined;
  #hosts: HostSchedule | undefined;
  #store: RobotsStore | undefined;

  constructor(options: PoliteOptions) {
    if (typeof options !== 'object' || options === null) expected('the options to be an object', options);
    const { concurrency, delay = 1_000, delayFrom = 'completion', jitter = 0, key = 'host', onEvent } = options;
    const { maxCrawlDelay, maxPause, robots = 'obey', robotsCache, robotsConcurrency, userAgent } = options;
    productToken(userAgent);
    if (delay !== 0) checkDuration('delay', delay);
    if (delay === Number.POSITIVE_INFINITY) expected('`delay` to come to an end', delay);
    if (!(jitter >= 0 && jitter <= 10)) expected('`jitter` to be a part of the delay, from 0 to 10', jitter);
    if (delayFrom !== 'completion' && delayFrom !== 'start') {
      expected("`delayFrom` to be 'completion' or 'start'", delayFrom);
    }
    checkInteger('concurrency', concurrency, 1);
    checkInteger('robotsConcurrency', robotsConcurrency, 1);
    checkDuration('maxCrawlDelay', maxCrawlDelay);
    checkDuration('maxPause', maxPause);
    checkType('onEvent', onEvent, 'function');
    if (robotsCache !== undefined) checkType('robotsCache.get', robotsCache?.get ?? null, 'function');
    if (!/^(?:obey|report|ignore)$/.test(robots)) expected("`robots` to be 'obey', 'report' or 'ignore'", robots);
    if (typeof key !== 'function' && key !== 'site' && !Object.hasOwn(KEYS, key)) {
      expected("`key` to be 'host', 'origin', 'site' or a function", key);
    }
    this.headers = { 'user-agent': userAgent };
    this.#options = options;
    this.#keyOf = typeof key === 'function' ? key : KEYS[key];
    const { autoThrottle: throttle = false } = options;
    if (typeof throttle !== 'boolean') checkType('autoThrottle', throttle ?? null, 'object');
    this.#throttle = throttle ? autoThrottle(throttle === true ? {} : throttle, delay) : undefined;
  }

  get size(): number {
    return (this.#hosts?.size ?? 0) + this.#loose.size;
  }

  start(context: PolicyContext): void {
    if (this.#context) expected('a policy of one fetcher only', 'one of another');
    const { autoThrottle: _, ...options } = this.#options;
    const { concurrency = 1, delay = 1_000, delayFrom = 'completion', jitter = 0, maxPause = 300_000 } = options;
    const hosts = new HostSchedule({
      clock: context.clock,
      ...{ concurrency, delay, jitter, maxPause },
      delayFrom: concurrency > 1 ? 'start' : delayFrom,
      autoThrottle: this.#throttle,
      onPause: (key, pause, { rest, status }) => this.#tell({ type: 'pause', key, asked: rest, delay: pause, status }),
      onReady: () => context.wake(),
    });
    this.#context = context;
    this.#hosts = hosts;
    if (options.robots !== 'ignore') {
      this.#store = new RobotsStore({
        context,
        userAgent: options.userAgent,
        cache: options.robotsCache,
        concurrency: options.robotsConcurrency ?? 256,
        maxPause,
        acquire: (url) => hosts.acquire(this.#key(url)),
        crawlDelayOf: (robots) => (this.#isObeying ? this.#crawlDelayOf(robots) : 0),
        onEvent: (event) => this.#tell(event),
        onRules: (origin, robots) => {
          const { crawlDelay: asked } = robots;
          if (asked === undefined) return;
          const key = this.#key(new URL(origin));
          this.#tell({ type: 'crawlDelay', key, origin, asked, delay: this.#crawlDelayOf(robots) });
        },
      });
    }
    if (!this.#keyOf) this.#loading = this.#loadKeys(context);
  }

  push(task: FetchTask): void {
    if (this.#keyOf && URL.canParse(task.url)) this.#running().push(this.#key(new URL(task.url)), task);
    else this.#loose.push(task, task.priority);
  }

  remove(task: FetchTask): void {
    if (this.#keyOf && URL.canParse(task.url)) this.#running().remove(this.#key(new URL(task.url)));
    else this.#loose.died();
  }

  next(now: number): FetchTask | number | undefined {
    if (this.#keyOf || this.#failure) {
      const loose = this.#loose.shift();
      if (loose) return loose;
    }
    const hosts = this.#running();
    for (;;) {
      const host = hosts.next(now);
      if (host === undefined || typeof host === 'number') return host;
      if (this.#isKnown(host)) {
        const { task, turn } = hosts.take(host);
        this.#turns.set(task, turn);
        return task;
      }
    }
  }

  admit(hop: Hop): Lease | Promise<Lease> {
    const { task, url } = hop;
    const turn = this.#turns.get(task);
    this.#turns.delete(task);
    try {
      const store = this.#store;
      // What next looked up holds for the request that follows.
      const entry = store?.get(url.origin, turn !== undefined);
      if (!store || entry) return this.#admit(hop, turn, entry);
      turn?.release();
      return store
        .load(url.origin, () => !hop.signal.aborted)
        .then(() => this.#admit(hop, undefined, store.get(url.origin, true) ?? UNKNOWN));
    } catch (error) {
      turn?.release();
      throw error;
    }
  }

  onDone(task: FetchTask, _result: FetchResult): void {
    this.#turns.get(task)?.release();
    this.#turns.delete(task);
  }

  async robots(url: string | URL): Promise<Robots | undefined> {
    const { origin } = URL.canParse(String(url)) ? new URL(url) : expected('an absolute URL', url, true);
    this.#running();
    const store = this.#store ?? expected("a policy that reads robots.txt, whose `robots` is not 'ignore'", 'another');
    await this.#loading;
    if (!store.get(origin)) await store.load(origin, () => true);
    return store.get(origin, true)?.robots;
  }

  /** Whether the next request of a host may be judged; if not, what that takes is begun. */
  #isKnown(host: Host): boolean {
    const store = this.#store;
    const url = new URL((host.tasks.peek() as FetchTask).url);
    // What the fetcher refuses anyway needs no rules.
    if (!store || !/^https?:$/.test(url.protocol) || store.get(url.origin)) return true;
    store.load(url.origin, () => host.tasks.size > 0).then(this.#running().block(host));
    return false;
  }

  #admit(hop: Hop, turn: Turn | undefined, entry: RobotsEntry | undefined): Lease | Promise<Lease> {
    const { url } = hop;
    if (entry) this.#judge(entry, url);
    const crawlDelay = this.#isObeying && entry?.robots ? this.#crawlDelayOf(entry.robots) : 0;
    const key = this.#key(url);
    if (turn?.key === key) return Object.assign(turn, { crawlDelay });
    turn?.release();
    const given = this.#running().acquire(key, () => hop.signal);
    return 'then' in given
      ? given.then((later) => Object.assign(later, { crawlDelay }))
      : Object.assign(given, { crawlDelay });
  }

  get #isObeying(): boolean {
    return this.#options.robots !== 'report';
  }

  /** Refuses what is forbidden, and tells of it. */
  #judge(entry: RobotsEntry, url: URL): void {
    try {
      this.#store?.check(entry, url);
    } catch (error) {
      this.#tell({ type: 'disallowed', url: url.href, rule: (error as RobotsDisallowedError).rule });
      if (this.#isObeying) throw error;
    }
  }

  #crawlDelayOf({ crawlDelay = 0 }: Robots): number {
    return Math.min(crawlDelay, this.#options.maxCrawlDelay ?? 60_000);
  }

  #key(url: URL): string {
    const keyOf = this.#keyOf;
    if (!keyOf) throw new ConfigurationError("`key: 'site'` needs the package tldts", { cause: this.#failure });
    const key = keyOf(url);
    return typeof key === 'string' ? key : expected('`key` to answer with text', key);
  }

  async #loadKeys({ wake }: PolicyContext): Promise<void> {
    try {
      this.#keyOf = await loadSiteOf();
      const tasks: FetchTask[] = [];
      for (let task = this.#loose.shift(); task; task = this.#loose.shift()) tasks.push(task);
      for (const task of tasks) this.push(task);
    } catch (error) {
      // Each task is given up and ends with it.
      this.#failure = error;
    }
    wake();
  }

  #running(): HostSchedule {
    return this.#hosts ?? expected('a policy that a fetcher has', 'one without a fetcher');
  }

  #tell(event: PoliteEvent): void {
    try {
      this.#options.onEvent?.(event);
    } catch (error) {
      this.#context?.report(error);
    }
  }
}
