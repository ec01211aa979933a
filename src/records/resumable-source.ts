import type { ConnectionError, DecodeError } from '../errors/index.ts';
import { type InterruptionErrors, interrupted, isRefusal } from './interruption.ts';
import { type DecodingErrors, JsonLines, type LineBatch } from './json-lines.ts';
import { keyOfLine, parseWithoutKey } from './record-key.ts';
import type { Batch, ByteSource, RecordSource } from './source.ts';

/** How often in a row a read is resumed without a record in between. */
const MAX_RESUMES = 5;
/**
 * How much of a chunk is decoded at a time. The records of a piece are alive together, and the more of them a garbage
 * collection meets, the larger V8 makes its young generation: whole chunks made reads grow by half as much again.
 */
const PIECE_BYTES = 32 * 1024;
/** Short records are many: from so many in a piece on, pieces are half as large. */
const MANY_RECORDS = 64;

/** A read broke and goes on. */
export interface ResumeEvent {
  /** Records delivered before. */
  readonly delivered: number;
  /** The key of the last of them, where records have keys. */
  readonly lastKey: string | undefined;
  /** What broke the read. */
  readonly error: unknown;
}

/** How a read goes on while more is being written. */
export interface Following {
  /** Whether nothing more will be written. Asked before every pass, so that the pass after a yes is the last one. */
  readonly finished: () => Promise<boolean>;
  /** Waits between two passes. */
  readonly wait: () => Promise<void>;
}

/** What a read fails with, and knows of errors. */
export interface ReadingErrors extends DecodingErrors, InterruptionErrors {
  readonly ConnectionError: typeof ConnectionError;
}

/** What a {@link ResumableSource} reads. */
export interface ResumableOptions {
  /** What is read, for messages, such as `GET /items/1/2/3`. */
  readonly what: string;
  /** Opens a body behind a key (undefined: at the start), with the records that are still wanted (undefined: all). */
  readonly open: (after: string | undefined, count: number | undefined) => Promise<ByteSource>;
  /** Whether an error of `open` may pass, so that another try makes sense. */
  readonly isTransient: (error: unknown) => boolean;
  /** Waits before the n-th resumption in a row, from 1; rejects when the read is aborted. */
  readonly wait: (resumption: number) => Promise<void>;
  /** The longest record, in bytes. */
  readonly maxRecordBytes: number;
  /** Whether lines carry a `_key`, and whether it is taken off again. Without keys a resumed read skips by counting. */
  readonly keys: 'strip' | 'keep' | 'none';
  /** Of records without keys that may disappear: tells those that come again from the others, in place of counting. */
  readonly isNew?: ((record: unknown) => boolean) | undefined;
  /** The most records to deliver. */
  readonly count?: number | undefined;
  readonly following?: Following | undefined;
  /** Told of each resumption. */
  readonly onResume?: ((event: ResumeEvent) => void) | undefined;
}

/**
 * Reads JSON lines, and goes on where it stopped when the body breaks: behind the key of the last record delivered,
 * never behind a computed one, since numbers may have gaps; where records have no keys, from the start, skipping as
 * many as were delivered.
 */
export class ResumableSource<T> implements RecordSource<T> {
  readonly #options: ResumableOptions;
  readonly #errors: ReadingErrors;
  #body: ByteSource | undefined;
  /** What of the last chunk of `#body` is not decoded yet; never empty. */
  #rest: Uint8Array | undefined;
  #decoder: JsonLines<T> | undefined;
  #delivered = 0;
  /** The line of the last record delivered. */
  #lastLine: string | undefined;
  /** Records at the start of the open body that were delivered before. */
  #skip = 0;
  /** Records delivered before the open body. */
  #before = 0;
  /** The key of the first record of all. */
  #firstKey: string | undefined;
  /** Resumptions since the last record. */
  #failures = 0;
  #lastPass = true;
  /** Whether the last piece had many records. */
  #hasMany = false;
  #ended = false;
  bytes = 0;
  resumes = 0;

  constructor(options: ResumableOptions, errors: ReadingErrors) {
    this.#options = options;
    this.#errors = errors;
    this.#ended = options.count === 0;
  }

