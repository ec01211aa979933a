import { hasCode, TidewayError } from './TidewayError.ts';

/** No answer came: the name did not resolve, the connection was refused, reset or cut. `cause` tells more. */
export class ConnectionError extends TidewayError {
  override get code(): string {
    return 'ERR_CONNECTION';
  }

  /** tideway's own id of the request, the same over all its tries. */
  readonly requestId: string | undefined;

  constructor(message: string, options: ErrorOptions & { requestId?: string } = {}) {
    super(message, options);
    this.requestId = options.requestId;
  }
}

/** Whether a value is a {@link ConnectionError}. */
export function isConnectionError(error: unknown): error is ConnectionError {
  return hasCode(error, 'ERR_CONNECTION');
}
