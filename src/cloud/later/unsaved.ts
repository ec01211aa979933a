import type { RecordRange, UnsavedRecordsError } from '../../errors/index.ts';
import type { Needs } from './needs.ts';

/** The error of records that were not stored, the first of which would have got the index `start`. */
export function unsaved(
  { UnsavedRecordsError }: Needs,
  what: string,
  records: readonly unknown[],
  start: number,
  cause: unknown,
  storedAfter?: readonly RecordRange[],
): UnsavedRecordsError {
  const message = `${what}: ${records.length} records from index ${start} were not stored`;
  return new UnsavedRecordsError(message, records, start, cause, storedAfter);
}
