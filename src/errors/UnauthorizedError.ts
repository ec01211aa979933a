import { ApiError } from './ApiError.ts';
import { hasCode } from './TidewayError.ts';

/** Status 401: the credential is missing, wrong or no longer valid. */
export class UnauthorizedError extends ApiError {
  override get code(): string {
    return 'ERR_UNAUTHORIZED';
  }
}

/** Whether a value is a {@link UnauthorizedError}. */
export function isUnauthorizedError(error: unknown): error is UnauthorizedError {
  return hasCode(error, 'ERR_UNAUTHORIZED');
}
