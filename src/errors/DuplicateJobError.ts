import { ApiError } from './ApiError.ts';
import { hasCode } from './TidewayError.ts';

/** The same job is already scheduled or running. */
export class DuplicateJobError extends ApiError {
  override readonly code: string = 'ERR_DUPLICATE_JOB';

  override get name(): string {
    return 'DuplicateJobError';
  }
}

/** Whether a value is a {@link DuplicateJobError}. */
export function isDuplicateJobError(error: unknown): error is DuplicateJobError {
  return hasCode(error, 'ERR_DUPLICATE_JOB');
}
