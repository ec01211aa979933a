import { expected, RecordTooLargeError, type TidewayError } from '../errors/index.ts';
import { ByteBuffer } from './byte-buffer.ts';
import type { Framer, Framing } from './framing.ts';
import { former, type InForm, type RecordForm, type RecordFormOptions } from './record-form.ts';

/**
 * Records that end in a delimiter of any bytes, or of the UTF-8 of a text; the last one may lack it. Nothing between two
 * delimiters keeps a connection alive, and is no record.
 *
 * @throws ConfigurationError when the delimiter is empty.
 * @example
 * delimited('\r\n', { as: 'json' })
 */
export function delimited<T = unknown, Form extends RecordForm = 'bytes'>(
  delimiter: string | Uint8Array,
  { as }: RecordFormOptions<Form> = {},
): Framing<InForm<Form, T>> {
  const isText = typeof delimiter === 'string';
  if (!(isText || delimiter instanceof Uint8Array) || delimiter.length === 0) {
    expected('`delimiter` to be text or bytes, and not empty', delimiter);
  }
  const end = isText ? new TextEncoder().encode(delimiter) : delimiter.slice();
  const form = former(as);
  return {
    open: ({ maxRecordBytes }) => new Delimited(end, form, maxRecordBytes) as Framer<InForm<Form, T>>,
  };
}

class Delimited implements Framer<unknown> {
  readonly #delimiter: Uint8Array;
  readonly #form: ReturnType<typeof former>;
  readonly #maxRecordBytes: number;
  readonly #buffer = new ByteBuffer();
  /** How many bytes of the buffer hold no start of a delimiter. */
  #searched = 0;
  #count = 0;
  failure: (() => TidewayError | Promise<TidewayError>) | undefined;

  constructor(delimiter: Uint8Array, form: ReturnType<typeof former>, maxRecordBytes: number) {
    this.#delimiter = delimiter;
    this.#form = form;
    this.#maxRecordBytes = maxRecordBytes;
  }

  push(chunk: Uint8Array): { readonly records: unknown[] } {
    const records: unknown[] = [];
    const { length } = this.#delimiter;
    this.#buffer.add(chunk);
    while (!this.failure) {
      const end = this.#find();
      if (end < 0) break;
      this.#cut(end, records);
      this.#buffer.skip(length);
      this.#searched = 0;
    }
    // Before its delimiter comes: an endless record must not fill the memory.
    if (this.#searched > this.#maxRecordBytes) this.#refuse();
    return { records };
  }

  end(): { readonly records: unknown[] } {
    const records: unknown[] = [];
    this.#cut(this.#buffer.length, records);
    return { records };
  }

  #find(): number {
    const { bytes } = this.#buffer;
    const delimiter = this.#delimiter;
    const last = bytes.length - delimiter.length;
    for (;;) {
      const at = bytes.indexOf(delimiter[0] as number, this.#searched);
      this.#searched = at < 0 ? bytes.length : at;
      if (at < 0 || at > last) return -1;
      if (delimiter.every((byte, index) => bytes[at + index] === byte)) return at;
      this.#searched++;
    }
  }

  #cut(length: number, records: unknown[]): void {
    if (length === 0 || this.failure) return;
    if (length > this.#maxRecordBytes) {
      this.#refuse();
      return;
    }
    const { failure, record } = this.#form(this.#buffer.take(length), ++this.#count);
    if (failure) this.failure = failure;
    else records.push(record);
  }

  #refuse(): void {
    const what = `Record ${this.#count + 1}`;
    this.failure ??= () => new RecordTooLargeError(what, this.#maxRecordBytes);
  }
}
