import { BodyTooLargeError } from '../errors/index.ts';
import type { BodyReader } from './body-reader.ts';

/** Reads a body as text: what is beyond the limit, in bytes, is an error about `what`, or without it left out. */
export async function readText(body: BodyReader, limit: number, what?: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let room = limit;
  for (let chunk = await body.read(); chunk; chunk = await body.read()) {
    text += decoder.decode(chunk.subarray(0, room), { stream: true });
    room -= chunk.length;
    if (room < 0) {
      body.cancel();
      if (what) throw new BodyTooLargeError(what, limit);
      break;
    }
  }
  return text + decoder.decode();
}
