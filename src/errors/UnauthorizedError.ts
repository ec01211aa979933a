import { ApiError } from './ApiError.ts';
import { hasCode } from './TidewayError.ts';

/** Status 401: the credential is missing, wrong or no longer valid. */
export class UnauthorizedError extends ApiError {
  override readonly code: string = 'ERR_UNAUTHORIZED';

  override get name(): string {
    return 'UnauthorizedError';
  }
}

/** Whether a value is a {@link UnauthorizedError}. */
export function isUnauthorizedError(error: unknown): error is UnauthorizedError {
  return hasCode(error, 'ERR_UNAUTHORIZED');
}
