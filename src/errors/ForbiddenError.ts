import { ApiError } from './ApiError.ts';
import { hasCode } from './TidewayError.ts';

/** Status 403: the credential is valid, but not for this. */
export class ForbiddenError extends ApiError {
  override readonly code: string = 'ERR_FORBIDDEN';

  override get name(): string {
    return 'ForbiddenError';
  }
}

/** Whether a value is a {@link ForbiddenError}. */
export function isForbiddenError(error: unknown): error is ForbiddenError {
  return hasCode(error, 'ERR_FORBIDDEN');
}
