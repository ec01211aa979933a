import { BodyTooLargeError, TidewayError } from '../errors/index.ts';
import { encodingOf } from './text-encoding.ts';

/** The text of a sitemap, out of gzip where it is in it, whatever its name or its headers say. */
export async function* sitemapText(
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  maxBytes: number,
  what: string,
): AsyncGenerator<string, void, undefined> {
  if (!body) return;
  const { bytes, isGzip } = await begun(body, maxBytes, what);
  const plain = isGzip ? bytes.pipeThrough(new DecompressionStream('gzip')) : bytes;
  const reader = plain.getReader();
  let decoder: TextDecoder | undefined;
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw isGzip && error instanceof TypeError
          ? new TidewayError(`${what} is no whole gzip`, { cause: error })
          : error;
      });
      if (done) break;
      size += value.length;
      if (size > maxBytes) throw new BodyTooLargeError(what, maxBytes);
      decoder ??= new TextDecoder(encodingOf(value));
      yield decoder.decode(value, { stream: true });
    }
    yield decoder?.decode() ?? '';
  } finally {
    // Without effect at the end; before it lets go of the connection.
    reader.cancel().catch(() => {});
  }
}

/** The same bytes, no more of them than a limit, and whether they begin as gzip does (RFC 1952, section 2.3.1). */
async function begun(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  maxBytes: number,
  what: string,
): Promise<{ readonly bytes: ReadableStream<Uint8Array<ArrayBuffer>>; readonly isGzip: boolean }> {
  const reader = body.getReader();
  const first: Uint8Array<ArrayBuffer>[] = [];
  const head: number[] = [];
  while (head.length < 2) {
    const { done, value } = await reader.read();
    if (done) break;
    first.push(value);
    head.push(...value.subarray(0, 2));
  }
  let size = 0;
  const bytes = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const value = first.shift() ?? (await reader.read()).value;
        if (!value) return controller.close();
        size += value.length;
        // Gzip may hold any number of blocks of nothing.
        if (size > maxBytes) throw new BodyTooLargeError(what, maxBytes);
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return { bytes, isGzip: head[0] === 0x1f && head[1] === 0x8b };
}
