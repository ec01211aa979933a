import type { CallOptions, RequestOptions, Scope } from '../http/index.ts';
import type { ByteSource, RecordSource, ResumableOptions } from '../records/index.ts';
import { ResumableSource } from '../records/resumable-source.ts';
import type { Needs } from './later/needs.ts';

export { interruption } from '../records/interruption.ts';

/** The upper bound of the wait before a read is resumed for the first time, in milliseconds; it doubles each time. */
const FIRST_RESUME = 200;
/** Job summaries and the like have no limit on the server's side. */
const MAX_LIST_RECORD_BYTES = 128 * 1024 * 1024;

/** What is read, and how. */
export interface Reading extends Pick<ResumableOptions, 'count' | 'isNew' | 'keys' | 'onResume'> {
  /** The longest record, in bytes. @default 128 MiB */
  readonly maxRecordBytes?: number | undefined;
  /** The request that begins behind a key. */
  readonly request: (after: string | undefined, count: number | undefined) => RequestOptions;
  /** Takes a body to read ahead of the reader: then the first one is opened at once. */
  readonly ahead?: ((body: ByteSource) => ByteSource) | undefined;
  /** Reads again and again until nothing more will be written, with so many milliseconds in between. */
  readonly follow?:
    | false
    | undefined
    | { readonly finished: (call: CallOptions) => Promise<boolean>; readonly interval: number };
}

/** A read whose first request may be under way. */
export interface Begun {
  /** What is read, for messages. */
  readonly what: string;
  readonly reading: Reading;
  /** The options of the call, without its deadline, which is the scope's. */
  readonly call: CallOptions;
  readonly scope: Scope;
  readonly first: Promise<ByteSource> | undefined;
  readonly open: (after: string | undefined, count: number | undefined) => Promise<ByteSource>;
}

/** The records of a read that was begun, which is resumed when it breaks. */
export function resume<T>(
  { backoff, isTransient, sleep, ...errors }: Needs,
  { call, first, open, reading, scope, what }: Begun,
): RecordSource<T> {
  const { follow } = reading;
  const { signal } = scope;
  let begun = first;
  return new ResumableSource<T>(
    {
      maxRecordBytes: MAX_LIST_RECORD_BYTES,
      ...reading,
      what,
      open: (after, count) => {
        const opened = begun ?? open(after, count);
        begun = undefined;
        return opened;
      },
      isTransient,
      following: follow
        ? {
            finished: () => follow.finished(call),
            wait: () => sleep(follow.interval, signal),
          }
        : undefined,
      wait: (resumption) => sleep(backoff(resumption, FIRST_RESUME), signal),
    },
    errors,
  );
}
