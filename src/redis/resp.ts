import { ConnectionError } from '../errors/index.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** The longest reply, in bytes: a piece of a stored answer has a quarter of a MiB, and some come at once. */
const MAX_REPLY_BYTES: number = 64 * 1024 * 1024;
/** The longest line, in bytes: numbers, and what a refusal says. */
const MAX_LINE_BYTES: number = 64 * 1024;
/** How deep lists may be in lists. */
const MAX_DEPTH = 8;
const [CR, LF] = [0x0d, 0x0a];

/** A command in the serialization protocol of Redis, version 2: a list of texts. */
export function encodeCommand(command: readonly string[]): Bytes {
  const encoder = new TextEncoder();
  const parts: Bytes[] = [encoder.encode(`*${command.length}\r\n`)];
  for (const text of command) {
    const bytes = encoder.encode(text);
    parts.push(encoder.encode(`$${bytes.length}\r\n`), bytes, encoder.encode('\r\n'));
  }
  return joined(parts);
}

/** What a server replies, in that protocol: https://redis.io/docs/latest/develop/reference/protocol-spec/ */
export class ReplyReader {
  readonly #reader: ReadableStreamDefaultReader<Bytes>;
  readonly #decoder: TextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #buffer: Bytes = new Uint8Array();
  #left = 0;

  constructor(readable: ReadableStream<Bytes>) {
    this.#reader = readable.getReader();
  }

  /**
   * The next reply: text, a number, null or a list of them; an Error for a refusal.
   *
   * @throws ConnectionError when it is too long, is none, or the connection ends.
   */
  async next(): Promise<unknown> {
    this.#left = MAX_REPLY_BYTES;
    return this.#value(0);
  }

  async #value(depth: number): Promise<unknown> {
    const line = await this.#line();
    const rest = line.slice(1);
    switch (line[0]) {
      case '+':
        return rest;
      case '-':
        return new Error(rest);
      case ':':
        return this.#integer(rest);
      case '$': {
        const length = this.#integer(rest);
        if (length < 0) return null;
        const text = this.#decoder.decode(await this.#take(length));
        await this.#take(2);
        return text;
      }
      case '*': {
        const length = this.#integer(rest);
        if (length < 0) return null;
        // Each has three bytes at least.
        if (depth === MAX_DEPTH || length > this.#left) throw tooLong();
        const list: unknown[] = [];
        for (let n = 0; n < length; n++) list.push(await this.#value(depth + 1));
        return list;
      }
      default:
        throw new ConnectionError('Redis answered with something else than its protocol, version 2');
    }
  }

  #integer(text: string): number {
    if (/^-?\d{1,19}$/.test(text)) return Number(text);
    throw new ConnectionError('Redis answered with something else than its protocol, version 2');
  }

  async #line(): Promise<string> {
    for (let from = 0; ; ) {
      const end = this.#buffer.indexOf(LF, from);
      if (end > 0 && this.#buffer[end - 1] === CR) {
        const line = this.#decoder.decode(this.#buffer.subarray(0, end - 1));
        this.#pass(end + 1);
        return line;
      }
      if (end >= 0) throw new ConnectionError('Redis answered with something else than its protocol, version 2');
      from = this.#buffer.length;
      if (from > MAX_LINE_BYTES) throw tooLong();
      this.#buffer = joined([this.#buffer, await this.#chunk()]);
    }
  }

  async #take(length: number): Promise<Bytes> {
    if (length > this.#left) throw tooLong();
    const chunks = [this.#buffer];
    for (let size = this.#buffer.length; size < length; ) {
      const chunk = await this.#chunk();
      chunks.push(chunk);
      size += chunk.length;
    }
    this.#buffer = joined(chunks);
    const bytes = this.#buffer.subarray(0, length);
    this.#pass(length);
    return bytes;
  }

  #pass(length: number): void {
    this.#left -= length;
    if (this.#left < 0) throw tooLong();
    this.#buffer = this.#buffer.subarray(length);
  }

  async #chunk(): Promise<Bytes> {
    const { done, value } = await this.#reader.read();
    if (done) throw new ConnectionError('Redis has closed the connection');
    return value;
  }
}

function tooLong(): ConnectionError {
  return new ConnectionError('The reply of Redis is too long');
}

function joined(parts: readonly Bytes[]): Bytes {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
