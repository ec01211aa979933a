import { checkInteger, expected } from '../errors/index.ts';
import type { CallOptions, QueryValue } from '../http/index.ts';
import type { ResumeEvent, Schema } from '../records/index.ts';
import { checkText } from './check-text.ts';
import { encodeFilter, type Filter } from './filter.ts';
import type { WriterOptions } from './writer-options.ts';

/** `s` store; `cs` cached, whose records go after a month; `vs` versioned, up to three copies of a record; `vcs` both. */
export type CollectionType = 's' | 'cs' | 'vs' | 'vcs';

/** A collection as the list of a project shows it. */
export interface CollectionSummary {
  readonly type: CollectionType;
  readonly name: string;
}

/** A record of a collection, when the program names no type of its own. */
export interface CollectionRecord {
  readonly _key: string;
  /** When it was stored, in milliseconds since the epoch, if `meta` asks for it. */
  readonly _ts?: number;
  readonly [field: string]: unknown;
}

/** Which records of a collection. */
export interface CollectionSelection extends CallOptions {
  /** The keys of the records; those that do not exist are skipped. Not with `prefix`. */
  readonly key?: string | readonly string[];
  /** What their keys begin with, or several such beginnings. */
  readonly prefix?: string | readonly string[];
  /** The most records of each `prefix`. */
  readonly prefixCount?: number;
  /** The first key, which need not exist. */
  readonly start?: string;
  /** The key behind which to begin, such as `progress.lastKey` of an earlier read. */
  readonly startAfter?: string;
  /** Records stored at this time or later, in milliseconds since the epoch. */
  readonly startTs?: number;
  /** Records stored before this time, in milliseconds since the epoch. */
  readonly endTs?: number;
  /** Conditions that all must be met. */
  readonly filter?: Filter;
}

/** Which records of a collection are read, and how. */
export interface CollectionReadOptions extends CollectionSelection {
  /** The most records, an integer from 0 and up. All by default. */
  readonly count?: number;
  /** Fields of the server's to add: `_ts`. The `_key` is always there. */
  readonly meta?: string | readonly string[];
  /** Only the key and the fields of `meta`. */
  readonly nodata?: boolean;
  /** The longest record, in bytes. @default 8 MiB */
  readonly maxRecordBytes?: number;
  /** Told whenever the read broke and goes on. */
  readonly onResume?: (event: ResumeEvent) => void;
}

/** {@link CollectionReadOptions} with a validator. */
export interface CollectionSchemaOptions<T> extends CollectionReadOptions {
  /** Checks every record, and may change it (Standard Schema). */
  readonly schema: Schema<T>;
}

/** {@link WriterOptions} of a collection: there are no indices, and a later record of a key must not be overtaken. */
export type CollectionWriterOptions = Omit<WriterOptions, 'start' | 'inFlight'>;

/**
 * Checks what is selected, and says what the server is to be asked for but for `key` and `prefix`.
 *
 * @throws ConfigurationError that names what was expected and what came.
 */
export function selectionQuery(options: CollectionReadOptions): Record<string, QueryValue> {
  const { endTs, filter, key, nodata, prefix, start, startAfter, startTs } = options;
  for (const name of ['count', 'prefixCount', 'startTs', 'endTs'] as const) checkInteger(name, options[name], 0);
  checkInteger('maxRecordBytes', options.maxRecordBytes, 1);
  for (const name of ['key', 'prefix', 'start', 'startAfter'] as const) {
    const { [name]: texts = [] } = options;
    for (const text of [texts].flat()) checkText(name, text);
  }
  if (key !== undefined && prefix !== undefined) expected('either `key` or `prefix`', 'both');
  if (options.prefixCount !== undefined && prefix === undefined) expected('`prefixCount` with `prefix`', 'it alone');
  return {
    filter: encodeFilter(filter),
    start,
    startafter: startAfter,
    nodata: nodata || undefined,
    startts: startTs,
    endts: endTs,
  };
}
