import { type Bytes, emptyBytes, joinBytes, strictDecoder } from './bytes.ts';
import { parseJson } from './parse-json.ts';
import { Refusal } from './refusal.ts';

// With a reader: not every browser can iterate over a stream.
async function collect(body: ReadableStream<Uint8Array>, limit: number): Promise<Bytes> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return joinBytes(pieces);
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      throw tooLarge(limit);
    }
    pieces.push(value);
  }
}

function tooLarge(limit: number): Refusal {
  return new Refusal(413, `Request body too large - max ${limit} bytes`);
}

async function readBytes(request: Request, limit: number): Promise<Bytes> {
  // Firefox has no `body` on requests.
  const { body }: { readonly body?: ReadableStream<Uint8Array> | null } = request;
  if (body !== undefined) return body === null ? emptyBytes : collect(body, limit);
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.length > limit) throw tooLarge(limit);
  return bytes;
}

async function decompress(bytes: Bytes, limit: number): Promise<Bytes> {
  try {
    return await collect(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')), limit);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(400, 'Error parsing data, the body is not gzip');
  }
}

/** The body of a request, decompressed. `limit` bounds it before and after decompression. */
export async function readBody(request: Request, limit: number): Promise<Bytes> {
  const coding = request.headers.get('content-encoding')?.trim().toLowerCase() || 'identity';
  if (coding !== 'identity' && coding !== 'gzip') {
    throw new Refusal(415, `Unsupported content-encoding: ${coding.slice(0, 100)}`);
  }
  const raw = await readBytes(request, limit);
  return coding === 'gzip' && raw.length > 0 ? decompress(raw, limit) : raw;
}

/** The body of a request, decompressed, as text. */
export async function readText(request: Request, limit: number): Promise<string> {
  const bytes = await readBody(request, limit);
  try {
    return strictDecoder.decode(bytes);
  } catch {
    throw new Refusal(400, 'Error parsing data, the body is not UTF-8');
  }
}

/** One value of a body of JSON lines, with the text it was parsed from. */
export interface JsonLine {
  readonly value: unknown;
  readonly text: string;
}

/** The JSON values of a body, one a line; empty lines do not count. */
export function parseLines(text: string): JsonLine[] {
  const lines: JsonLine[] = [];
  let number = 0;
  for (const line of text.split('\n')) {
    number += 1;
    const trimmed = line.trim();
    if (trimmed === '') continue;
    try {
      lines.push({ value: parseJson(trimmed), text: trimmed });
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw new Refusal(400, `Error parsing data, invalid JSON on line ${number}`);
    }
  }
  return lines;
}

/** The one JSON value of a body. */
export function parseValue(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(400, 'Error parsing data, the body is not JSON');
  }
}
