import { FetchTask } from '../fetcher/fetch-task.ts';
import type { CrawlOptions } from './crawl-options.ts';
import { patternsOf, type ScopeTest, scopeTest, testOf } from './crawl-scope.ts';
import { type FrontierInput, type FrontierTask, frontierTask, inputsOf, MAX_URL_LENGTH } from './frontier-task.ts';

/** Which links, and redirects, a crawl follows. */
export class CrawlLinks {
  readonly #excluded: readonly ((url: URL) => boolean)[];
  readonly #isInScope: ScopeTest;
  readonly #maxDepth: number;

  private constructor(excluded: readonly ((url: URL) => boolean)[], isInScope: ScopeTest, maxDepth: number) {
    this.#excluded = excluded;
    this.#isInScope = isInScope;
    this.#maxDepth = maxDepth;
  }

  /** @throws ConfigurationError for a scope, or something excluded, that is none. */
  static async of(options: CrawlOptions, start: readonly FrontierTask[]): Promise<CrawlLinks> {
    const { exclude = [], maxDepth = Number.POSITIVE_INFINITY, scope = 'host' } = options;
    const excluded = patternsOf(exclude).map(testOf);
    const urls = start.map(({ url }) => new URL(url));
    return new CrawlLinks(excluded, await scopeTest(scope, urls), maxDepth);
  }

  /** Whether a redirect of a page leads to where the crawl may go. */
  isInside(url: URL, { depth = 0, url: from }: FrontierTask): boolean {
    const isExcluded = this.#excluded.some((test) => test(url));
    // Where a crawl begins is often an address that leads to the right one.
    return !isExcluded && (depth === 0 || this.#isInScope(url, { from: new URL(from), depth }));
  }

  /**
   * What is to be stored of the links of a page, but for those that are not to be followed.
   *
   * @throws ConfigurationError for what is no link at all, and what a scope of the user's throws.
   */
  tasksOf(inputs: FrontierInput | Iterable<FrontierInput>, from: string, depth: number): FrontierTask[] {
    return inputsOf(inputs).flatMap((input) => this.#taskOf(input, from, depth) ?? []);
  }

  #taskOf(input: FrontierInput, from: string, depth: number): FrontierTask | undefined {
    const plain = typeof input === 'string' || input instanceof URL ? undefined : input;
    const text = plain ? plain.url : String(input);
    // What is no text is no link at all, but a mistake of the handler's.
    if (typeof text !== 'string') return frontierTask(input);
    if (!URL.canParse(text, from)) return undefined;
    const url = new URL(text, from);
    const { href, password, protocol, username } = url;
    // Not everything that pages link to is a page, or can be asked for.
    if (!/^https?:$/.test(protocol) || username || password || href.length > MAX_URL_LENGTH) return undefined;
    if (depth > this.#maxDepth || this.#excluded.some((test) => test(url))) return undefined;
    if (!this.#isInScope(url, { from: new URL(from), depth })) return undefined;
    const given = plain && { ...(plain instanceof FetchTask ? plain.toJSON() : plain), url: href, depth };
    return given ? frontierTask(given) : { url: href, depth };
  }
}
