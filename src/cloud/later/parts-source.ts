import type { QueryValue } from '../../http/index.ts';
import type { Batch, RecordSource, ResumeEvent } from '../../records/index.ts';

/** The longest list in the address of one request, in characters: a server takes 8 000 and a little more. */
const CHARACTERS_A_PART = 6_000;

/** A part of a read: what it asks for besides, and the most records of it. */
export interface Part {
  readonly query: Readonly<Record<string, QueryValue>>;
  readonly count: number | undefined;
}

/** What a {@link PartsSource} needs of the code that is loaded already. */
export interface PartsNeeds<T> {
  readonly open: (part: Part, onResume: (event: ResumeEvent) => void) => RecordSource<T>;
  readonly onResume: ((event: ResumeEvent) => void) | undefined;
  /** The error of the read as a whole, of that of a part. */
  readonly interruption: (error: unknown, progress: { delivered: number; lastKey: string | undefined }) => unknown;
  /** Frees what the read as a whole holds. */
  readonly close: (reason: unknown) => void;
}

/** Records of several reads, one after the other, such as those of more keys than the address of a request can hold. */
export class PartsSource<T> implements RecordSource<T> {
  readonly #parts: Part[];
  readonly #needs: PartsNeeds<T>;
  /** How many records are still wanted. */
  #left: number;
  #delivered = 0;
  /** Records delivered before the part at hand. */
  #before = 0;
  #lastKey: string | undefined;
  #source: RecordSource<T> | undefined;
  /** Of the parts that are done. */
  #bytes = 0;
  #resumes = 0;

  constructor(parts: readonly Part[], count: number | undefined, needs: PartsNeeds<T>) {
    this.#parts = [...parts];
    this.#left = count ?? Number.POSITIVE_INFINITY;
    this.#needs = needs;
  }

  get bytes(): number {
    return this.#bytes + (this.#source?.bytes ?? 0);
  }

  get resumes(): number {
    return this.#resumes + (this.#source?.resumes ?? 0);
  }

  async pull(): Promise<Batch<T> | undefined> {
    for (;;) {
      this.#source ??= this.#next();
      if (!this.#source) return undefined;
      const batch = await this.#pull(this.#source);
      if (batch) return batch;
      this.#bytes = this.bytes;
      this.#resumes = this.resumes;
      this.#source.close();
      this.#source = undefined;
    }
  }

  close(reason?: unknown): void {
    this.#parts.length = 0;
    this.#source?.close(reason);
    this.#needs.close(reason);
  }

  #next(): RecordSource<T> | undefined {
    const part = this.#left > 0 ? this.#parts.shift() : undefined;
    if (!part) return undefined;
    const most = Math.min(part.count ?? Number.POSITIVE_INFINITY, this.#left);
    const count = most < Number.POSITIVE_INFINITY ? most : undefined;
    return this.#needs.open({ ...part, count }, ({ delivered, error, lastKey = this.#lastKey }) => {
      this.#needs.onResume?.({ delivered: this.#before + delivered, lastKey, error });
    });
  }

  async #pull(source: RecordSource<T>): Promise<Batch<T> | undefined> {
    let batch: Batch<T> | undefined;
    try {
      batch = await source.pull();
    } catch (error) {
      throw this.#needs.interruption(error, { delivered: this.#delivered, lastKey: this.#lastKey });
    }
    if (batch) {
      const { length } = batch.records;
      this.#delivered += length;
      this.#left -= length;
      this.#lastKey = batch.keyAt?.(length - 1) ?? this.#lastKey;
    } else this.#before = this.#delivered;
    return batch;
  }
}

/**
 * Cuts a list into parts, in the order in which the server gives records: that of the bytes of their keys, so that the
 * last key says what was delivered whatever part it is of. A text that is there twice, or a prefix of what another one
 * selects, is left out. With a count for each, each is a part.
 */
export function partsOf(name: 'key' | 'prefix', texts: readonly string[], countEach: number | undefined): Part[] {
  const parts: { texts: string[]; size: number }[] = [];
  let last: string | undefined;
  for (const text of [...texts].sort(compareBytes)) {
    if (last !== undefined && (name === 'key' ? text === last : text.startsWith(last))) continue;
    last = text;
    const size = encodeURIComponent(text).length + name.length + 2;
    const part = parts.at(-1);
    if (part && countEach === undefined && part.size + size <= CHARACTERS_A_PART) {
      part.texts.push(text);
      part.size += size;
    } else parts.push({ texts: [text], size });
  }
  return parts.map((part) => ({ query: { [name]: part.texts }, count: countEach }));
}

/** The order of two texts by the bytes of their UTF-8, which is that of code points, not of JavaScript's units. */
function compareBytes(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const one = left.charCodeAt(at);
    const other = right.charCodeAt(at);
    if (one !== other) return rank(one) - rank(other);
  }
  return left.length - right.length;
}

/** Halves of surrogate pairs stand for the largest code points, though they are not the largest units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}
