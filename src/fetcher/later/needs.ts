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
 * would cut what both import into pieces of its own, which compress worse.
 */
export interface Needs {
  readonly BodyTooLargeError: typeof errors.BodyTooLargeError;
  readonly ConnectionError: typeof errors.ConnectionError;
  readonly errorOf: typeof failure.errorOf;
  readonly expected: typeof errors.expected;
  readonly FetchTask: typeof tasks.FetchTask;
  readonly guard: typeof events.guard;
  readonly isBrowser: typeof runtime.isBrowser;
  readonly isTidewayError: typeof errors.isTidewayError;
  readonly Lanes: typeof lanes.Lanes;
  readonly Line: typeof lines.Line;
  readonly PrivateNetworkError: typeof errors.PrivateNetworkError;
  readonly pathOf: typeof results.pathOf;
  readonly RedirectError: typeof errors.RedirectError;
  readonly Ring: typeof rings.Ring;
  readonly Sending: typeof sendings.Sending;
  readonly TimeoutError: typeof errors.TimeoutError;
}

export type FetchTask = tasks.FetchTask;
export type Line = lines.Line;
export type Lanes<T> = lanes.Lanes<T>;
export type Ring<T> = rings.Ring<T>;
export type Sending = sendings.Sending;

export let BodyTooLargeError: Needs['BodyTooLargeError'];
export let ConnectionError: Needs['ConnectionError'];
export let errorOf: Needs['errorOf'];
export let expected: Needs['expected'];
export let FetchTask: Needs['FetchTask'];
export let guard: Needs['guard'];
export let isBrowser: Needs['isBrowser'];
export let isTidewayError: Needs['isTidewayError'];
export let Lanes: Needs['Lanes'];
export let Line: Needs['Line'];
export let PrivateNetworkError: Needs['PrivateNetworkError'];
export let pathOf: Needs['pathOf'];
export let RedirectError: Needs['RedirectError'];
export let Ring: Needs['Ring'];
export let Sending: Needs['Sending'];
export let TimeoutError: Needs['TimeoutError'];

/** Takes what is handed over, before anything of it is used. */
export function receive(needs: Needs): void {
  ({
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
  } = needs);
}
