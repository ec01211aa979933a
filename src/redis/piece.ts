type Bytes = Uint8Array<ArrayBuffer>;

/** How many bytes become characters at once: a call takes so many arguments. */
const AT_ONCE = 8_192;

/**
 * Bytes as text that JSON and Redis can carry: text in UTF-8 as it is, anything else in base64. The first character says
 * which.
 */
export function encodePiece(bytes: Bytes): string {
  try {
    return `t${new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)}`;
  } catch {}
  let binary = '';
  for (let at = 0; at < bytes.length; at += AT_ONCE) {
    binary += String.fromCharCode(...bytes.subarray(at, at + AT_ONCE));
  }
  return `b${btoa(binary)}`;
}

/** What it was made of. */
export function decodePiece(piece: string): Bytes {
  if (piece.startsWith('t')) return new TextEncoder().encode(piece.slice(1));
  const binary = atob(piece.slice(1));
  // Several times as fast as `Uint8Array.from`.
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
