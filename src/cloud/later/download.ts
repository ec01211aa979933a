import type { BodyReader, CallOptions, Path } from '../../http/index.ts';
import type { RecordSource } from '../../records/index.ts';
import type { Filter } from '../filter.ts';
import type { JobKey } from '../keys.ts';
import type { Needs } from './needs.ts';

/** A format that the server writes, and its shape. */
export interface DownloadOptions extends CallOptions {
  readonly format: 'jl' | 'json' | 'xml' | 'csv' | 'text' | 'html' | 'msgpack';
  /** Which fields, in this order. CSV needs them, but for logs. */
  readonly fields?: readonly string[];
  /** Whether CSV begins with the names of the fields. @default false */
  readonly includeHeaders?: boolean;
  /** What separates the fields of CSV. */
  readonly sep?: string;
  /** What encloses a field of CSV. */
  readonly quote?: string;
  /** What stands before an enclosing character inside a field. */
  readonly escape?: string;
  /** What ends a line of CSV. */
  readonly lineend?: string;
  /** The most records. */
  readonly count?: number;
  /** The number of the first record. */
  readonly offset?: number;
  readonly filter?: Filter;
  readonly meta?: string | readonly string[];
}

const FORMATS: readonly string[] = ['jl', 'json', 'xml', 'csv', 'text', 'html', 'msgpack'];

/** The chunks of the records of a job in a format of the server's. They are asked for when the first one is. */
export async function openDownload(
  needs: Needs,
  path: Path,
  resource: string,
  key: JobKey,
  options: DownloadOptions,
): Promise<RecordSource<Uint8Array<ArrayBuffer>>> {
  const {
    count,
    escape: escaped,
    fields,
    filter,
    format,
    includeHeaders,
    lineend,
    meta,
    offset,
    quote,
    sep,
    ...call
  } = options;
  const { checkInteger, connection, encodeFilter, expected, names } = needs;
  if (!FORMATS.includes(format)) {
    expected(`\`format\` to be one of ${FORMATS.join(', ')}`, format);
  }
  if (format === 'csv' && !fields?.length && resource !== 'logs') {
    expected('`fields` to name the columns of the CSV', fields);
  }
  checkInteger('count', count, 0);
  checkInteger('offset', offset, 0);
  const query = {
    // The server knows msgpack by its type only.
    format: format === 'msgpack' ? undefined : format,
    fields: fields?.join(','),
    include_headers: includeHeaders ? 1 : undefined,
    sep,
    quote,
    escape: escaped,
    lineend,
    count,
    start: offset ? `${key.join('/')}/${offset}` : undefined,
    filter: encodeFilter(filter),
    meta: names(meta),
  };
  const headers = { accept: format === 'msgpack' ? 'application/x-msgpack' : '*/*' };
  const scope = connection.scope(`GET ${path}`, call);
  const request = { ...call, signal: scope.signal, deadline: Number.POSITIVE_INFINITY, query, headers };
  let body: BodyReader | undefined;
  return {
    bytes: 0,
    resumes: 0,
    pull: async () => {
      body ??= await connection.open(path, request);
      const chunk = await body.read();
      return chunk && { records: [chunk] };
    },
    // Also before the headers have come.
    close: (reason) => {
      scope.abort(reason);
      body?.cancel(reason);
    },
  };
}
