import { hasCode, TidewayError } from './TidewayError.ts';

/** A record is larger than `maxRecordBytes`; it was not read to its end. */
export class RecordTooLargeError extends TidewayError {
  override get code(): string {
    return 'ERR_RECORD_TOO_LARGE';
  }

  /** The limit, in bytes. */
  readonly limit: number;

  constructor(what: string, limit: number) {
    super(`${what} is larger than \`maxRecordBytes\`, ${limit} bytes`);
    this.limit = limit;
  }
}

/** Whether a value is a {@link RecordTooLargeError}. */
export function isRecordTooLargeError(error: unknown): error is RecordTooLargeError {
  return hasCode(error, 'ERR_RECORD_TOO_LARGE');
}
