/** Bytes on memory that is not shared: what a `Response` takes. */
export type Bytes = Uint8Array<ArrayBuffer>;

export const encoder: TextEncoder = new TextEncoder();

/** Refuses what is not UTF-8, and keeps a byte order mark, which JSON does not allow either. */
export const strictDecoder: TextDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const emptyBytes: Bytes = new Uint8Array(0);
export const newline = 10;

/** Joins pieces to one array. */
export function joinBytes(pieces: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const joined = new Uint8Array(length);
  let position = 0;
  for (const piece of pieces) {
    joined.set(piece, position);
    position += piece.length;
  }
  return joined;
}

/** The number of bytes of a text in UTF-8, without encoding it. A lone surrogate counts as U+FFFD, as `TextEncoder` writes it. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let position = 0; position < text.length; position += 1) {
    const unit = text.charCodeAt(position);
    if (unit < 0x80) continue;
    if (unit < 0x800) length += 1;
    else {
      length += 2;
      const isPair = unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(position + 1) & 0xfc00) === 0xdc00;
      // Two units make four bytes; the second unit is counted already.
      if (isPair) position += 1;
    }
  }
  return length;
}
