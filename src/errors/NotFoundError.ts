import { ApiError } from './ApiError.ts';
import { hasCode } from './TidewayError.ts';

/** Status 404, or a server's way of saying that a thing does not exist. */
export class NotFoundError extends ApiError {
  override get code(): string {
    return 'ERR_NOT_FOUND';
  }
}

/** Whether a value is a {@link NotFoundError}. */
export function isNotFoundError(error: unknown): error is NotFoundError {
  return hasCode(error, 'ERR_NOT_FOUND');
}
