import { ApiError } from './ApiError.ts';
import { hasCode } from './TidewayError.ts';

/** Status 400: the server could not make sense of the request. */
export class BadRequestError extends ApiError {
  override get code(): string {
    return 'ERR_BAD_REQUEST';
  }
}

/** Whether a value is a {@link BadRequestError}. */
export function isBadRequestError(error: unknown): error is BadRequestError {
  return hasCode(error, 'ERR_BAD_REQUEST');
}
