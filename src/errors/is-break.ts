import { isConnectionError } from './ConnectionError.ts';
import { isTimeoutError } from './TimeoutError.ts';

/** Whether an error is a connection that broke, which another one may replace. */
export function isBreak(error: unknown): boolean {
  return isConnectionError(error) || (isTimeoutError(error) && error.phase !== 'deadline');
}
