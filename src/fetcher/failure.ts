import { TidewayError } from '../errors/index.ts';

/** What a task ends with that was given up: an abort may have any reason. */
export function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new TidewayError('The task was ended', { cause: reason });
}
