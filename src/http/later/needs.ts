import type { apiErrorOf } from '../../errors/apiErrorOf.ts';
import type { BodyTooLargeError, isTidewayError, notJson, RedirectError, TimeoutError } from '../../errors/index.ts';
import type { broken } from '../broken.ts';
import type { Handed } from '../handed.ts';
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

/** The order in which they are handed over. */
const ORDER = [
  'apiErrorOf',
  'BodyTooLargeError',
  'broken',
  'isBrowser',
  'isTidewayError',
  'notJson',
  'RedirectError',
  'TimeoutError',
] as const;

/** {@link Needs} in their order. */
export type HandedNeeds = Handed<Needs, typeof ORDER>;

/** Gives what was handed over its names. */
export function named(handed: HandedNeeds): Pick<Needs, (typeof ORDER)[number]> {
  return Object.fromEntries(ORDER.map((name, place) => [name, handed[place]])) as unknown as Needs;
}
