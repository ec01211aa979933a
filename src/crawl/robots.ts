import { expected } from '../errors/index.ts';
import { comparable, comparablePath } from './robots-path.ts';
import { type RobotsRule, RuleSet } from './robots-rules.ts';

/** How much of a robots.txt is read, in bytes: 500 KiB, the least that RFC 9309, section 2.5, allows. */
export const MAX_ROBOTS_BYTES: number = 500 * 1024;
/** The most sitemaps of a robots.txt that are remembered. */
const MOST_SITEMAPS = 1_000;

/** What is written so often in place of `Disallow` that the big crawlers take it for that. */
const MISSPELT = /^(?:dis+al+ow|diasllow|disallaw)$/;

/** A robots.txt, as one crawler has to read it. */
export interface Robots {
  /** Sitemaps that it lists, for whoever reads it. */
  readonly sitemaps: readonly string[];
  /** The pause between two requests that it asks for, in milliseconds; undefined without one that makes sense. */
  readonly crawlDelay: number | undefined;
  /** Whether a URL may be fetched. Scheme, host and port are not looked at. */
  isAllowed(url: string | URL): boolean;
  /** The rule that counts for a URL; undefined where none does, and it is allowed. */
  ruleFor(url: string | URL): RobotsRule | undefined;
}

/**
 * Reads a robots.txt as RFC 9309 has it: all groups for the crawler's product token are one, `*` is for those without a
 * group, the longest rule that matches counts, and `Allow` wins a tie. What is no line of a robots.txt is passed over,
 * so that HTML and pictures allow everything.
 *
 * @param text Its text; only the first 500 KiB count.
 * @param userAgent A product token, or a whole `User-Agent`, such as `acme/1.0 (+https://acme.example/bot)`.
 * @throws ConfigurationError for a user agent that begins with no product token.
 */
export function parseRobots(text: string, userAgent: string): Robots {
  const token = productToken(userAgent);
  const own = new Group();
  const common = new Group();
  const sitemaps: string[] = [];
  /** The groups that the lines at hand belong to. */
  let groups: Set<Group> = new Set();
  let isNaming = false;
  for (const line of linesOf(text)) {
    const name = (/^(?:user agent|[\w-]+)/i.exec(line)?.[0] ?? '').toLowerCase();
    // Some forget the colon, and mean it.
    const value = line.slice(name.length).trimStart().replace(/^:/, '').trimStart();
    switch (name.replace(MISSPELT, 'disallow')) {
      case 'user-agent':
      case 'user agent':
      case 'useragent': {
        if (!isNaming) groups = new Set();
        isNaming = true;
        if (/^\*(?:\s|$)/.test(value)) groups.add(common);
        else if (tokenOf(value) === token) groups.add(own);
        break;
      }
      case 'allow':
      case 'disallow': {
        isNaming = false;
        for (const group of groups) group.add(name, value);
        break;
      }
      case 'crawl-delay': {
        isNaming = false;
        for (const group of groups) group.delay(value);
        break;
      }
      case 'sitemap':
      case 'site-map': {
        if (URL.canParse(value) && sitemaps.length < MOST_SITEMAPS) sitemaps.push(value);
        break;
      }
    }
    // Of groups without rules the name alone counts.
    if (isNaming) for (const group of groups) group.isNamed = true;
  }
  const { crawlDelay, rules } = own.isNamed ? own : common;
  const ruleFor = (url: string | URL): RobotsRule | undefined => {
    const path = comparablePath(new URL(url));
    // Whoever may not read it could not know (RFC 9309, section 2.2.2).
    return path === '/robots.txt' ? undefined : rules.find(path);
  };
  return {
    sitemaps,
    crawlDelay,
    ruleFor,
    isAllowed: (url) => ruleFor(url)?.isAllowed !== false,
  };
}

/**
 * The name by which robots.txt knows a crawler.
 *
 * @throws ConfigurationError
 */
export function productToken(userAgent: string): string {
  const token = typeof userAgent === 'string' ? tokenOf(userAgent) : '';
  return (
    token || expected("`userAgent` to begin with a name, such as 'acme/1.0 (+https://acme.example/bot)'", userAgent)
  );
}

/** RFC 9309 has letters, underscores and hyphens; crawlers with digits exist, too. */
function tokenOf(text: string): string {
  return (/^[\w-]+/.exec(text)?.[0] ?? '').toLowerCase();
}

class Group {
  readonly rules: RuleSet = new RuleSet();
  isNamed = false;
  crawlDelay: number | undefined;

  /** `name` is the one in the file, which may be misspelt. */
  add(name: string, value: string): void {
    // An empty rule is none. A path begins with a slash; many leave it out before a wildcard only.
    if (value === '') return;
    const pattern = comparable(/^[/*]/.test(value) ? value : `/${value}`);
    // A dollar sign is special at the end only.
    const isAllowed = name === 'allow';
    this.rules.add(pattern.replace(/\$(?=.)/g, '%24'), {
      text: `${isAllowed ? 'Allow' : 'Disallow'}: ${value}`,
      isAllowed,
    });
  }

  delay(value: string): void {
    const seconds = /^(?:\d+\.?\d*|\.\d+)$/.test(value) ? Number(value) : Number.NaN;
    if (Number.isFinite(seconds)) this.crawlDelay = Math.max(this.crawlDelay ?? 0, seconds * 1000);
  }
}

function* linesOf(text: string): Generator<string> {
  let end = text.length;
  if (end > MAX_ROBOTS_BYTES) {
    // Half a line would be another rule.
    end = Math.max(text.lastIndexOf('\n', MAX_ROBOTS_BYTES), text.lastIndexOf('\r', MAX_ROBOTS_BYTES), 0);
  }
  const ends = /[\r\n]|$/g;
  for (let start = text.startsWith('\ufeff') ? 1 : 0; start < end; ) {
    ends.lastIndex = start;
    const stop = Math.min(end, ends.exec(text)?.index ?? end);
    const line = text.slice(start, stop);
    const comment = line.indexOf('#');
    yield (comment < 0 ? line : line.slice(0, comment)).trim();
    start = stop + 1;
  }
}
