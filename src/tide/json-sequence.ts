import { DecodeError, notJson, RecordTooLargeError, type TidewayError } from '../errors/index.ts';
import { ByteBuffer } from './byte-buffer.ts';
import type { Framer, Framing } from './framing.ts';

const RECORD_SEPARATOR = 0x1e;
const NEWLINE = 10;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Of brackets and braces alike, which are 0x20 apart. */
const OPENING = 0x7b;
const CLOSING = 0x7d;

/** What is not as it should be in a sequence. */
export interface JsonSequenceOptions {
  /** A record that is not JSON, or is cut short, is an error (`fail`), or left out (`skip`), as RFC 7464 has it. @default 'fail' */
  readonly malformed?: 'fail' | 'skip';
}

/** JSON texts, each behind a record separator and ended by LF (RFC 7464, `application/json-seq`). */
export function jsonSequence<T = unknown>({ malformed = 'fail' }: JsonSequenceOptions = {}): Framing<T> {
  return {
    accept: 'application/json-seq',
    open: ({ maxRecordBytes }) => new JsonSequence(maxRecordBytes, malformed === 'skip') as Framer<T>,
  };
}

/** A text is whole at the first LF outside of all brackets: waiting for the next separator would be a record late. */
class JsonSequence implements Framer<unknown> {
  readonly #maxRecordBytes: number;
  readonly #skips: boolean;
  readonly #buffer = new ByteBuffer();
  /** Strictly: a record that is cut short may end inside a character. */
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  /** Bytes of the buffer that were looked at: they are of one text, which begins behind a separator. */
  #looked = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Whether a text may come: behind a separator, and before the text was whole. */
  #isOpen = false;
  #hasText = false;
  #count = 0;
  failure: (() => TidewayError | Promise<TidewayError>) | undefined;

  constructor(maxRecordBytes: number, skips: boolean) {
    this.#maxRecordBytes = maxRecordBytes;
    this.#skips = skips;
  }

  push(chunk: Uint8Array): { readonly records: unknown[] } {
    const records: unknown[] = [];
    this.#buffer.add(chunk);
    for (let { bytes } = this.#buffer; this.#looked < bytes.length && !this.failure; ) {
      if (this.#hasText && this.#isOpen) {
        this.#looked = this.#scan(bytes, this.#looked);
        if (this.#looked === bytes.length) break;
      }
      const byte = bytes[this.#looked++] as number;
      if (byte === RECORD_SEPARATOR) {
        // What was not whole by now is cut short.
        this.#finish(this.#looked - 1, records, false);
        this.#isOpen = true;
        bytes = this.#buffer.bytes;
        // Nothing is delivered from behind a failure.
        if (!this.failure && this.#takeWhole(bytes, records)) bytes = this.#buffer.bytes;
      } else if (byte === NEWLINE && this.#hasText && this.#isWhole) {
        this.#finish(this.#looked, records, true);
        this.#isOpen = false;
        bytes = this.#buffer.bytes;
      } else if (byte > 0x20 || this.#hasText) this.#look(byte);
      else {
        // White space before a text is none of it.
        this.#buffer.skip(this.#looked);
        this.#looked = 0;
        bytes = this.#buffer.bytes;
      }
    }
    if (this.#looked > this.#maxRecordBytes + 2) this.#refuse(this.#count + 1);
    return { records };
  }

  /** A text without its LF may be half of one. */
  end(): { readonly records: unknown[] } {
    const records: unknown[] = [];
    this.#finish(this.#looked, records, false);
    return { records };
  }

  /** The fast way, for a text whose end is there: up to the next separator, which the engine finds. */
  #takeWhole(bytes: Uint8Array, records: unknown[]): boolean {
    const end = bytes.indexOf(RECORD_SEPARATOR);
    // What is not as it should be goes the slow way, which knows what it is.
    const isFit = end > 0 && end <= this.#maxRecordBytes && bytes[end - 1] === NEWLINE;
    if (!isFit || !this.#parse(bytes.subarray(0, end), records, true)) return false;
    this.#count++;
    this.#isOpen = false;
    this.#buffer.skip(end);
    return true;
  }

  get #isWhole(): boolean {
    return this.#isOpen && this.#depth <= 0 && !this.#inString;
  }

  /** The first byte of a text, or one where none may be. */
  #look(byte: number): void {
    this.#hasText = true;
    // Such as HTML: its end would be far.
    if (!this.#isOpen && !this.#skips) this.#misplace();
    this.#inString = byte === QUOTE;
    this.#depth = (byte | 0x20) === OPENING ? 1 : 0;
  }

  /** Where a text goes on to: its LF, a separator, or the end of the bytes. */
  #scan(bytes: Uint8Array, from: number): number {
    // Every byte comes through here: variables are faster than fields.
    let [depth, inString, escaped, at] = [this.#depth, this.#inString, this.#escaped, from];
    for (; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte === RECORD_SEPARATOR) break;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === NEWLINE) {
        if (depth <= 0) break;
      } else if (byte === QUOTE) inString = true;
      else if ((byte | 0x20) === OPENING) depth++;
      else if ((byte | 0x20) === CLOSING) depth--;
    }
    this.#depth = depth;
    this.#inString = inString;
    this.#escaped = escaped;
    return at;
  }

  #finish(length: number, records: unknown[], isEnded: boolean): void {
    const bytes = this.#buffer.take(this.#looked).subarray(0, length);
    const { hasText, isOpen } = { hasText: this.#hasText, isOpen: this.#isOpen };
    this.#looked = 0;
    this.#depth = 0;
    this.#inString = false;
    this.#escaped = false;
    this.#hasText = false;
    // Separators in a row, and white space, are no texts.
    if (!hasText) return;
    this.#count++;
    const number = this.#count;
    if (length > this.#maxRecordBytes + 1) this.#refuse(number);
    else if (!isOpen || !this.#parse(bytes, records, isEnded)) this.#fail(new TextDecoder().decode(bytes), number);
  }

  #parse(bytes: Uint8Array, records: unknown[], isEnded: boolean): boolean {
    try {
      if (isEnded) records.push(JSON.parse(this.#decoder.decode(bytes)));
      return isEnded;
    } catch {
      return false;
    }
  }

  #fail(text: string, number: number): void {
    if (!this.#skips) this.failure ??= () => notJson('a JSON text and its LF', text, number);
  }

  #misplace(): void {
    const number = this.#count + 1;
    this.failure ??= () => new DecodeError('a record separator before the JSON text', number, 0);
  }

  #refuse(number: number): void {
    const what = `Record ${number}`;
    this.failure ??= () => new RecordTooLargeError(what, this.#maxRecordBytes);
  }
}
