import { expected } from '../errors/index.ts';
import { loadSiteOf } from './site-key.ts';

/** What a scope function is told of a URL beside it. */
export interface ScopeContext {
  /** Where it was found: the page with the link, or what was redirected. Undefined of where a crawl begins. */
  readonly from: URL | undefined;
  /** How many links lead there. */
  readonly depth: number;
}

/**
 * Which URLs belong to a crawl: those of the hosts where it begins (ports do not count), of their sites (registrable
 * domains, with all subdomains), all, or those that match: an expression that is found in the URL, or a URL that stands
 * for everything below it, or your own answer.
 */
export type CrawlScope =
  | 'host'
  | 'site'
  | 'all'
  | RegExp
  | readonly (string | RegExp)[]
  | ((url: URL, context: ScopeContext) => boolean);

/** Whether a URL belongs to a crawl. */
export type ScopeTest = (url: URL, context: ScopeContext) => boolean;

/**
 * The test of a scope. A host from which a link leads to itself stays in the crawl: so does one to which the first URL
 * was redirected, also when the crawl is resumed.
 */
export async function scopeTest(scope: CrawlScope, start: readonly URL[]): Promise<ScopeTest> {
  if (typeof scope === 'function') return (url, context) => answerOf(scope(url, context));
  if (scope === 'all') return () => true;
  if (scope === 'host' || scope === 'site') {
    const keyOf = scope === 'site' ? await loadSiteOf() : ({ hostname }: URL) => hostname;
    const keys = new Set(start.map(keyOf));
    return (url, { from }) => keys.has(keyOf(url)) || (from !== undefined && keyOf(from) === keyOf(url));
  }
  const tests = patternsOf(scope).map(testOf);
  return (url) => tests.some((test) => test(url));
}

/** A list of patterns, checked. */
export function patternsOf(patterns: unknown): (string | RegExp)[] {
  const list = [patterns].flat();
  for (const pattern of list) {
    if (pattern instanceof RegExp || (typeof pattern === 'string' && URL.canParse(pattern))) continue;
    expected(
      "a scope to be 'host', 'site', 'all', a function, an expression, or a list of URLs and expressions",
      pattern,
    );
  }
  return list as (string | RegExp)[];
}

/** Whether a URL matches: by its parts, since `http://a.com` is no part of `http://a.com.evil.org`. */
export function testOf(pattern: string | RegExp): (url: URL) => boolean {
  if (pattern instanceof RegExp) {
    // One that is global or sticky would remember where it was.
    const expression = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
    return ({ href }) => expression.test(href);
  }
  const { origin, pathname } = new URL(pattern);
  const folder = pathname.endsWith('/') ? pathname : `${pathname}/`;
  return (url) => url.origin === origin && (url.pathname === pathname || url.pathname.startsWith(folder));
}

/** A promise would be true whatever it comes to. */
function answerOf(answer: unknown): boolean {
  const { then } = Object(answer) as { readonly then?: unknown };
  return typeof then === 'function' ? expected('`scope` to answer at once', answer) : Boolean(answer);
}
