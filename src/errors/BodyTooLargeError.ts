import { hasCode, TidewayError } from './TidewayError.ts';

/** A body is larger than `maxBodyBytes`; it was not read to its end. */
export class BodyTooLargeError extends TidewayError {
  override get code(): string {
    return 'ERR_BODY_TOO_LARGE';
  }

  /** The limit, in bytes. */
  readonly limit: number;

  constructor(what: string, limit: number) {
    super(`${what} is larger than \`maxBodyBytes\`, ${limit} bytes`);
    this.limit = limit;
  }
}

/** Whether a value is a {@link BodyTooLargeError}. */
export function isBodyTooLargeError(error: unknown): error is BodyTooLargeError {
  return hasCode(error, 'ERR_BODY_TOO_LARGE');
}
