import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { type ConnectionOptions, ScrapyCloud } from 'tideway';

/** A batch as the server got it. */
export interface Upload {
  readonly path: string;
  /** What the query says; NaN without it. */
  readonly start: number;
  readonly encoding: string | undefined;
  /** Bytes of the body as it came. */
  readonly bytes: number;
  readonly lines: readonly string[];
}

/** What happens to a batch. Without an answer it is stored and answered with 200. */
export interface UploadAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The batch is stored, although the status says something else or no answer comes. */
  readonly stored?: boolean;
  /** The connection breaks in place of an answer. */
  readonly drop?: boolean;
  /** Awaited before anything happens. */
  readonly after?: Promise<unknown>;
}

/** A server that stores batches as Scrapy Cloud does: a record that is sent again to its index is there once. */
export interface UploadServer extends AsyncDisposable {
  readonly url: string;
  readonly uploads: readonly Upload[];
  /** How many batches are on their way as of now, and the most there were at once. */
  readonly inFlight: { now: number; most: number };
  /** Records by their index, by path. */
  readonly data: Map<string, Map<number, string>>;
  respond: (upload: Upload, count: number) => UploadAnswer | undefined;
  cloud(options?: ConnectionOptions): ScrapyCloud;
  /** What is stored at a path, in order of its indices. */
  records(path: string): unknown[];
}

/** Records to write: `{ x }` with the numbers from `from` on. */
export function numbers(count: number, from = 0): { x: number }[] {
  return Array.from({ length: count }, (_, n) => ({ x: from + n }));
}

/** Starts an upload server. Waits between tries are short. */
export async function uploadServer(): Promise<UploadServer> {
  const uploads: Upload[] = [];
  const data = new Map<string, Map<number, string>>();
  const inFlight = { now: 0, most: 0 };
  const at = (path: string): Map<number, string> => {
    const records = data.get(path) ?? new Map<number, string>();
    data.set(path, records);
    return records;
  };
  const read = ({ url = '' }: IncomingMessage, response: ServerResponse): void => {
    const { pathname, searchParams } = new URL(url, 'http://host');
    if (pathname.endsWith('/stats')) {
      const { size } = at(pathname.slice(0, -'/stats'.length));
      response.end(JSON.stringify({ counts: {}, totals: { input_values: size, input_bytes: 0 } }));
      return;
    }
    const from = Number(searchParams.get('start')?.split('/')[3] ?? 0);
    const after = Number(searchParams.get('startafter')?.split('/')[3] ?? -1);
    const key = pathname.split('/').slice(2).join('/');
    for (const [index, line] of [...at(pathname)].sort(([a], [b]) => a - b)) {
      if (index < from || index <= after) continue;
      const record: unknown = JSON.parse(line);
      response.write(
        `${JSON.stringify(Array.isArray(record) ? record : { ...Object(record), _key: `${key}/${index}` })}\n`,
      );
    }
    response.end();
  };
  const write = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    inFlight.most = Math.max(inFlight.most, ++inFlight.now);
    const { pathname, searchParams } = new URL(message.url ?? '', 'http://host');
    const body = await buffer(message);
    const encoding = message.headers['content-encoding'];
    const text = (encoding === 'gzip' ? gunzipSync(body) : body).toString();
    const start = Number(searchParams.get('start') ?? Number.NaN);
    const upload: Upload = {
      path: pathname,
      start,
      encoding,
      bytes: body.length,
      lines: text.split('\n').slice(0, -1),
    };
    const answer = server.respond(upload, uploads.push(upload)) ?? {};
    await answer.after;
    inFlight.now--;
    const { status = 200, stored = status === 200 && !answer.drop } = answer;
    if (stored) {
      const records = at(pathname);
      const first = Number.isNaN(start) ? records.size : start;
      for (const [offset, line] of upload.lines.entries()) records.set(first + offset, line);
    }
    if (answer.drop) response.destroy();
    else response.writeHead(status, answer.headers).end(answer.body ?? '');
  };
  const http = createServer((message, response) => {
    if (message.method === 'POST') void write(message, response);
    else read(message, response);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
  const clouds: ScrapyCloud[] = [];
  const server: UploadServer = {
    url,
    uploads,
    inFlight,
    data,
    respond: () => undefined,
    cloud: (options) => {
      const cloud = new ScrapyCloud({ auth: 'key', endpoint: url, retry: { backoff: 1 }, ...options });
      clouds.push(cloud);
      return cloud;
    },
    records: (path) => [...at(path)].sort(([a], [b]) => a - b).map(([, line]): unknown => JSON.parse(line)),
    [Symbol.asyncDispose]: async () => {
      for (const cloud of clouds) cloud.connection.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}
