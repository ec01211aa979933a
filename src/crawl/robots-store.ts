import { ConnectionError, RobotsDisallowedError } from '../errors/index.ts';
import type { PolicyContext } from '../fetcher/fetch-policy.ts';
import { pathOf } from '../fetcher/fetch-result.ts';
import { Ring } from '../fetcher/ring.ts';
import type { Turn } from './host-schedule.ts';
import type { PoliteEvent } from './polite-options.ts';
import { parseRobots, type Robots } from './robots.ts';
import type { RobotsCache, SharedRobots } from './robots-cache.ts';
import { fetchRobots, type RobotsAnswer } from './robots-fetch.ts';

/** How long a robots.txt holds, in milliseconds: a day, the most that RFC 9309, section 2.4, allows. */
const DAY = 24 * 60 * 60_000;
/** How long an old one does while there is no new one to be had, in milliseconds. */
const GRACE = 7 * DAY;
/** When one is asked for again that could not be read; it doubles each time, up to an hour, in milliseconds. */
const FIRST_WAIT = 60_000;
const LONGEST_WAIT = 60 * 60_000;
/** Beyond so many in a row the wait is the longest anyway. */
const MOST_FAILURES = 16;
/** All tries. */
const TRIES = 2;
/** As RFC 9309, section 2.3.1.2, has it: with more of them it is not there. */
const MOST_REDIRECTS = 5;
/** The most text of robots.txt that is remembered, in characters; those that were used least lately are forgotten. */
const MOST_TEXT = 64 * 1024 * 1024;
/** What one costs that has no text. */
const LEAST_COST = 512;

/** What is known of a site's robots.txt. Times are milliseconds of the clock. */
export interface RobotsEntry {
  /** Undefined while it cannot be read. */
  readonly robots: Robots | undefined;
  /** Why everything is forbidden as of now; undefined when it is not. */
  readonly why: string | undefined;
  /** What broke it. */
  readonly cause: Error | undefined;
  /** Until when it need not be asked for. */
  readonly until: number;
  /** When its text came. */
  readonly since: number;
  /** How often in a row it could not be read. */
  readonly failures: number;
  readonly cost: number;
}

/** What a {@link RobotsStore} works with. */
export interface RobotsStoreOptions {
  readonly context: PolicyContext;
  readonly userAgent: string;
  /** Where other machines may have them. */
  readonly cache: RobotsCache | undefined;
  /** The most flights at once. */
  readonly concurrency: number;
  readonly maxPause: number;
  /** Leave to send a request to a URL, when there is. */
  readonly acquire: (url: URL) => Turn | Promise<Turn>;
  /** The delay that a site asks for, as it is kept. */
  readonly crawlDelayOf: (robots: Robots) => number;
  readonly onEvent: (event: PoliteEvent) => void;
  /** Told of rules that are new. */
  readonly onRules: (origin: string, robots: Robots) => void;
}

interface Flight {
  readonly origin: string;
  readonly promise: Promise<void>;
  readonly land: () => void;
  /** Those who wait for it, as long as they do. */
  readonly isWanted: (() => boolean)[];
}

/** The robots.txt of all sites: asked for once at a time for each, and kept. */
export class RobotsStore {
  readonly #options: RobotsStoreOptions;
  /** The one that was used least lately is the first. */
  readonly #entries = new Map<string, RobotsEntry>();
  readonly #flights = new Map<string, Flight>();
  readonly #waiting = new Ring<Flight>();
  #running = 0;
  #cost = 0;

  constructor(options: RobotsStoreOptions) {
    this.#options = options;
  }

