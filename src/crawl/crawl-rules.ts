import { ConfigurationError, checkDuration, checkInteger, checkType, expected } from '../errors/index.ts';
import type { CrawlOptions } from './crawl-options.ts';

/** Refuses options of a crawl that cannot work. What scopes, filters and politeness are made of is checked there. */
export function checkCrawlOptions(options: CrawlOptions): void {
  const { concurrency, fetcher, frontier, handler, handlerTimeout, leaseTtl, maxDepth, maxLeased } = options;
  const { maxRequests, onFailure, perHost, polite, retryDelay, signal } = options;
  checkType('handler', handler ?? null, 'function');
  checkType('onFailure', onFailure, 'function');
  if (frontier !== undefined) checkType('frontier.lease', frontier?.lease ?? null, 'function');
  checkInteger('maxDepth', maxDepth, 0);
  if (maxRequests !== Number.POSITIVE_INFINITY) checkInteger('maxRequests', maxRequests, 1);
  checkInteger('maxLeased', maxLeased, 1);
  checkInteger('perHost', perHost, 1);
  checkDuration('leaseTtl', leaseTtl);
  checkDuration('retryDelay', retryDelay);
  checkDuration('handlerTimeout', handlerTimeout);
  if (signal && typeof signal.aborted !== 'boolean') expected('`signal` to be an AbortSignal', signal);
  if (fetcher && (polite || concurrency !== undefined)) {
    throw new ConfigurationError('Expected either a `fetcher` or `polite` and `concurrency`, got both');
  }
  if (fetcher) checkType('fetcher.enqueue', fetcher.enqueue ?? null, 'function');
  else if (!polite) throw new ConfigurationError('Expected a `fetcher`, or `polite` with a `userAgent`, got neither');
}
