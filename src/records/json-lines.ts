import type { DecodeError, notJson, RecordTooLargeError, TidewayError } from '../errors/index.ts';
import { LineSplitter } from './line-splitter.ts';

/** Records with the lines that they were read from; more lines may follow when one of them is no record. */
export interface LineBatch<T> {
  readonly records: T[];
  readonly lines: readonly string[];
}

/**
 * What decoding fails with. It is handed over, as to all code that a program may load later: bundlers cut what both
 * sides import out of what is loaded first.
 */
export interface DecodingErrors {
  readonly DecodeError: typeof DecodeError;
  readonly notJson: typeof notJson;
  readonly RecordTooLargeError: typeof RecordTooLargeError;
}

/** Decodes JSON lines (https://jsonlines.org) from chunks of bytes: LF or CRLF, blank lines, no final newline needed. */
export class JsonLines<T> {
  readonly #splitter = new LineSplitter();
  readonly #maxRecordBytes: number;
  readonly #errors: DecodingErrors;
  readonly #parse: (line: string) => unknown;
  /** All lines so far, blank ones included. */
  line: number;
  /** Makes the error that ended the decoding. The records before it are in the batch that was handed out last. */
  failure: (() => Promise<TidewayError>) | undefined;

  /** `maxRecordBytes` is the longest line; `line` the number of lines that came before. */
  constructor(
    maxRecordBytes: number,
    errors: DecodingErrors,
    parse: (line: string) => unknown = JSON.parse,
    line: number = 0,
  ) {
    this.#maxRecordBytes = maxRecordBytes;
    this.#errors = errors;
    this.#parse = parse;
    this.line = line;
  }

  /** The records whose lines end in this chunk. */
  push(chunk: Uint8Array): LineBatch<T> {
    const batch = this.#decode(this.#splitter.push(chunk));
    // Before its newline comes: an endless line must not fill the memory.
    if (this.#splitter.carried > this.#maxRecordBytes) this.failure ??= this.#tooLarge();
    return batch;
  }

  /** The record of a last line without a newline. */
  end(): LineBatch<T> {
    return this.#decode(this.#splitter.end());
  }

  #decode(lines: string[]): LineBatch<T> {
    const parse = this.#parse;
    const records: T[] = [];
    let kept: string[] | undefined;
    let at = 0;
    for (; at < lines.length && !this.failure; at++) {
      const line = lines[at] as string;
      // A character of UTF-16 is at most three bytes of UTF-8: only then is there anything to measure.
      if (line.length * 3 > this.#maxRecordBytes && new TextEncoder().encode(line).length > this.#maxRecordBytes) {
        this.failure = this.#tooLarge(at);
        break;
      }
      try {
        records.push(parse(line) as T);
        kept?.push(line);
      } catch {
        // The engine's own error quotes the line.
        const number = this.line + at + 1;
        if (line.trim()) this.failure = () => this.#errors.notJson('JSON', line, number);
        kept ??= lines.slice(0, at);
      }
    }
    this.line += at;
    const { invalidAt } = this.#splitter;
    if (invalidAt !== undefined) {
      this.failure ??= async () => new this.#errors.DecodeError('UTF-8', this.line + 1, invalidAt);
    }
    return { records, lines: kept ?? lines };
  }

  #tooLarge(at: number = 0): () => Promise<RecordTooLargeError> {
    const what = `The record in line ${this.line + at + 1}`;
    return async () => new this.#errors.RecordTooLargeError(what, this.#maxRecordBytes);
  }
}
