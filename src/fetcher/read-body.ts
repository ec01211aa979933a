/** What reads chunks. */
export type ChunkReader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

/**
 * Reads a body to its end. `onChunk` is told of every chunk and may throw to end the reading.
 */
export async function readBody(
  reader: ChunkReader,
  onChunk: (length: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (let result = await reader.read(); !result.done; result = await reader.read()) {
    const { value } = result;
    onChunk(value.length);
    chunks.push(value);
    size += value.length;
  }
  const [only] = chunks;
  if (chunks.length === 1 && only) return only;
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
