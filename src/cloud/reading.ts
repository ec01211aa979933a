import {
  ConnectionError,
  DecodeError,
  loaded,
  notJson,
  RecordTooLargeError,
  StreamInterruptedError,
} from '../errors/index.ts';
import {
  backoff,
  type CallOptions,
  type Connection,
  expectBody,
  isBrowser,
  isTransient,
  type Path,
  type RequestOptions,
  sleep,
} from '../http/index.ts';
import {
  type Batch,
  type ByteSource,
  handingOut,
  type RecordSource,
  Records,
  type ResumableOptions,
} from '../records/index.ts';
import { isBreak, isRefusal } from '../records/interruption.ts';

/** The upper bound of the wait before a read is resumed for the first time, in milliseconds; it doubles each time. */
const FIRST_RESUME = 200;
/** The largest record by default, in bytes: the server takes 1 MiB, which escaping may make longer. */
export const MAX_RECORD_BYTES: number = 8 * 1024 * 1024;
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

/**
 * Reads the JSON lines behind a path, resumed when they break. `options` are the call's. The code that decodes and
 * resumes is loaded beside the first request, so that nobody waits for it.
 */
export function resumable<T>(
  connection: Connection,
  path: Path,
  reading: Reading,
  options: CallOptions,
): RecordSource<T> {
  const what = `GET ${path}`;
  const scope = connection.scope(what, options);
  const call = { ...options, signal: scope.signal, deadline: Number.POSITIVE_INFINITY };
  const { ahead, count, follow } = reading;
  const open = async (after: string | undefined, rest: number | undefined): Promise<ByteSource> => {
    const body = await connection.open(path, { ...call, ...reading.request(after, rest) });
    return ahead ? ahead(body) : body.reuse();
  };
  // Whether what is followed is finished must be asked before.
  let first = follow || count === 0 ? undefined : open(undefined, count);
  // Told when it is read.
  first?.catch(() => {});
  // Begun beside the request; whoever reads loads it again, and is told.
  decoding().catch(() => {});
  const make = async (): Promise<RecordSource<T>> => {
    // Where the code does not come, the request fails, too, and tells why; or it shows that the network is back.
    const { ResumableSource } = await decoding().catch(() => Promise.resolve(first).then(decoding));
    const errors = {
      ConnectionError,
      DecodeError,
      isBreak,
      isRefusal,
      notJson,
      RecordTooLargeError,
      StreamInterruptedError,
    };
    const options: ResumableOptions = {
      maxRecordBytes: MAX_LIST_RECORD_BYTES,
      ...reading,
      what,
      open: (after, rest) => {
        const opened = first ?? open(after, rest);
        first = undefined;
        return opened;
      },
      isTransient,
      following: follow
        ? {
            finished: () => follow.finished(call),
            wait: () => sleep(follow.interval, scope.signal),
          }
        : undefined,
      wait: (resumption) => sleep(backoff(resumption, FIRST_RESUME), scope.signal),
    };
    return new ResumableSource<T>(options, errors);
  };
  return lazySource(make, (reason) => {
    // Also ends a request that waits for its headers, and the wait before another one.
    scope.abort(reason);
    first?.then((body) => body.cancel(reason)).catch(() => {});
  });
}

function decoding(): Promise<typeof import('../records/resumable-source.ts')> {
  return loaded(import('../records/resumable-source.ts'));
}

/**
 * Begins to load the code of a read, in a page: as soon as there is something to read with. A page that loses its network
 * then still reads what its cache has.
 */
export function expectReading(): void {
  if (!isBrowser()) return;
  expectBody();
  // Whoever reads loads it again, and is told.
  for (const code of [decoding(), handingOut()]) code.catch(() => {});
}

/** Reads records by their keys, or as `keys` says: of `options` what a read takes, and those of the call. */
export function readRecords<T>(
  connection: Connection,
  path: Path,
  query: RequestOptions['query'],
  options: Pick<Reading, 'count' | 'maxRecordBytes' | 'onResume'> & CallOptions,
  more: Pick<Reading, 'ahead' | 'follow' | 'keys'>,
): RecordSource<T> {
  const { count, maxRecordBytes = MAX_RECORD_BYTES, onResume } = options;
  const reading: Reading = {
    count,
    maxRecordBytes,
    onResume,
    request: (after, rest) => ({
      query: { ...query, ...(after && { start: undefined, startafter: after }), count: rest },
    }),
    ...more,
  };
  return resumable(connection, path, reading, options);
}

/** Reads JSON lines that have no keys and no options of their own. */
export function readLines<T>(
  connection: Connection,
  path: Path,
  query: RequestOptions['query'],
  options: CallOptions,
  more?: Partial<Reading>,
): Records<T> {
  const reading: Reading = { keys: 'none', request: () => ({ query }), ...more };
  return new Records<T>(() => resumable(connection, path, reading, options));
}

/** A source whose code, or first answer, has to be awaited. `close` frees what is held for that. */
export function lazySource<T>(
  load: () => Promise<RecordSource<T>>,
  close?: (reason: unknown) => void,
): RecordSource<T> {
  let source: RecordSource<T> | undefined;
  let closed = false;
  const first = async (): Promise<Batch<T> | undefined> => {
    source = await load();
    // Its reader may have left meanwhile.
    if (closed) source.close();
    return source.pull();
  };
  return {
    get bytes() {
      return source?.bytes ?? 0;
    },
    get resumes() {
      return source?.resumes ?? 0;
    },
    pull: () => (source ? source.pull() : first()),
    close: (reason) => {
      closed = true;
      close?.(reason);
      source?.close(reason);
    },
  };
}

/** Records of an answer that comes as a whole. */
export function readWhole<T>(load: () => Promise<T[]>): Records<T> {
  return new Records<T>(() => {
    let loaded = false;
    return {
      bytes: 0,
      resumes: 0,
      pull: async (): Promise<Batch<T> | undefined> => {
        if (loaded) return undefined;
        loaded = true;
        const records = await load();
        return records.length > 0 ? { records } : undefined;
      },
      close: () => {},
    };
  });
}
