/**
 * The encoding that the first bytes of a text tell: its mark, or in which places they are zero, which in text that begins
 * with ASCII is UTF-16 without one. UTF-8 where they say nothing.
 */
export function encodingOf([first, second]: Uint8Array): string {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le';
  return (first === 0xfe && second === 0xff) || (first === 0 && second !== undefined && second !== 0)
    ? 'utf-16be'
    : 'utf-8';
}

/** The same of XML, whose first line may name its encoding; what is no name of one counts as none. */
export function xmlEncodingOf(bytes: Uint8Array): string {
  const encoding = encodingOf(bytes);
  if (encoding !== 'utf-8') return encoding;
  const line = String.fromCharCode(...bytes.subarray(0, XML_DECLARATION));
  const name = /^\s*<\?xml\s[^>]*\bencoding\s*=\s*["']([\w.:-]+)["']/.exec(line)?.[1] ?? encoding;
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return encoding;
  }
}

/** In how many bytes the declaration of XML stands. */
export const XML_DECLARATION = 128;
