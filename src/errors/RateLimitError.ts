import { ApiError } from './ApiError.ts';
import { hasCode } from './TidewayError.ts';

/** Status 429: too many requests; `retryAfter` tells for how long, where the server did. */
export class RateLimitError extends ApiError {
  override readonly code: string = 'ERR_RATE_LIMIT';

  override get name(): string {
    return 'RateLimitError';
  }
}

/** Whether a value is a {@link RateLimitError}. */
export function isRateLimitError(error: unknown): error is RateLimitError {
  return hasCode(error, 'ERR_RATE_LIMIT');
}
