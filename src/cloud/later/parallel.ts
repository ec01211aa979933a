import type { Path, QueryValue } from '../../http/index.ts';
import type { Batch, ByteSource, Progress, RecordSource } from '../../records/index.ts';
import type { JobKey } from '../keys.ts';
import type { ReadOptions } from '../read-options.ts';
import type { Stats } from '../wire.ts';
import type { Needs } from './needs.ts';
import { ReadAhead } from './read-ahead.ts';

/** What all ranges together may hold that is not delivered yet, in bytes of the bodies. */
const WINDOW_BYTES = 4 * 1024 * 1024;

/** Opens a range, given what is special to its query and its options. */
type OpenRange = (
  query: Record<string, QueryValue>,
  options: ReadOptions,
  ahead: (body: ByteSource) => ByteSource,
) => RecordSource<unknown>;

/** Reads ranges of a job side by side and delivers their records in order. */
export async function readParallel(
  needs: Needs,
  path: Path,
  job: JobKey,
  options: ReadOptions,
  open: OpenRange,
): Promise<RecordSource<unknown>> {
  const { connection } = needs;
  const { interruption } = await needs.resuming();
  const what = `GET ${path}`;
  const scope = connection.scope(what, options);
  const within = { ...options, signal: scope.signal, deadline: Number.POSITIVE_INFINITY };
  return needs.lazySource(
    async () => {
      const stats = await connection.json<Stats | undefined>(`${path}/stats` as Path, within);
      // Of a job without data they may be left out.
      const { input_values: values = 0, input_bytes: bytes = 0 }: Partial<Stats['totals']> = stats?.totals ?? {};
      const reading: ParallelReading<unknown> = {
        prefix: `${job.join('/')}/`,
        options: within,
        interruption: (error, progress) => interruption(needs, what, error, progress),
        open,
      };
      return new ParallelSource(reading, values, bytes);
    },
    (reason) => scope.abort(reason),
  );
}

/** What is read in ranges. */
interface ParallelReading<T> {
  /** What stands before a record's number in its key: `1/2/3/`. */
  readonly prefix: string;
  /** Their signal ends everything. */
  readonly options: ReadOptions;
  /** The error of the whole read, by that of one of its ranges. */
  readonly interruption: (error: unknown, progress: Pick<Progress, 'delivered' | 'lastKey'>) => unknown;
  readonly open: (...range: Parameters<OpenRange>) => RecordSource<T>;
}

interface Range<T> {
  readonly source: RecordSource<T>;
  /** The number behind the last one of the range; undefined where it goes to the end. */
  readonly end: number | undefined;
}

class ParallelSource<T> implements RecordSource<T> {
  readonly #reading: ParallelReading<T>;
  /** Ranges that are being read, in order. */
  readonly #ranges: Range<T>[] = [];
  /** Numbers in a range. */
  readonly #size: number;
  readonly #total: number;
  /** The number at which the next range begins; undefined behind the last one, which has no end. */
  #next: number | undefined;
  /** Records that the open ranges can be expected to deliver. */
  #expected = 0;
  #delivered = 0;
  #lastKey: string | undefined;
  /** Of the ranges that ended. */
  readonly #ended = { bytes: 0, resumes: 0 };

  constructor(reading: ParallelReading<T>, total: number, bytes: number) {
    const { parallel = 1, offset = 0, start, startAfter } = reading.options;
    this.#reading = reading;
    this.#total = total;
    const numberOf = (key: string | undefined): number => (key ? Number(key.slice(reading.prefix.length)) : -1);
    this.#next = Math.max(offset, numberOf(start), numberOf(startAfter) + 1);
    // Small enough that the window holds a whole range of each reader: then none of them waits for its turn.
    const fitting = (WINDOW_BYTES / parallel) * (total / (bytes || 1));
    this.#size = Math.max(1, Math.floor(Math.min(fitting, (total - this.#next) / parallel)));
  }

  get bytes(): number {
    return this.#ranges.reduce((sum, { source }) => sum + source.bytes, this.#ended.bytes);
  }

  get resumes(): number {
    return this.#ranges.reduce((sum, { source }) => sum + source.resumes, this.#ended.resumes);
  }

  async pull(): Promise<Batch<T> | undefined> {
    const { count = Number.POSITIVE_INFINITY } = this.#reading.options;
    for (;;) {
      this.#openRanges();
      const head = this.#ranges[0];
      if (!head || this.#delivered >= count) return undefined;
      const batch = await this.#take(head);
      const wanted = batch && within(batch, head.end, count - this.#delivered);
      if (wanted !== batch || !batch) {
        head.source.close();
        this.#ended.bytes += head.source.bytes;
        this.#ended.resumes += head.source.resumes;
        this.#expected -= this.#size;
        this.#ranges.shift();
      }
      if (wanted && wanted.records.length > 0) {
        this.#delivered += wanted.records.length;
        this.#lastKey = wanted.keyAt?.(wanted.records.length - 1);
        return wanted;
      }
    }
  }

  close(reason?: unknown): void {
    for (const { source } of this.#ranges) source.close(reason);
  }

  async #take({ source }: Range<T>): Promise<Batch<T> | undefined> {
    try {
      return await source.pull();
    } catch (error) {
      throw this.#reading.interruption(error, { delivered: this.#delivered, lastKey: this.#lastKey });
    }
  }

  #openRanges(): void {
    const { open, options, prefix } = this.#reading;
    const { count = Number.POSITIVE_INFINITY, parallel = 1 } = options;
    while (this.#ranges.length < parallel && this.#next !== undefined && this.#delivered + this.#expected < count) {
      const first = this.#next;
      const last = first >= this.#total;
      const end = last ? undefined : Math.min(first + this.#size, this.#total);
      const source = open(
        { start: `${prefix}${first}`, startafter: undefined },
        {
          ...options,
          // The last range takes what stands behind the numbers that were counted: gaps, and what is still written.
          count: end === undefined ? options.count : end - first,
          follow: last ? options.follow : false,
          onResume: (event) => options.onResume?.({ ...event, delivered: this.#delivered, lastKey: this.#lastKey }),
        },
        (body) => new ReadAhead(body, WINDOW_BYTES / parallel),
      );
      this.#ranges.push({ source, end });
      this.#expected += this.#size;
      this.#next = end;
    }
  }
}

/** Without the records of later ranges, which a count reaches where numbers have gaps, and those beyond the limit. */
function within<T>(batch: Batch<T>, end: number | undefined, limit: number): Batch<T> {
  const { keyAt, records } = batch;
  let length = Math.min(records.length, limit);
  while (end !== undefined && length > 0 && numberOf(keyAt?.(length - 1)) >= end) length--;
  return length === records.length ? batch : { keyAt, records: records.slice(0, length) };
}

/** The number of a record by its key; one without a key belongs to the range that it came with. */
function numberOf(key: string | undefined): number {
  return key === undefined ? -1 : Number(key.slice(key.lastIndexOf('/') + 1));
}
