import { BodyTooLargeError, TidewayError } from '../errors/index.ts';
import { XML_DECLARATION, xmlEncodingOf } from './text-encoding.ts';

/** Either of these ends what may tell of an encoding. */
const TAG_END = 0x3e;
const LINE_END = 0x0a;

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
  /** What came before the encoding could be told: a few bytes may come one by one. */
  let head: Uint8Array<ArrayBuffer> = new Uint8Array();
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
      if (decoder) {
        yield decoder.decode(value, { stream: true });
        continue;
      }
      head = joined(head, value);
      if (head.length < XML_DECLARATION && !head.includes(TAG_END) && !head.includes(LINE_END)) continue;
      decoder = new TextDecoder(xmlEncodingOf(head));
      yield decoder.decode(head, { stream: true });
    }
    yield decoder ? decoder.decode() : new TextDecoder(xmlEncodingOf(head)).decode(head);
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

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
