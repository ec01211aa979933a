import { DecodeError, RecordTooLargeError, type TidewayError } from '../errors/index.ts';
import { ByteBuffer } from './byte-buffer.ts';
import type { Framer, Framing } from './framing.ts';
import { former, type InForm, type RecordForm, type RecordFormOptions } from './record-form.ts';

const NEWLINE = 10;
/** The longest line with a length, in bytes: digits, spaces and the end of the line. */
const LONGEST_PREFIX = 32;

/**
 * Records that follow a line with their length in bytes, as Twitter sends them with `delimited=length`. Blank lines
 * between two records keep a connection alive, and are no records.
 *
 * @example
 * lengthPrefixed({ as: 'json' })
 */
export function lengthPrefixed<T = unknown, Form extends RecordForm = 'bytes'>({
  as,
}: RecordFormOptions<Form> = {}): Framing<InForm<Form, T>> {
  const form = former(as);
  return { open: ({ maxRecordBytes }) => new LengthPrefixed(form, maxRecordBytes) as Framer<InForm<Form, T>> };
}

class LengthPrefixed implements Framer<unknown> {
  readonly #form: ReturnType<typeof former>;
  readonly #maxRecordBytes: number;
  readonly #buffer = new ByteBuffer();
  /** The length of the record that comes now; undefined while its line comes. */
  #length: number | undefined;
  #count = 0;
  failure: (() => TidewayError | Promise<TidewayError>) | undefined;

  constructor(form: ReturnType<typeof former>, maxRecordBytes: number) {
    this.#form = form;
    this.#maxRecordBytes = maxRecordBytes;
  }

  push(chunk: Uint8Array): { readonly records: unknown[] } {
    const records: unknown[] = [];
    this.#buffer.add(chunk);
    while (!this.failure) {
      this.#length ??= this.#readLength();
      if (this.#length === undefined || this.#buffer.length < this.#length) break;
      const { failure, record } = this.#form(this.#buffer.take(this.#length), ++this.#count);
      this.#length = undefined;
      if (failure) this.failure = failure;
      else records.push(record);
    }
    return { records };
  }

  end(): { readonly records: unknown[] } {
    // Behind what is there of the line with the length, or of the record.
    const there = String(this.#length ?? '').length + this.#buffer.length;
    if (there > 0) this.#refuse(there);
    return { records: [] };
  }

  /** The length that the next line tells, if it is there. */
  #readLength(): number | undefined {
    for (;;) {
      const { bytes } = this.#buffer;
      const start = bytes.subarray(0, LONGEST_PREFIX);
      const end = start.indexOf(NEWLINE);
      const line = String.fromCharCode(...(end < 0 ? start : start.subarray(0, end))).trim();
      const wrong = line.search(/\D/);
      // Before its newline comes: that of HTML may be far.
      if (wrong >= 0 || (start.length === LONGEST_PREFIX && end < 0)) this.#refuse(Math.max(0, wrong));
      if (end < 0 || this.failure) return undefined;
      this.#buffer.skip(end + 1);
      const length = Number(line);
      if (length > this.#maxRecordBytes) {
        const what = `Record ${this.#count + 1}`;
        this.failure = () => new RecordTooLargeError(what, this.#maxRecordBytes);
        return undefined;
      }
      // A record of no bytes is a keep-alive, too.
      if (length > 0) return length;
    }
  }

  #refuse(position: number): void {
    const number = this.#count + 1;
    this.failure ??= () => new DecodeError('the length of a record in bytes', number, position);
  }
}