  /** What is known of an origin; undefined where it is to be asked for. */
  get(origin: string, isOldEnough = false): RobotsEntry | undefined {
    const entry = this.#entries.get(origin);
    if (!entry || (!isOldEnough && entry.until <= this.#options.context.now())) return undefined;
    this.#entries.delete(origin);
    this.#entries.set(origin, entry);
    return entry;
  }

  /** Resolves when something is known of an origin, or nobody wants to know it any more. Never rejects. */
  load(origin: string, isWanted: () => boolean): Promise<void> {
    const known = this.#flights.get(origin);
    if (known) {
      known.isWanted.push(isWanted);
      return known.promise;
    }
    let land = (): void => {};
    const promise = new Promise<void>((resolve) => {
      land = resolve;
    });
    const flight: Flight = { origin, promise, land, isWanted: [isWanted] };
    this.#flights.set(origin, flight);
    this.#waiting.push(flight);
    this.#fly();
    return promise;
  }

  /**
   * Refuses a URL that is forbidden.
   *
   * @throws RobotsDisallowedError
   */
  check({ cause, robots, until, why }: RobotsEntry, url: URL): void {
    if (why !== undefined) {
      const retryAfter = Math.max(0, until - this.#options.context.now());
      throw new RobotsDisallowedError(`${pathOf(url)} is not asked for as of now: ${why}`, why, { cause, retryAfter });
    }
    const rule = robots?.ruleFor(url);
    if (rule?.isAllowed === false) {
      throw new RobotsDisallowedError(`${pathOf(url)} is forbidden by robots.txt: ${rule.text}`, rule.text);
    }
  }

  #fly(): void {
    for (; this.#running < this.#options.concurrency; this.#running++) {
      const flight = this.#waiting.shift();
      if (!flight) return;
      this.#ask(flight)
        .catch((error: unknown) => {
          // A key function that fails, or the like: nothing is known, and that is remembered.
          this.#options.context.report(error);
          this.#learn(flight.origin, { status: undefined, error: error as Error });
        })
        .finally(() => {
          this.#running--;
          this.#flights.delete(flight.origin);
          flight.land();
          this.#fly();
        });
    }
  }

  async #ask(flight: Flight): Promise<void> {
    const { cache, context, userAgent } = this.#options;
    const { origin } = flight;
    // A cache that fails is told of, and does not count: then each machine asks for itself.
    const shared = await cache?.get(origin).catch((error: unknown) => void context.report(error));
    if (shared) return this.#learn(origin, answerOf(shared, userAgent));
    let known: SharedRobots | undefined;
    try {
      let answer: RobotsAnswer | undefined;
      for (let attempt = 1; attempt <= TRIES && answer?.status !== 429; attempt++) {
        answer = await this.#follow(flight);
        if (!answer) return;
        if (!isUnreachable(answer)) break;
      }
      const { status, text } = answer as RobotsAnswer;
      this.#learn(origin, answer as RobotsAnswer);
      const until = this.#entries.get(origin)?.until ?? 0;
      known = { status, text, keep: Math.max(1, until - context.now()) };
    } finally {
      cache?.put(origin, known).catch((error: unknown) => context.report(error));
    }
  }

  #learn(origin: string, answer: RobotsAnswer): void {
    const { error, keep = DAY, rest = 0, robots, status, text = '' } = answer;
    const { context, maxPause, onEvent, onRules, userAgent } = this.#options;
    const now = context.now();
    if (!isUnreachable(answer)) {
      onEvent({ type: 'robots', origin, state: robots ? 'rules' : 'unavailable', status });
      if (robots) onRules(origin, robots);
      this.#keep(origin, {
        robots: robots ?? parseRobots('', userAgent),
        why: undefined,
        cause: undefined,
        until: now + Math.min(DAY, keep),
        since: now,
        failures: 0,
        cost: LEAST_COST + text.length,
      });
      return;
    }
    const before = this.#entries.get(origin);
    const isGood = before?.robots !== undefined && now < before.since + DAY + GRACE;
    const failures = Math.min(MOST_FAILURES, (before?.failures ?? 0) + 1);
    const told = error ? 'it could not be read' : `it was answered with ${status}`;
    onEvent({ type: 'robots', origin, state: isGood ? 'rules' : 'unreachable', status });
    this.#keep(origin, {
      robots: isGood ? before.robots : undefined,
      why: isGood ? undefined : `${origin}/robots.txt is not known, as ${told}`,
      cause: error,
      until: now + Math.max(Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 1)), Math.min(rest, maxPause)),
      since: before?.since ?? now,
      failures,
      cost: isGood ? before.cost : LEAST_COST,
    });
  }

  #keep(origin: string, entry: RobotsEntry): void {
    this.#cost += entry.cost - (this.#entries.get(origin)?.cost ?? 0);
    this.#entries.delete(origin);
    this.#entries.set(origin, entry);
    for (const [oldest, { cost }] of this.#entries) {
      if (this.#cost <= MOST_TEXT || oldest === origin) break;
      this.#entries.delete(oldest);
      this.#cost -= cost;
    }
  }

  /** Asks once, and follows where it leads; undefined when nobody wants it. */
  async #follow({ isWanted, origin }: Flight): Promise<RobotsAnswer | undefined> {
    const { acquire, context, crawlDelayOf, userAgent } = this.#options;
    let url = new URL('/robots.txt', origin);
    for (let hops = 0; ; hops++) {
      const turn = await acquire(url);
      if (!isWanted.some((one) => one())) {
        turn.release();
        return undefined;
      }
      const start = context.now();
      const answer = await fetchRobots(context, url, userAgent);
      const { location, rest, robots, status } = answer;
      // Those of another site keep to that site's delay.
      const own = robots && url.origin === origin ? robots : this.#entries.get(url.origin)?.robots;
      if (own) turn.crawlDelay = crawlDelayOf(own);
      turn.begin();
      turn.release({ ...(status !== undefined && { status }), latency: context.now() - start, ...(rest && { rest }) });
      if (location === undefined) return answer;
      // With more redirects, or one that leads nowhere, there is no robots.txt.
      if (hops === MOST_REDIRECTS || !URL.canParse(location, url)) return { status };
      url = new URL(location, url);
      if (!/^https?:$/.test(url.protocol)) return { status };
    }
  }
}

/** RFC 9309, section 2.3.1.4: nothing may be asked for. */
function isUnreachable({ error, status }: RobotsAnswer): boolean {
  return error !== undefined || status === 429 || (status ?? 0) >= 500;
}

/** What another machine was answered with, as if it had come here. */
function answerOf({ keep, status, text }: SharedRobots, userAgent: string): RobotsAnswer {
  if (status === undefined)
    return { status, rest: keep, error: new ConnectionError('Another machine could not read it') };
  return { status, keep, rest: keep, text, ...(text !== undefined && { robots: parseRobots(text, userAgent) }) };
}
