import { ApiError } from './ApiError.ts';
import { hasCode } from './TidewayError.ts';

/** Status 429: too many requests; `retryAfter` tells for how long, where the server did. */
export class RateLimitError extends ApiError {
  override get code(): string {
    return 'ERR_RATE_LIMIT';
  }
}

/** Whether a value is a {@link RateLimitError}. */
export function isRateLimitError(error: unknown): error is RateLimitError {
  return hasCode(error, 'ERR_RATE_LIMIT');
}
