import { ApiError } from './ApiError.ts';
import { hasCode } from './TidewayError.ts';

/** Status 413: a record is larger than the server takes (1 MiB). */
export class ValueTooLargeError extends ApiError {
  override get code(): string {
    return 'ERR_VALUE_TOO_LARGE';
  }
}

/** Whether a value is a {@link ValueTooLargeError}. */
export function isValueTooLargeError(error: unknown): error is ValueTooLargeError {
  return hasCode(error, 'ERR_VALUE_TOO_LARGE');
}
