import { ApiError } from './ApiError.ts';
import { hasCode } from './TidewayError.ts';

/** Status 400: the server could not make sense of the request. */
export class BadRequestError extends ApiError {
  override readonly code: string = 'ERR_BAD_REQUEST';

  override get name(): string {
    return 'BadRequestError';
  }
}

/** Whether a value is a {@link BadRequestError}. */
export function isBadRequestError(error: unknown): error is BadRequestError {
  return hasCode(error, 'ERR_BAD_REQUEST');
}
