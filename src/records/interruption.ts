import {
  isApiError,
  isConnectionError,
  isRedirectError,
  isStreamInterruptedError,
  isTimeoutError,
  StreamInterruptedError,
} from '../errors/index.ts';

/** Whether an error is a connection that broke, which another one may replace. */
export function isBreak(error: unknown): boolean {
  return isConnectionError(error) || (isTimeoutError(error) && error.phase !== 'deadline');
}

/** Whether an error is an answer that is none of the records asked for. */
export function isRefusal(error: unknown): boolean {
  return isApiError(error) || isRedirectError(error);
}

/** The error of a read whose parts break on their own: a part knows its own records only. */
export function interruption(
  what: string,
  error: unknown,
  progress: { readonly delivered: number; readonly lastKey: string | undefined },
): unknown {
  if (isStreamInterruptedError(error)) return new StreamInterruptedError(what, progress, error.cause);
  // A part takes its first answer for that of the read; behind records that were delivered it is an interruption.
  const isPart = progress.delivered > 0 && (isBreak(error) || isRefusal(error));
  return isPart ? new StreamInterruptedError(what, progress, error) : error;
}
