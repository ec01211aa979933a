import type { Framing } from './framing.ts';
import { lineFramer } from './line-framer.ts';

/** One JSON value a line (https://jsonlines.org), ended by LF or CRLF. Blank lines are no records. */
export function jsonLines<T = unknown>(): Framing<T> {
  return { open: (options) => lineFramer<T>(options) };
}
