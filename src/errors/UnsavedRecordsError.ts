import type { RecordRange } from './record-range.ts';
import { hasCode, TidewayError } from './TidewayError.ts';

/** Records that could not be stored: the tries are used up. They are handed back in `records`. */
export class UnsavedRecordsError extends TidewayError {
  override get code(): string {
    return 'ERR_UNSAVED_RECORDS';
  }

  /** The index at which the first of them would have been stored. */
  readonly start: number;
  /** Batches behind it that were stored all the same, where several were on their way. Their records are not in `records`. */
  readonly storedAfter: readonly RecordRange[];
  readonly #records: readonly unknown[];

  constructor(
    message: string,
    records: readonly unknown[],
    start: number,
    cause?: unknown,
    storedAfter: readonly RecordRange[] = [],
  ) {
    super(message, { cause });
    this.start = start;
    this.storedAfter = storedAfter;
    this.#records = records;
  }

  /** The records, in order. A getter on the prototype: printers do not show them. */
  get records(): readonly unknown[] {
    return this.#records;
  }
}

/** Whether a value is an {@link UnsavedRecordsError}. */
export function isUnsavedRecordsError(error: unknown): error is UnsavedRecordsError {
  return hasCode(error, 'ERR_UNSAVED_RECORDS');
}
