import {
  ConnectionError,
  DecodeError,
  hasCode,
  isApiError,
  isBreak,
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
import { type Batch, type ByteSource, handingOut, type RecordSource, Records } from '../records/index.ts';
import { lazySource } from './lazy-source.ts';
import { resuming } from './needs.ts';
import type { Reading } from './resuming.ts';

/** The largest record by default, in bytes: the server takes 1 MiB, which escaping may make longer. */
const MAX_RECORD_BYTES = 8 * 1024 * 1024;

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
  const first = follow || count === 0 ? undefined : open(undefined, count);
  // Told when it is read.
  first?.catch(() => {});
  // Begun beside the request; whoever reads loads it again, and is told.
  resuming().catch(() => {});
  return lazySource(
    async () => {
      // Where the code does not come, the request fails, too, and tells why; or it shows that the network is back.
      const { resume } = await resuming().catch(() => Promise.resolve(first).then(resuming));
      // In the order of its needs.
      const needs = [
        backoff,
        ConnectionError,
        DecodeError,
        hasCode,
        isApiError,
        isBreak,
        isTransient,
        notJson,
        RecordTooLargeError,
        StreamInterruptedError,
        sleep,
      ] as const;
      return resume(needs, { what, reading, call, scope, first, open });
    },
    (reason) => {
      // Also ends a request that waits for its headers, and the wait before another one.
      scope.abort(reason);
      first?.then((body) => body.cancel(reason)).catch(() => {});
    },
  );
}

/**
 * Begins to load the code of a read, in a page: as soon as there is something to read with. A page that loses its network
 * then still reads what its cache has.
 */
export function expectReading(): void {
  if (!isBrowser()) return;
  expectBody();
  // Whoever reads loads it again, and is told.
  for (const code of [resuming(), handingOut()]) code.catch(() => {});
}

/** Reads records by their keys, or as `keys` says: of `options` what a read takes, and those of the call. */
export function readRecords<T>(
  connection: Connection,
  path: Path,
  query: RequestOptions['query'],
  options: Pick<Reading, 'count' | 'follow' | 'maxRecordBytes' | 'onResume'> & CallOptions,
  more: Pick<Reading, 'ahead' | 'isOver' | 'keys'>,
): RecordSource<T> {
  const reading: Reading = {
    ...options,
    ...more,
    maxRecordBytes: options.maxRecordBytes ?? MAX_RECORD_BYTES,
    request: (after, count) => ({
      query: { ...query, ...(after && { start: undefined, startafter: after }), count },
    }),
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
