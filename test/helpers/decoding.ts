import type { TidewayError } from 'tideway';
import { DecodeError, notJson, RecordTooLargeError } from '../../src/errors/index.ts';
import { JsonLines } from '../../src/records/json-lines.ts';

/** What a decoder made of chunks. */
export interface Decoded {
  readonly records: unknown[];
  /** The lines of the records. */
  readonly lines: string[];
  readonly failure: TidewayError | undefined;
}

/** Decodes chunks of bytes, up to their end or the first failure. */
export async function decode(
  chunks: Iterable<Uint8Array>,
  maxRecordBytes: number = Number.MAX_SAFE_INTEGER,
  parse?: (line: string) => unknown,
): Promise<Decoded> {
  const decoder = new JsonLines<unknown>(maxRecordBytes, { DecodeError, notJson, RecordTooLargeError }, parse);
  const records: unknown[] = [];
  const lines: string[] = [];
  const take = (batch: { readonly records: unknown[]; readonly lines: readonly string[] }): void => {
    records.push(...batch.records);
    // More lines may follow when one of them is no record.
    lines.push(...batch.lines.slice(0, batch.records.length));
  };
  for (const chunk of chunks) {
    take(decoder.push(chunk));
    if (decoder.failure) return { records, lines, failure: await decoder.failure() };
  }
  take(decoder.end());
  return { records, lines, failure: await decoder.failure?.() };
}

/** The bytes of text. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}

/** Bytes, cut before each of the offsets. */
export function cutAt(bytes: Uint8Array, offsets: readonly number[]): Uint8Array[] {
  const sorted = [...new Set(offsets)].filter((offset) => offset <= bytes.length).sort((left, right) => left - right);
  const chunks: Uint8Array[] = [];
  let from = 0;
  for (const offset of [...sorted, bytes.length]) {
    chunks.push(bytes.slice(from, offset));
    from = offset;
  }
  return chunks;
}

/** Bytes, one in each chunk. */
export function singly(bytes: Uint8Array): Uint8Array[] {
  return cutAt(
    bytes,
    Array.from(bytes, (_, offset) => offset),
  );
}
