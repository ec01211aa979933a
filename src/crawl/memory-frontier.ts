import type { Frontier } from './frontier.ts';
import { LocalFrontier, type LocalFrontierOptions } from './local-frontier.ts';

/**
 * A {@link Frontier} in the memory of this process: what is left at its end is lost.
 *
 * @throws ConfigurationError for options that cannot work.
 */
export function memoryFrontier(options: LocalFrontierOptions = {}): Frontier {
  return new LocalFrontier(options);
}
