import { DecodeError, loaded, notJson, RecordTooLargeError } from '../errors/index.ts';
import type { Framer, FramingOptions } from './framing.ts';

/** A framer of lines, whose code is loaded with the first one. */
export async function lineFramer<T>(
  { maxRecordBytes }: FramingOptions,
  parse?: (line: string) => unknown,
): Promise<Framer<T>> {
  const { JsonLines } = await loaded(import('../records/json-lines.ts'));
  return new JsonLines<T>(maxRecordBytes, { DecodeError, notJson, RecordTooLargeError }, parse);
}
