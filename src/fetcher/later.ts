import {
  BodyTooLargeError,
  ConnectionError,
  expected,
  isTidewayError,
  PrivateNetworkError,
  RedirectError,
  TimeoutError,
} from '../errors/index.ts';
import { isBrowser } from '../http/runtime.ts';
import { guard } from './events.ts';
import { errorOf } from './failure.ts';
import { pathOf } from './fetch-result.ts';
import { FetchTask } from './fetch-task.ts';
import { Lanes } from './lanes.ts';
import type { Needs } from './later/needs.ts';
import { Line } from './line.ts';
import { Ring } from './ring.ts';
import { Sending } from './sending.ts';

/** What is handed over. */
export const needs: Needs = [
  BodyTooLargeError,
  ConnectionError,
  errorOf,
  expected,
  FetchTask,
  guard,
  isBrowser,
  isTidewayError,
  Lanes,
  Line,
  PrivateNetworkError,
  pathOf,
  RedirectError,
  Ring,
  Sending,
  TimeoutError,
];
/** How long the code is waited for, in milliseconds. */
const LOADING_TIME = 30_000;

type Later = typeof import('./later/index.ts');

let loaded: Promise<Later> | undefined;

/**
 * All that comes after a request was sent, and what only some requests need before: limits, gates, caches, hooks. It is
 * loaded beside the first request, and at the start where the network may vanish.
 *
 * @throws ConnectionError when it cannot be loaded, or not in time; the next call tries again.
 */
export function later(): Promise<Later> {
  loaded ??= new Promise<Later>((resolve, reject) => {
    const timer = setTimeout(reject, LOADING_TIME);
    import('./later/index.ts').then(resolve, reject).then(() => clearTimeout(timer));
  }).then(
    (code) => {
      code.receive(needs);
      return code;
    },
    (cause: unknown) => {
      loaded = undefined;
      throw new ConnectionError('The code that this request needs was not loaded', { cause });
    },
  );
  return loaded;
}
