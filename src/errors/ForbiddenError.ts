import { ApiError } from './ApiError.ts';
import { hasCode } from './TidewayError.ts';

/** Status 403: the credential is valid, but not for this. */
export class ForbiddenError extends ApiError {
  override get code(): string {
    return 'ERR_FORBIDDEN';
  }
}

/** Whether a value is a {@link ForbiddenError}. */
export function isForbiddenError(error: unknown): error is ForbiddenError {
  return hasCode(error, 'ERR_FORBIDDEN');
}
