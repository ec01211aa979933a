import type { hasCode, isApiError, isBreak, StreamInterruptedError } from '../errors/index.ts';

/** What telling of interruptions needs of errors. It is handed over: this file is loaded with what decodes. */
export interface InterruptionErrors {
  readonly hasCode: typeof hasCode;
  readonly isApiError: typeof isApiError;
  readonly isBreak: typeof isBreak;
  readonly StreamInterruptedError: typeof StreamInterruptedError;
}

/** How far a read has come. */
interface Reached {
  readonly delivered: number;
  readonly lastKey: string | undefined;
}

/** Whether an error is an answer that is none of the records asked for. */
export function isRefusal({ hasCode, isApiError }: InterruptionErrors, error: unknown): boolean {
  return isApiError(error) || hasCode(error, 'ERR_REDIRECT');
}

/** The error of a read that is given up. */
export function interrupted(
  { StreamInterruptedError }: InterruptionErrors,
  what: string,
  progress: Reached,
  cause: unknown,
): StreamInterruptedError {
  const last = progress.lastKey === undefined ? '' : `, the last one \`${progress.lastKey}\``;
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  const message = `${what} was interrupted after ${progress.delivered} records${last}${why}`;
  return new StreamInterruptedError(message, progress, cause);
}

/** The error of a read whose parts break on their own: a part knows its own records only. */
export function interruption(errors: InterruptionErrors, what: string, error: unknown, progress: Reached): unknown {
  if (errors.hasCode(error, 'ERR_STREAM_INTERRUPTED')) {
    return interrupted(errors, what, progress, (error as StreamInterruptedError).cause);
  }
  // A part takes its first answer for that of the read; behind records that were delivered it is an interruption.
  const isPart = progress.delivered > 0 && (errors.isBreak(error) || isRefusal(errors, error));
  return isPart ? interrupted(errors, what, progress, error) : error;
}
