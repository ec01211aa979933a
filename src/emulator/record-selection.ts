import type { JobData } from './job-data.ts';
import { flagParameter, integerParameter, listParameter } from './query.ts';
import { type RecordFilter, recordFilter } from './record-filter.ts';
import { type KeyParts, recordKeyParts } from './record-key.ts';
import type { RecordView } from './record-view.ts';
import { Refusal } from './refusal.ts';

/** The data of one job, with the key it belongs to. */
export interface Located {
  /** `P/S/J`. */
  readonly job: string;
  readonly parts: KeyParts;
  readonly data: JobData;
}

/** What is shown of each record. */
export interface ShownFields {
  readonly withKey: boolean;
  readonly withTime: boolean;
  /** Only in the activity of several projects. */
  readonly withProject: boolean;
  /** Only the fields that `meta` asks for. */
  readonly metaOnly: boolean;
}

/** Which records a request wants, whatever their keys are: the parameters that all reading calls share. */
export interface Conditions extends ShownFields {
  readonly count: number;
  readonly filters: readonly RecordFilter[];
  readonly startTime: number | undefined;
  /** Exclusive. */
  readonly endTime: number | undefined;
}

/** Which records of jobs a request wants. */
export interface Selection extends Conditions {
  /** The first key that is wanted; it need not exist. */
  readonly from: KeyParts | undefined;
  /** Ascending, when records are picked by their indices. */
  readonly indices: readonly number[] | undefined;
}

function lowerBound(query: URLSearchParams): KeyParts | undefined {
  const after = query.get('startafter');
  if (after !== null) {
    const parts = recordKeyParts('startafter', after);
    return [...parts.slice(0, 3), (parts[3] ?? 0) + 1];
  }
  const start = query.get('start');
  return start === null ? undefined : recordKeyParts('start', start);
}

function indicesOf(query: URLSearchParams): readonly number[] | undefined {
  const indices = listParameter(query, 'index')?.map((text) => {
    if (!/^\d{1,15}$/.test(text))
      throw new Refusal(400, `Invalid index, expected an integer from 0 up: ${text.slice(0, 100)}`);
    return Number(text);
  });
  return indices && [...new Set(indices)].sort((left, right) => left - right);
}

/** Reads the conditions off a query. */
export function conditionsOf(query: URLSearchParams): Conditions {
  const meta = query.getAll('meta');
  return {
    count: integerParameter(query, 'count') ?? Number.POSITIVE_INFINITY,
    filters: query.getAll('filter').map(recordFilter),
    startTime: integerParameter(query, 'startts'),
    endTime: integerParameter(query, 'endts'),
    withKey: meta.includes('_key'),
    withTime: meta.includes('_ts'),
    withProject: false,
    metaOnly: flagParameter(query, 'nodata'),
  };
}

/** Whether a record meets the conditions, apart from the count. */
export function meets(conditions: Conditions, record: RecordView): boolean {
  const { filters, startTime, endTime } = conditions;
  if (startTime !== undefined && record.time < startTime) return false;
  if (endTime !== undefined && record.time >= endTime) return false;
  return filters.every((filter) => filter(record));
}

/** Reads the selection off a query for the data of jobs. */
export function selectionOf(query: URLSearchParams): Selection {
  return { ...conditionsOf(query), from: lowerBound(query), indices: indicesOf(query) };
}
