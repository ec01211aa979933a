import type { FetchResult } from '../fetcher/fetch-result.ts';
import type { Fetcher } from '../fetcher/fetcher.ts';
import type { CrawlScope } from './crawl-scope.ts';
import type { Frontier } from './frontier.ts';
import type { FrontierInput, FrontierTask } from './frontier-task.ts';
import type { PoliteOptions } from './polite-options.ts';
import type { TaskTypes } from './task-types.ts';

/** What a handler is given beside the result. */
export interface CrawlContext {
  readonly task: FrontierTask;
  /** How many links lead here from where the crawl began. */
  readonly depth: number;
  /** The try, from 1: the page was handed over before when its handler failed. */
  readonly attempt: number;
  /** Aborted when the crawl is. */
  readonly signal: AbortSignal;
  /**
   * Adds a link, or several, relative to the page or not: what is no address on the web, outside of the scope, too deep
   * or known is left out. They are stored when the handler has ended, before the page counts as done.
   */
  enqueue(links: FrontierInput | Iterable<FrontierInput>): void;
}

/** Handles a page: any answer but 429 and 5xx, which are tried again. The page is done when this has ended. */
export type CrawlHandler = (result: FetchResult, context: CrawlContext) => unknown;

/** A URL that was given up. */
export interface CrawlFailure {
  readonly task: FrontierTask;
  /** The last answer, or why there was none. */
  readonly result: FetchResult;
  /** What its handler threw; the error of the result where that was not it; undefined of a status. */
  readonly error: unknown;
}

/** How a crawl works. All durations are milliseconds. */
export interface CrawlOptions {
  /** Where it begins. What is in the frontier already, or was, is not added again. */
  readonly start: FrontierInput | Iterable<FrontierInput>;
  readonly handler: CrawlHandler;
  /** Told of each URL that is given up: it failed as often as the frontier lets it, or there is no use in trying again. */
  readonly onFailure?: (failure: CrawlFailure) => unknown;
  /** What remembers where the crawl is. It is closed at the end. @default memoryFrontier() */
  readonly frontier?: Frontier;
  /** What fetches, with a policy, limits and a cache of your choice. It is not stopped at the end. */
  readonly fetcher?: Fetcher;
  /** Without a `fetcher`: the most requests at once. @default 10 */
  readonly concurrency?: number;
  /** Without a `fetcher`: how sites are treated, who asks above all. */
  readonly polite?: PoliteOptions;
  /** The classes of tasks whose hooks are called; without it tasks are fetched without hooks. */
  readonly types?: TaskTypes;
  /** Which links, and redirects, are followed. @default 'host' */
  readonly scope?: CrawlScope;
  /** Which are not, all the same. */
  readonly exclude?: RegExp | readonly (string | RegExp)[];
  /** How many links away from the start pages may be. No limit by default. */
  readonly maxDepth?: number;
  /**
   * How many pages are asked for by this call; one that comes again counts again. Redirects, further tries by the fetcher
   * and robots.txt do not count. No limit by default.
   */
  readonly maxRequests?: number;
  /**
   * Types of content that are read, such as `text/html` or `image/*`; of successful answers of other types the body is
   * not, and they are not handled.
   */
  readonly contentTypes?: readonly string[];
  /** Answers that say that they have more bytes are not read, nor handled. No limit by default. */
  readonly maxContentLength?: number;
  /**
   * The wait before a page that failed is tried again, unless the server names one; twice as long each time, an hour at
   * most. @default 30_000
   */
  readonly retryDelay?: number;
  /** The longest time that a handler, or a hook, may take before the page counts as failed. @default 300_000 */
  readonly handlerTimeout?: number;
  /** The most pages that are taken from the frontier at once: under way, or waiting for a site. @default 20 a place, at least 200 */
  readonly maxLeased?: number;
  /** The most of them that are of one host. @default 4 */
  readonly perHost?: number;
  /** How long other processes leave a page to this one if it dies. @default 60_000 */
  readonly leaseTtl?: number;
  /** Ends it: what is under way is given up, and stays in the frontier. */
  readonly signal?: AbortSignal;
}

/** What a crawl has done. */
export interface CrawlSummary {
  /** `done`: nothing is left. `maxRequests`: something is. */
  readonly reason: 'done' | 'maxRequests';
  /** Pages that were handled. */
  readonly pages: number;
  /** URLs that were given up. */
  readonly failed: number;
  /** The first 1 000 of them. */
  readonly failures: readonly CrawlFailure[];
  /** How often a page failed that is tried again. */
  readonly retried: number;
  /** URLs that robots.txt forbids. */
  readonly disallowed: number;
  /** Pages of a type or size that was not wanted. */
  readonly skipped: number;
  /** Pages that were redirected out of the scope. */
  readonly outside: number;
  /** New URLs that were found. */
  readonly added: number;
  /** URLs that are still in the frontier. */
  readonly left: number;
}
