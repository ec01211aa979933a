import type { Handed } from '../http/handed.ts';
import type { backoff, CallOptions, isTransient, RequestOptions, Scope, sleep } from '../http/index.ts';
import type { ByteSource, ReadingErrors, RecordSource, ResumableOptions } from '../records/index.ts';
import { ResumableSource } from '../records/resumable-source.ts';

export { interruption } from '../records/interruption.ts';

/** The upper bound of the wait before a read is resumed for the first time, in milliseconds; it doubles each time. */
const FIRST_RESUME = 200;
/** The wait between two looks at a job that is followed, in milliseconds. */
const POLL_INTERVAL = 5_000;
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
  /** Reads again and again, with a wait in between, until nothing more will be written, as `isOver` says. */
  readonly follow?: boolean | { readonly interval?: number } | undefined;
  readonly isOver?: (call: CallOptions) => Promise<boolean>;
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

/** What resuming needs of the code that is there. */
export interface ResumingNeeds extends ReadingErrors {
  readonly backoff: typeof backoff;
  readonly isTransient: typeof isTransient;
  readonly sleep: typeof sleep;
}

/** The order in which they are handed over. */
const ORDER = [
  'backoff',
  'ConnectionError',
  'DecodeError',
  'hasCode',
  'isApiError',
  'isBreak',
  'isTransient',
  'notJson',
  'RecordTooLargeError',
  'StreamInterruptedError',
  'sleep',
] as const;

/** The records of a read that was begun, which is resumed when it breaks. `handed` are its needs in their order. */
export function resume<T>(
  handed: Handed<ResumingNeeds, typeof ORDER>,
  { call, first, open, reading, scope, what }: Begun,
): RecordSource<T> {
  const named: unknown = Object.fromEntries(ORDER.map((name, place) => [name, handed[place]]));
  const { backoff, isTransient, sleep, ...errors } = named as Pick<ResumingNeeds, (typeof ORDER)[number]>;
  const { follow, isOver } = reading;
  const { interval = POLL_INTERVAL } = Object(follow) as { interval?: number };
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
      following: follow && isOver ? { finished: () => isOver(call), wait: () => sleep(interval, signal) } : undefined,
      wait: (resumption) => sleep(backoff(resumption, FIRST_RESUME), signal),
    },
    errors,
  );
}