  async pull(): Promise<Batch<T> | undefined> {
    while (!this.#ended) {
      try {
        const { lines, records } = this.#wanted(await this.#read());
        const { length } = records;
        if (length > 0) {
          this.#failures = 0;
          this.#delivered += length;
          this.#lastLine = lines[length - 1];
          if (this.#delivered === this.#options.count) this.#ended = true;
          return this.#options.keys === 'none'
            ? { records }
            : { records, keyAt: (index) => keyOfLine(lines[index] ?? '') };
        }
      } catch (error) {
        await this.#resume(error);
      }
    }
    return undefined;
  }

  close(reason?: unknown): void {
    this.#ended = true;
    this.#body?.cancel(reason);
  }

  async #read(): Promise<LineBatch<T>> {
    // Set while the records before it were handed out.
    if (this.#decoder?.failure) throw await this.#decoder.failure();
    this.#body ??= await this.#open();
    const decoder = this.#decoder as JsonLines<T>;
    const chunk = this.#rest ?? (await this.#body.read());
    if (chunk) {
      // To the end of a line where there is one: what is cut is put together again, at a cost.
      const size = this.#hasMany ? PIECE_BYTES / 2 : PIECE_BYTES;
      const end = chunk.length > size ? chunk.lastIndexOf(10, size - 1) + 1 || size : chunk.length;
      this.#rest = end < chunk.length ? chunk.subarray(end) : undefined;
      this.bytes += end;
      const batch = decoder.push(chunk.subarray(0, end));
      this.#hasMany = batch.records.length > MANY_RECORDS;
      return batch;
    }
    const batch = decoder.end();
    if (decoder.failure) {
      // A proxy that is cut closes its side politely: half a record at the end is a cut, not a bad line.
      const cause = await decoder.failure();
      // Records begin with a bracket: a line that is wrong from its start on, such as HTML, is no half of one.
      if ((cause as Partial<DecodeError>).position === 0) throw cause;
      decoder.failure = undefined;
      throw new this.#errors.ConnectionError(`The body of ${this.#options.what} ended inside a record`, { cause });
    }
    // Where a cut looks like the end, only an answer without a further record is the end.
    const unsure = this.#body.endsByClosing && this.#delivered + batch.records.length > this.#before + this.#skip;
    this.#body = undefined;
    if (this.#lastPass && !unsure) this.#ended = true;
    else if (batch.records.length === 0) await this.#options.following?.wait();
    return batch;
  }

  async #open(): Promise<ByteSource> {
    const { count, following, isNew, keys, maxRecordBytes, open } = this.#options;
    if (following) this.#lastPass = await following.finished();
    const after = this.#lastKey();
    this.#before = this.#delivered;
    this.#skip = after === undefined && !isNew ? this.#delivered : 0;
    const body = await open(after, count === undefined ? undefined : count - this.#delivered + this.#skip);
    const parse = keys === 'strip' ? parseWithoutKey : undefined;
    // Without keys the lines are read, and counted, from the first one again.
    this.#decoder = new JsonLines<T>(maxRecordBytes, this.#errors, parse, keys === 'none' ? 0 : this.#decoder?.line);
    return body;
  }

  #lastKey(): string | undefined {
    return this.#lastLine === undefined || this.#options.keys === 'none' ? undefined : keyOfLine(this.#lastLine);
  }

  /** Without the records that were delivered before, and those beyond the count. */
  #wanted(batch: LineBatch<T>): LineBatch<T> {
    const { count, isNew, keys } = this.#options;
    if (isNew) return { ...batch, records: batch.records.filter(isNew) };
    if (keys !== 'none' && batch.records.length > 0 && this.#delivered === this.#before) {
      const key = keyOfLine(batch.lines[0] ?? '');
      // A server that begins anew does not know what stands in `startafter`: then it is counted.
      if (this.#before > 0 && key !== undefined && key === this.#firstKey) this.#skip = this.#before;
      this.#firstKey ??= key;
    }
    const end = count === undefined ? undefined : count - this.#delivered + this.#skip;
    const { length } = batch.records;
    if (this.#skip === 0 && (end === undefined || length <= end)) return batch;
    const start = Math.min(this.#skip, length);
    this.#skip -= start;
    return { records: batch.records.slice(start, end), lines: batch.lines.slice(start, end) };
  }

  async #resume(error: unknown): Promise<void> {
    const { isTransient, onResume, wait, what } = this.#options;
    this.#body?.cancel(error);
    this.#body = undefined;
    this.#rest = undefined;
    const refused = isRefusal(this.#errors, error);
    // The first answer decides whether there is anything to resume; an abort or a bad record is not to be repeated.
    if (!this.#decoder || !(refused || this.#errors.isBreak(error))) throw error;
    const progress = { delivered: this.#delivered, lastKey: this.#lastKey() };
    if (++this.#failures > MAX_RESUMES || (refused && !isTransient(error))) {
      throw interrupted(this.#errors, what, progress, error);
    }
    this.resumes++;
    onResume?.({ ...progress, error });
    await wait(this.#failures);
  }
}
