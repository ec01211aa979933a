import { ConfigurationError, checkInteger, checkType, expected } from '../errors/index.ts';
import type { FetcherOptions } from './options.ts';

/** The methods of parts that may be the user's own. */
const METHODS = ['policy.next', 'policy.push', 'limiter.acquire', 'breaker.admit', 'cache.get'] as const;

/** Refuses options of a fetcher that cannot work; those of single requests have a check of their own. */
export function checkOptions(options: FetcherOptions): void {
  if (typeof options !== 'object' || options === null) expected('the options to be an object', options);
  const { autoStart = true, concurrency, limiter, limits, maxQueueSize, signal } = options;
  checkInteger('concurrency', concurrency, 1);
  checkInteger('maxQueueSize', maxQueueSize, 1);
  for (const name of METHODS) {
    const [part, method] = name.split('.') as ['policy', 'next'];
    if (options[part] !== undefined) checkType(name, options[part]?.[method] ?? null, 'function');
  }
  if (typeof autoStart !== 'boolean') expected('`autoStart` to be a boolean', autoStart);
  if (limiter && limits) throw new ConfigurationError('Expected either `limits` or a `limiter`, got both');
  if (signal && typeof signal.aborted !== 'boolean') expected('`signal` to be an AbortSignal', signal);
}
