import { hasCode, TidewayError } from './TidewayError.ts';

/** Bytes that are not what they should be, such as a line that is not JSON. The text itself is never shown. */
export class DecodeError extends TidewayError {
  override get code(): string {
    return 'ERR_DECODE';
  }

  /** The line of the read, counted from 1, blank lines included. */
  readonly line: number;
  /** The character of that line at which it stops making sense, counted from 0. */
  readonly position: number;

  constructor(what: string, line: number, position: number) {
    super(`Expected ${what} in line ${line}, which stops being so at position ${position}`);
    this.line = line;
    this.position = position;
  }
}

/** Whether a value is a {@link DecodeError}. */
export function isDecodeError(error: unknown): error is DecodeError {
  return hasCode(error, 'ERR_DECODE');
}
