import { checkDuration, checkEach, checkInteger, expected } from '../errors/index.ts';
import type { CallOptions, QueryValue } from '../http/index.ts';
import type { ResumeEvent, Schema } from '../records/index.ts';
import { encodeFilter, type Filter } from './filter.ts';
import { checkRecordKey, type JobKey } from './keys.ts';

/** Which records of a job are read, and how. */
export interface ReadOptions extends CallOptions {
  /** The most records, an integer from 0 and up. All by default. */
  readonly count?: number;
  /** The key of the first record, which need not exist: `123/1/2/500`. */
  readonly start?: string;
  /** The key behind which to begin, such as `progress.lastKey` of an earlier read. */
  readonly startAfter?: string;
  /** The number of the first record. @default 0 */
  readonly offset?: number;
  /** Conditions that all must be met. */
  readonly filter?: Filter;
  /** Fields of the server's to add: `_key`, `_ts`. */
  readonly meta?: string | readonly string[];
  /** Only the fields of `meta`. */
  readonly nodata?: boolean;
  /** Records stored at this time or later, in milliseconds since the epoch. */
  readonly startTs?: number;
  /** Records stored before this time, in milliseconds since the epoch. */
  readonly endTs?: number;
  /** Records by their number within the job. */
  readonly index?: number | readonly number[];
  /**
   * Goes on until the job is finished and its last record is delivered. `interval` is the wait between two looks, in
   * milliseconds, 5 000 by default.
   */
  readonly follow?: boolean | { readonly interval?: number };
  /** How many ranges of a big job are read side by side; they are delivered in order. @default 1 */
  readonly parallel?: number;
  /** The longest record, in bytes. @default 8 MiB */
  readonly maxRecordBytes?: number;
  /** Told whenever the read broke and goes on. */
  readonly onResume?: (event: ResumeEvent) => void;
}

/** {@link ReadOptions} with a validator. */
export interface SchemaOptions<T> extends ReadOptions {
  /** Checks every record, and may change it (Standard Schema). */
  readonly schema: Schema<T>;
}

/** A name or a list of names as a list: a text must not be taken for its letters. */
export function names(value: string | readonly string[] = []): readonly string[] {
  return [value].flat();
}

/**
 * Checks the options of a read and says what the server is to be asked for, but for where it begins after a break.
 *
 * @throws ConfigurationError that names what was expected and what came.
 */
export function readQuery(options: ReadOptions, job: JobKey): Record<string, QueryValue> {
  const { endTs, filter, follow, index, meta, nodata, offset, start, startAfter, startTs } = options;
  checkEach(options, { count: 0, offset: 0, startTs: 0, endTs: 0, maxRecordBytes: 1, parallel: 1 });
  for (const number of [index ?? []].flat()) checkInteger('index', number, 0);
  checkRecordKey('start', start, job);
  checkRecordKey('startAfter', startAfter, job);
  if (typeof follow === 'object') checkDuration('follow.interval', follow.interval);
  if (start !== undefined && offset !== undefined) expected('either `start` or `offset`', 'both');
  if ((options.parallel ?? 1) > 1) {
    // Ranges are cut by number.
    const without = (['filter', 'startTs', 'endTs', 'nodata', 'index'] as const).find(
      // Zero is a choice, too.
      (name) => (options[name] ?? false) !== false,
    );
    if (without) expected(`\`parallel\` without \`${without}\``, 'both');
  }
  return {
    filter: encodeFilter(filter),
    meta: names(meta),
    start: start ?? (offset ? `${job.join('/')}/${offset}` : undefined),
    startafter: startAfter,
    nodata: nodata || undefined,
    startts: startTs,
    endts: endTs,
    index,
  };
}
