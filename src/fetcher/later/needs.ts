import type {
  BodyTooLargeError,
  ConnectionError,
  expected,
  isTidewayError,
  PrivateNetworkError,
  RedirectError,
  TimeoutError,
} from '../../errors/index.ts';
import type { guard } from '../events.ts';
import type { errorOf } from '../failure.ts';
import type { pathOf } from '../fetch-result.ts';
import type { FetchTask } from '../fetch-task.ts';
import type { Lanes } from '../lanes.ts';
import type { Line } from '../line.ts';
import type { Ring } from '../ring.ts';
import type { Sending } from '../sending.ts';

/**
 * What functions that are loaded later use of the code that is there from the start. It is handed to them: bundlers
 * would cut what both import into pieces of its own, which compress worse.
 */
export interface Needs {
  readonly BodyTooLargeError: typeof BodyTooLargeError;
  readonly ConnectionError: typeof ConnectionError;
  readonly errorOf: typeof errorOf;
  readonly expected: typeof expected;
  readonly FetchTask: typeof FetchTask;
  readonly guard: typeof guard;
  readonly isTidewayError: typeof isTidewayError;
  readonly Lanes: typeof Lanes;
  readonly Line: typeof Line;
  readonly PrivateNetworkError: typeof PrivateNetworkError;
  readonly pathOf: typeof pathOf;
  readonly RedirectError: typeof RedirectError;
  readonly Ring: typeof Ring;
  readonly Sending: typeof Sending;
  readonly TimeoutError: typeof TimeoutError;
}
