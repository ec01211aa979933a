/** Records that are stored by one request. */
export class Batch {
  /** The place of its first record among all that the writer accepted. */
  readonly from: number;
  readonly lines: readonly string[];
  /** Characters of JSON. */
  readonly size: number;
  /** The body, which is made while the batch before is on its way. */
  readonly body: Promise<Uint8Array<ArrayBuffer>>;
  sending = false;
  /** Aborted when a batch before it cannot be stored: it is not tried again. */
  readonly stop: AbortController = new AbortController();

  constructor(from: number, lines: readonly string[], size: number, gzip: boolean) {
    this.from = from;
    this.lines = lines;
    this.size = size;
    this.body = encodeBody(`${lines.join('\n')}\n`, gzip);
    // Awaited when it is sent.
    this.body.catch(() => {});
  }

  get end(): number {
    return this.from + this.lines.length;
  }
}

async function encodeBody(text: string, gzip: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(text);
  if (!gzip) return bytes;
  const compressed = new Response(bytes).body?.pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(compressed ?? null).arrayBuffer());
}
