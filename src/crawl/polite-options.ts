import type { AutoThrottleOptions } from './auto-throttle.ts';
import type { RobotsCache } from './robots-cache.ts';

/** What `polite()` tells of. All durations are milliseconds. */
export type PoliteEvent =
  | {
      /** A site asked for longer delays, in its robots.txt. */
      readonly type: 'crawlDelay';
      readonly key: string;
      /** Whose robots.txt it is. */
      readonly origin: string;
      /** What it asked for. */
      readonly asked: number;
      /** What it gets: `maxCrawlDelay` is the most. */
      readonly delay: number;
    }
  | {
      /** A server asked for rest, or answered 429 or 503: nothing goes to the key for so long. */
      readonly type: 'pause';
      readonly key: string;
      /** What it asked for; undefined where it named no time. */
      readonly asked: number | undefined;
      /** What it gets: `maxPause` is the most. */
      readonly delay: number;
      readonly status: number | undefined;
    }
  | {
      /** A robots.txt was asked for. */
      readonly type: 'robots';
      readonly origin: string;
      /** What is held to from now on: its rules, none, or nothing but waiting until it can be read. */
      readonly state: 'rules' | 'unavailable' | 'unreachable';
      /** The last status; undefined when no answer came. */
      readonly status: number | undefined;
    }
  | {
      /** A URL that robots.txt forbids: it is not fetched, but with `robots: 'report'`. */
      readonly type: 'disallowed';
      readonly url: string;
      /** As robots.txt has it. */
      readonly rule: string;
    };

/** How `polite()` treats sites. All durations are milliseconds. */
export interface PoliteOptions {
  /**
   * Who asks, and how to reach whoever runs it: sent as `User-Agent`. What stands before its first slash is the name
   * that robots.txt may have rules for.
   *
   * @example 'acme/1.0 (+https://acme.example/bot)'
   */
  readonly userAgent: string;
  /** What is one site: a host name (ports do not count), an origin, a registrable domain, or text of your own. @default 'host' */
  readonly key?: 'host' | 'origin' | 'site' | ((url: URL) => string);
  /** The shortest rest of a key between two requests. @default 1_000 */
  readonly delay?: number;
  /** How much longer a rest may be by chance, as a part of it; never shorter. @default 0 */
  readonly jitter?: number;
  /**
   * From when on the rest counts: from the end of a request, or from its start. With more than one at once it is always
   * the start.
   *
   * @default 'completion'
   */
  readonly delayFrom?: 'completion' | 'start';
  /** The most requests of a key at once. @default 1 */
  readonly concurrency?: number;
  /** Follows how fast a site answers, with Scrapy's rule. @default false */
  readonly autoThrottle?: boolean | AutoThrottleOptions;
  /** Holds to robots.txt, only tells of what it forbids, or does not ask for it. @default 'obey' */
  readonly robots?: 'obey' | 'report' | 'ignore';
  /** The longest delay that a `Crawl-delay` of robots.txt gets. @default 60_000 */
  readonly maxCrawlDelay?: number;
  /** The longest pause that a server gets that asks for rest. @default 300_000 */
  readonly maxPause?: number;
  /** The most robots.txt in the air at once; they take no place of the fetcher's `concurrency`. @default 256 */
  readonly robotsConcurrency?: number;
  /** Where several machines keep what robots.txt says: one of them asks for it. By default each one does. */
  readonly robotsCache?: RobotsCache;
  /** Told of what sites ask for, and of what is done about it. What it throws is told to `error` listeners. */
  readonly onEvent?: (event: PoliteEvent) => void;
}
