import { ApiError } from './ApiError.ts';
import { hasCode } from './TidewayError.ts';

/** Status 5xx: the server failed. */
export class ServerError extends ApiError {
  override get code(): string {
    return 'ERR_SERVER';
  }
}

/** Whether a value is a {@link ServerError}. */
export function isServerError(error: unknown): error is ServerError {
  return hasCode(error, 'ERR_SERVER');
}
