type Bytes = Uint8Array<ArrayBuffer>;

/** Bodies are stored in pieces of so many bytes. */
const PIECE_BYTES: number = 256 * 1024;

/** A body in pieces of one size, the last one shorter, each of memory of its own. */
export async function* piecesOf(body: ReadableStream<Bytes>): AsyncGenerator<Bytes> {
  const reader = body.getReader();
  let piece = new Uint8Array(PIECE_BYTES);
  let filled = 0;
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      for (let from = 0; from < step.value.length; ) {
        const part = step.value.subarray(from, from + PIECE_BYTES - filled);
        piece.set(part, filled);
        filled += part.length;
        from += part.length;
        if (filled < PIECE_BYTES) continue;
        yield piece;
        piece = new Uint8Array(PIECE_BYTES);
        filled = 0;
      }
    }
    if (filled > 0) yield piece.slice(0, filled);
  } finally {
    // Whoever stops reading wants no more of it; of what has ended it is too late.
    reader.cancel().catch(() => {});
  }
}
