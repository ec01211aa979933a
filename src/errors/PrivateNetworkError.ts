import { hasCode, TidewayError } from './TidewayError.ts';

/** A request into a private network was refused. */
export class PrivateNetworkError extends TidewayError {
  override get code(): string {
    return 'ERR_PRIVATE_NETWORK';
  }
}

/** Whether a value is a {@link PrivateNetworkError}. */
export function isPrivateNetworkError(error: unknown): error is PrivateNetworkError {
  return hasCode(error, 'ERR_PRIVATE_NETWORK');
}
