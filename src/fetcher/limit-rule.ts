import { checkDuration, checkInteger, checkType, expected } from '../errors/index.ts';
import type { Outcome } from './limiter.ts';

/** A number of requests that follows how a server bears them; `adaptive()` makes one. */
export interface AdaptiveConcurrency {
  /** Begins to watch a key. */
  start(): {
    /** How many requests the key may have at once, as of now: from 1 up. */
    readonly concurrency: number;
    /** Learns from a request; `running` counts it, too. */
    update(outcome: Outcome, running: number): void;
  };
}

/** A limit of some URLs. Without `concurrency` and `rate` it lets them through, past the rules behind it. */
export interface LimitRule {
  /**
   * Which URLs: a URL (the same scheme, host and port, and a path that begins with the same whole segments), a
   * `URLPattern`, or a function. Without it all.
   */
  readonly url?: string | URL | { test(url: string): boolean } | ((url: URL) => boolean);
  /**
   * What counts on its own under this rule: each host name, each origin, or each text that a function answers. Without
   * it all URLs of the rule count together.
   */
  readonly key?: 'host' | 'origin' | ((url: URL) => string);
  /** The most requests at once, from 1 up. */
  readonly concurrency?: number | AdaptiveConcurrency;
  /** The most requests in a time, spread evenly over it. */
  readonly rate?: {
    /** From 1 up. */
    readonly requests: number;
    /** Milliseconds. */
    readonly interval: number;
    /** How many may come at once after a rest. @default 1 */
    readonly burst?: number;
  };
}

/** A {@link LimitRule}, checked and made ready. */
export interface CompiledRule {
  /** The same for the same rule of another list. */
  readonly name: string;
  readonly matches: (url: URL) => boolean;
  readonly keyOf: (url: URL) => string;
  readonly concurrency: number | AdaptiveConcurrency;
  /** Milliseconds from one request to the next. */
  readonly gap: number;
  /** How far ahead of its time a request may be, in milliseconds. */
  readonly tolerance: number;
  /** What every URL has that matches, where that is one place. */
  readonly place: Place | undefined;
}

interface Place {
  readonly origin: string;
  /** Without a slash at its end. */
  readonly path: string;
}

/**
 * Checks rules and makes them ready.
 *
 * @throws ConfigurationError for what cannot work, also for a rule that can never match.
 */
export function compileRules(rules: readonly LimitRule[]): CompiledRule[] {
  if (!Array.isArray(rules)) expected('`limits` to be a list of rules', rules);
  const compiled: CompiledRule[] = [];
  for (const [index, rule] of rules.entries()) {
    const name = `limits[${index}]`;
    const one = compile(rule, index, name);
    const hiding = compiled.findIndex((before, at) => rules[at]?.url === undefined || covers(before, one));
    if (hiding >= 0) expected(`\`${name}\` to match something that \`limits[${hiding}]\` does not`, 'a rule behind it');
    compiled.push(one);
  }
  return compiled;
}

function compile(rule: LimitRule, index: number, name: string): CompiledRule {
  if (typeof rule !== 'object' || rule === null) expected(`\`${name}\` to be an object`, rule);
  const { concurrency = Number.POSITIVE_INFINITY, key, rate, url } = rule;
  if (typeof concurrency === 'number') {
    if (concurrency !== Number.POSITIVE_INFINITY) checkInteger(`${name}.concurrency`, concurrency, 1);
  } else checkType(`${name}.concurrency.start`, concurrency?.start ?? null, 'function');
  let gap = 0;
  let tolerance = 0;
  if (rate) {
    const { burst = 1, interval, requests } = rate;
    checkInteger(`${name}.rate.requests`, requests ?? null, 1);
    checkDuration(`${name}.rate.interval`, interval ?? null);
    checkInteger(`${name}.rate.burst`, burst, 1);
    gap = interval / requests;
    tolerance = gap * (burst - 1);
  }
  const part = partOf(key, name);
  const place = typeof url === 'string' || url instanceof URL ? placeOf(url, name) : undefined;
  const own = `${place ? place.origin + place.path : `#${index}`} `;
  return {
    name: own,
    matches: place ? (other) => isIn(other, place) : matcher(url as LimitRule['url'], name),
    keyOf: (other) => own + part(other),
    concurrency,
    gap,
    tolerance,
    place,
  };
}

function partOf(key: LimitRule['key'], name: string): (url: URL) => string {
  if (key === undefined) return () => '';
  if (key === 'host') return ({ hostname }) => hostname;
  if (key === 'origin') return ({ origin }) => origin;
  return typeof key === 'function' ? key : expected(`\`${name}.key\` to be 'host', 'origin' or a function`, key);
}

function placeOf(url: string | URL, name: string): Place {
  const { hash, origin, password, pathname, protocol, search, username } = URL.canParse(url)
    ? new URL(url)
    : expected(`\`${name}.url\` to be a URL`, url);
  if (!/^https?:$/.test(protocol)) expected(`\`${name}.url\` to begin with http: or https:`, protocol);
  if (hash || search || username || password) {
    expected(`\`${name}.url\` to have neither a query, a fragment nor a credential`, 'one with it');
  }
  return { origin, path: pathname.replace(/\/$/, '') };
}

function matcher(url: LimitRule['url'], name: string): (url: URL) => boolean {
  if (url === undefined) return () => true;
  if (typeof url === 'function') return url;
  const pattern = url as { test(url: string): boolean };
  checkType(`${name}.url.test`, pattern?.test ?? null, 'function');
  // A regular expression that remembers where it was matches every second URL.
  return ({ href }) => (pattern instanceof RegExp ? href.search(pattern) >= 0 : pattern.test(href));
}

function isIn({ origin, pathname }: URL, place: Place): boolean {
  if (origin !== place.origin || !pathname.startsWith(place.path)) return false;
  return pathname.length === place.path.length || pathname[place.path.length] === '/';
}

function covers({ place }: CompiledRule, { place: other }: CompiledRule): boolean {
  return (
    place !== undefined && other !== undefined && isIn({ origin: other.origin, pathname: other.path } as URL, place)
  );
}
