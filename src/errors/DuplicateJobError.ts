import { ApiError } from './ApiError.ts';
import { hasCode } from './TidewayError.ts';

/** The same job is already scheduled or running. */
export class DuplicateJobError extends ApiError {
  override get code(): string {
    return 'ERR_DUPLICATE_JOB';
  }
}

/** Whether a value is a {@link DuplicateJobError}. */
export function isDuplicateJobError(error: unknown): error is DuplicateJobError {
  return hasCode(error, 'ERR_DUPLICATE_JOB');
}
