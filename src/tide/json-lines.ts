import { DecodeError, notJson, RecordTooLargeError } from '../errors/index.ts';
import { JsonLines } from '../records/json-lines.ts';
import type { Framing } from './framing.ts';

/** One JSON value a line (https://jsonlines.org), ended by LF or CRLF. Blank lines are no records. */
export function jsonLines<T = unknown>(): Framing<T> {
  return {
    open: ({ maxRecordBytes }) => new JsonLines<T>(maxRecordBytes, { DecodeError, notJson, RecordTooLargeError }),
  };
}
