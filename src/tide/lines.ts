import type { Framing } from './framing.ts';
import { lineFramer } from './line-framer.ts';

/** Lines of text in UTF-8, without their LF or CRLF. Blank ones keep a connection alive and are no records. */
export function lines(): Framing<string> {
  return { open: (options) => lineFramer<string>(options, line) };
}

function line(text: string): string {
  const own = text.endsWith('\r') ? text.slice(0, -1) : text;
  // A line that is thrown at and that is blank is none.
  if (own === '') throw own;
  return own;
}
