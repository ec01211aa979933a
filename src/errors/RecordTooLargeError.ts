import { hasCode, TidewayError } from './TidewayError.ts';

/** A record is larger than `maxRecordBytes`; it was not read to its end. */
export class RecordTooLargeError extends TidewayError {
  override readonly code: string = 'ERR_RECORD_TOO_LARGE';
  /** The limit, in bytes. */
  readonly limit: number;

  constructor(what: string, limit: number) {
    super(`${what} is larger than \`maxRecordBytes\`, ${limit} bytes`);
    this.limit = limit;
  }

  override get name(): string {
    return 'RecordTooLargeError';
  }
}

/** Whether a value is a {@link RecordTooLargeError}. */
export function isRecordTooLargeError(error: unknown): error is RecordTooLargeError {
  return hasCode(error, 'ERR_RECORD_TOO_LARGE');
}
