import type { isConnectionError, isTimeoutError, PrivateNetworkError, RedirectError } from '../../errors/index.ts';
import type { guard } from '../events.ts';
import type { pathOf } from '../fetch-result.ts';
import type { FetchTask } from '../fetch-task.ts';
import type { Line } from '../line.ts';
import type { Ring } from '../ring.ts';

/**
 * What functions that are loaded later use of the code that is there from the start. It is handed to them: bundlers
 * would cut what both import into pieces of its own, which compress worse.
 */
export interface Needs {
  readonly FetchTask: typeof FetchTask;
  readonly guard: typeof guard;
  readonly isConnectionError: typeof isConnectionError;
  readonly isTimeoutError: typeof isTimeoutError;
  readonly Line: typeof Line;
  readonly PrivateNetworkError: typeof PrivateNetworkError;
  readonly pathOf: typeof pathOf;
  readonly RedirectError: typeof RedirectError;
  readonly Ring: typeof Ring;
}
