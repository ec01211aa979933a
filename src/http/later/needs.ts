import type { apiErrorOf } from '../../errors/apiErrorOf.ts';
import type { BodyTooLargeError, isTidewayError, notJson, RedirectError, TimeoutError } from '../../errors/index.ts';
import type { broken } from '../broken.ts';
import type { isBrowser } from '../runtime.ts';

/**
 * What the code that reads answers needs of the code that is loaded already. It is handed over: bundlers cut what is
 * imported from both sides out of what is loaded first, into pieces that compress worse.
 */
export interface Needs {
  readonly apiErrorOf: typeof apiErrorOf;
  readonly BodyTooLargeError: typeof BodyTooLargeError;
  readonly broken: typeof broken;
  readonly isBrowser: typeof isBrowser;
  readonly isTidewayError: typeof isTidewayError;
  readonly notJson: typeof notJson;
  readonly RedirectError: typeof RedirectError;
  readonly TimeoutError: typeof TimeoutError;
}
