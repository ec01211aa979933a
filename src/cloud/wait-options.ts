import type { CallOptions } from '../http/index.ts';

/** How a state is waited for. */
export interface WaitOptions extends Omit<CallOptions, 'timeout'> {
  /** The longest wait, in milliseconds. No limit by default. */
  readonly timeout?: number;
  /** The wait between two looks, in milliseconds. @default 5_000 */
  readonly interval?: number;
}
