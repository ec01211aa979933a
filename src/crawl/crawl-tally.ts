import type { FetchResult } from '../fetcher/fetch-result.ts';
import type { CrawlFailure, CrawlSummary } from './crawl-options.ts';
import type { FrontierTask } from './frontier-task.ts';

/** How many failures are kept. */
const MAX_FAILURES = 1_000;

/** What a crawl has done so far. */
export class CrawlTally {
  readonly counts = { pages: 0, failed: 0, retried: 0, disallowed: 0, skipped: 0, outside: 0, added: 0 };
  readonly #failures: CrawlFailure[] = [];

  /** Notes a page that was given up. */
  fail(task: FrontierTask, result: FetchResult, error: unknown): CrawlFailure {
    const failure = { task, result, error };
    this.counts.failed++;
    if (this.#failures.length < MAX_FAILURES) this.#failures.push(failure);
    return failure;
  }

  /** `left` is how many URLs the frontier still has. */
  summary(left: number): CrawlSummary {
    return { reason: left === 0 ? 'done' : 'maxRequests', ...this.counts, failures: this.#failures, left };
  }
}
