import type { Records } from '../records/records.ts';

/**
 * Writes records to a stream, at the pace of the stream, which is closed at the end and aborted by an error; a stream
 * that fails ends the reading. Options are those of the platform's own `pipeTo`.
 */
export function pipeTo<T>(
  records: Records<T>,
  destination: WritableStream<T>,
  options?: Parameters<ReadableStream['pipeTo']>[1],
): Promise<void> {
  return records.toReadableStream().pipeTo(destination, options);
}
