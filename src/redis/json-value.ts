import { DecodeError, expected, RecordTooLargeError } from '../errors/index.ts';

/** The JSON of a value, not longer than so many bytes. */
export function encodeValue(value: unknown, what: string, maxBytes: number): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch {}
  if (json === undefined) return expected('a record to be something that JSON can hold', typeof value);
  // A character is three bytes at most; only what may be too long is measured.
  if (json.length > maxBytes || (json.length * 3 > maxBytes && new TextEncoder().encode(json).length > maxBytes)) {
    throw new RecordTooLargeError(what, maxBytes);
  }
  return json;
}

/** What was stored as JSON. Other programs may have stored something else. */
export function decodeValue(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new DecodeError('JSON', 1, 0);
  }
}
