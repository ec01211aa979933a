import {
  ConnectionError,
  isConnectionError,
  isTimeoutError,
  PrivateNetworkError,
  RedirectError,
} from '../errors/index.ts';
import { guard } from './events.ts';
import { pathOf } from './fetch-result.ts';
import { FetchTask } from './fetch-task.ts';
import type { Later } from './later/index.ts';
import type { Needs } from './later/needs.ts';
import { Line } from './line.ts';
import { Ring } from './ring.ts';

const needs: Needs = {
  FetchTask,
  guard,
  isConnectionError,
  isTimeoutError,
  Line,
  PrivateNetworkError,
  pathOf,
  RedirectError,
  Ring,
};
let loaded: Promise<Later> | undefined;

/**
 * What most answers need no code for: redirects, other tries, rests that servers ask for, hooks, gates, caches and
 * bodies that are handed over. It is loaded with the first that does, and at the start where the network may vanish.
 *
 * @throws ConnectionError when it cannot be loaded; the next call tries again.
 */
export function later(): Promise<Later> {
  loaded ??= import('./later/index.ts').then(
    ({ functions }) => functions(needs),
    (cause: unknown) => {
      loaded = undefined;
      throw new ConnectionError('The code that this request needs was not loaded', { cause });
    },
  );
  return loaded;
}
