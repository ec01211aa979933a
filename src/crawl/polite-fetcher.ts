import { checkType } from '../errors/index.ts';
import { Fetcher } from '../fetcher/fetcher.ts';
import type { CrawlOptions } from './crawl-options.ts';
import { polite } from './polite.ts';
import type { PoliteEvent, PoliteOptions } from './polite-options.ts';

/** The fetcher of a crawl that was given none. `fail` is told of what the frontier fails with. */
export function politeFetcher(
  { concurrency, frontier, polite: given }: CrawlOptions,
  fail: (error: unknown) => void,
): Fetcher {
  // It was checked that they are there.
  const options = given as PoliteOptions;
  const { onEvent, robots = 'obey' } = options;
  checkType('onEvent', onEvent, 'function');
  const tell = (event: PoliteEvent): void => {
    // Whoever shares the frontier is to keep to it, too.
    if (event.type === 'crawlDelay') frontier?.setDelay?.(new URL(event.origin).hostname, event.delay).catch(fail);
    onEvent?.(event);
  };
  const policy = polite(frontier?.setDelay && robots === 'obey' ? { ...options, onEvent: tell } : options);
  return new Fetcher({ ...(concurrency !== undefined && { concurrency }), policy });
}
