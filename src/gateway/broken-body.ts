type Bytes = Uint8Array<ArrayBuffer>;
type Pipe = { readonly readable: ReadableStream<Bytes>; readonly writable: WritableStream<Bytes> };

/** What no JSON text ends with. */
const UNFINISHED: Bytes = new TextEncoder().encode('{');

/**
 * A body whose break reaches the client. Most runtimes break the connection where a body breaks. Workers end it as if it
 * were whole, and Bun does so now and then: there an unfinished record is left at the end of JSON lines, which a reader
 * takes for what it is, and asks for the rest.
 */
export function withBreaks(body: ReadableStream<Bytes>, type: string | null): ReadableStream<Bytes> {
  const { Bun, IdentityTransformStream: Identity } = globalThis as {
    readonly Bun?: unknown;
    readonly IdentityTransformStream?: new () => Pipe;
  };
  if (!/jsonlines/i.test(type ?? '')) return body;
  if (Identity) return marked(body, new Identity());
  return Bun === undefined ? body : marked(body, new TransformStream<Bytes, Bytes>());
}

function marked(body: ReadableStream<Bytes>, { readable, writable }: Pipe): ReadableStream<Bytes> {
  const pipe = async (): Promise<void> => {
    try {
      await body.pipeTo(writable, { preventAbort: true });
    } catch {
      const writer = writable.getWriter();
      await writer.write(UNFINISHED);
      await writer.close();
    }
  };
  // When the client has left there is nobody to tell.
  pipe().catch(() => {});
  return readable;
}
