import type * as errors from '../../errors/index.ts';
import type * as runtime from '../../http/runtime.ts';
import type * as events from '../events.ts';
import type * as failure from '../failure.ts';
import type * as results from '../fetch-result.ts';
import type * as tasks from '../fetch-task.ts';
import type * as lanes from '../lanes.ts';
import type * as lines from '../line.ts';
import type * as rings from '../ring.ts';
import type * as sendings from '../sending.ts';

/**
 * What functions that are loaded later use of the code that is there from the start. It is handed to them: bundlers
 * would cut what both import into pieces of its own, which compress worse. By place: names cost more than what they name.
 */
export type Needs = readonly [
  BodyTooLargeError: typeof errors.BodyTooLargeError,
  ConnectionError: typeof errors.ConnectionError,
  errorOf: typeof failure.errorOf,
  expected: typeof errors.expected,
  FetchTask: typeof tasks.FetchTask,
  guard: typeof events.guard,
  isBrowser: typeof runtime.isBrowser,
  isTidewayError: typeof errors.isTidewayError,
  Lanes: typeof lanes.Lanes,
  Line: typeof lines.Line,
  PrivateNetworkError: typeof errors.PrivateNetworkError,
  pathOf: typeof results.pathOf,
  RedirectError: typeof errors.RedirectError,
  Ring: typeof rings.Ring,
  Sending: typeof sendings.Sending,
  TimeoutError: typeof errors.TimeoutError,
];

export type FetchTask = tasks.FetchTask;
export type Line = lines.Line;
export type Lanes<T> = lanes.Lanes<T>;
export type Ring<T> = rings.Ring<T>;
export type Sending = sendings.Sending;

export let BodyTooLargeError: typeof errors.BodyTooLargeError;
export let ConnectionError: typeof errors.ConnectionError;
export let errorOf: typeof failure.errorOf;
export let expected: typeof errors.expected;
export let FetchTask: typeof tasks.FetchTask;
export let guard: typeof events.guard;
export let isBrowser: typeof runtime.isBrowser;
export let isTidewayError: typeof errors.isTidewayError;
export let Lanes: typeof lanes.Lanes;
export let Line: typeof lines.Line;
export let PrivateNetworkError: typeof errors.PrivateNetworkError;
export let pathOf: typeof results.pathOf;
export let RedirectError: typeof errors.RedirectError;
export let Ring: typeof rings.Ring;
export let Sending: typeof sendings.Sending;
export let TimeoutError: typeof errors.TimeoutError;

/** Takes what is handed over, before anything of it is used. */
export function receive(needs: Needs): void {
  [
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
  ] = needs;
}
