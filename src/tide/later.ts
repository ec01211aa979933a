import { loaded } from '../errors/index.ts';

/**
 * Loads what a plain `records()` does not need: filling a queue, paces and quotas, reconnecting.
 *
 * @throws ConnectionError when the code cannot be loaded, as in a page that has lost its network; the next call tries
 * again.
 */
export function later(): Promise<typeof import('./later-parts.ts')> {
  return loaded(import('./later-parts.ts'));
}
