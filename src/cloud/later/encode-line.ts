import type { Path } from '../../http/index.ts';
import { encodeRecord } from './encode-record.ts';
import type { Needs } from './needs.ts';

/** A record that is sent to a path as a line of JSON, of at most so many bytes of UTF-8. */
export function encodeLine(record: unknown, path: Path, maxBytes: number, needs: Needs): string {
  const line = encodeRecord(record, (message) => new needs.ConfigurationError(message));
  // A character has at most three bytes.
  if (line.length * 3 > maxBytes) {
    const { length } = new TextEncoder().encode(line);
    if (length > maxBytes) {
      throw new needs.ValueTooLargeError({
        status: 413,
        method: 'POST',
        path,
        message: `Expected a record of at most ${maxBytes} bytes of JSON, got ${length}`,
      });
    }
  }
  return line;
}
