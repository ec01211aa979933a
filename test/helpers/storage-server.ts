import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type ConnectionOptions, ScrapyCloud } from 'tideway';

/** A record of a job with its number; numbers may have gaps. */
export interface StoredRecord {
  readonly number: number;
  readonly data: unknown;
  /** When it was stored. */
  readonly ts?: number;
}

/** How an exchange came to its end: sent as a whole, broken by the server, or left by the client. */
export type Ending = 'whole' | 'broken' | 'left';

/** A request as the server saw it. */
export interface Reception {
  readonly method: string;
  /** As it was sent, percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The number of its socket, from 1, in the order of their connections. */
  readonly socket: number;
  /** How many requests with this method and path came before it. */
  readonly repetition: number;
  /** Bytes of the answer's body that were written. */
  readonly sent: number;
  readonly ended: Promise<Ending>;
}

/** What a test wants of an answer; what it leaves out is answered as the real server does. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** The headers wait for this. */
  readonly after?: Promise<unknown>;
  /** The connection breaks instead of an answer. */
  readonly drop?: boolean;
  /** The connection breaks behind so many bytes. */
  readonly cutAfter?: number;
  /** The body ends behind so many bytes, as if it were whole. */
  readonly endAfter?: number;
  /** Nothing more comes behind so many bytes, until `resume` resolves. */
  readonly stallAfter?: number;
  readonly resume?: Promise<unknown>;
  /** The sizes of the pieces in which the body is written, over and over. */
  readonly pieces?: readonly number[];
  /** Milliseconds between two pieces. */
  readonly interval?: number;
  readonly gzip?: boolean;
}

export interface StorageServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: Reception[];
  /** What is stored, by `items/1/2/3`. */
  readonly data: Map<string, StoredRecord[]>;
  /** The states of jobs, by key; the others are finished. */
  readonly states: Map<string, string | null>;
  /** Decides on answers; left out, everything is answered as the real server does. */
  respond: (request: Reception) => Answer | undefined | Promise<Answer | undefined>;
  /** Connections that are open now. */
  readonly openSockets: number;
  /** A client of this server, with short waits between its tries. */
  cloud(options?: ConnectionOptions): ScrapyCloud;
  /** The body that a request gets when nothing goes wrong. */
  bodyOf(path: string, query?: string): string;
}

const KEY = /^\/(items|logs|requests|samples)\/(\d+)\/(\d+)\/(\d+)(?:\/(\d+|stats))?$/;

/** Items numbered from 0, or with the numbers given. */
export function numbered(numbers: number | readonly number[], data: (number: number) => unknown): StoredRecord[] {
  const list = typeof numbers === 'number' ? Array.from({ length: numbers }, (_, number) => number) : numbers;
  return list.map((number) => ({ number, data: data(number), ts: 1_000_000 + number }));
}

function compare(operator: string, actual: unknown, values: readonly unknown[]): boolean {
  const [value] = values;
  if (operator === '=') return values.includes(actual);
  if (operator === 'contains') return typeof actual === 'string' && actual.includes(String(value));
  if (typeof actual !== 'number' || typeof value !== 'number') return false;
  if (operator === '>') return actual > value;
  if (operator === '>=') return actual >= value;
  if (operator === '<') return actual < value;
  throw new Error(`The test server does not know the operator ${operator}`);
}

function select(records: readonly StoredRecord[], query: URLSearchParams, job: string): StoredRecord[] {
  const numberOf = (name: string): number | undefined => {
    const key = query.get(name);
    if (key === null) return undefined;
    if (!key.startsWith(`${job}/`)) throw new Error(`${name} is no key of ${job}: ${key}`);
    return Number(key.slice(job.length + 1));
  };
  const start = numberOf('start') ?? 0;
  const after = numberOf('startafter') ?? -1;
  const indices = query.getAll('index').map(Number);
  const filters = query.getAll('filter').map((text) => JSON.parse(text) as [string, string, unknown[]]);
  const from = Number(query.get('startts') ?? Number.NEGATIVE_INFINITY);
  const to = Number(query.get('endts') ?? Number.POSITIVE_INFINITY);
  return records
    .filter(({ data, number, ts = 0 }) => {
      if (number < start || number <= after || ts < from || ts >= to) return false;
      if (indices.length > 0 && !indices.includes(number)) return false;
      return filters.every(([field, operator, values]) =>
        compare(operator, (data as Record<string, unknown>)[field], values),
      );
    })
    .slice(0, query.has('count') ? Number(query.get('count')) : undefined);
}

function lineOf(resource: string, job: string, record: StoredRecord, query: URLSearchParams): string {
  if (resource === 'samples') return JSON.stringify(record.data);
  const meta = query.getAll('meta');
  const key = meta.includes('_key') ? { _key: `${job}/${record.number}` } : {};
  const ts = meta.includes('_ts') ? { _ts: record.ts ?? 0 } : {};
  const data = query.get('nodata') === '1' ? {} : (record.data as object);
  return JSON.stringify(resource === 'items' ? { ...data, ...key, ...ts } : { ...key, ...data, ...ts });
}

/** Storage, as far as the reading of jobs' data goes, on a socket of this machine; it misbehaves as tests want. */
export async function storageServer(): Promise<StorageServer> {
  const requests: Reception[] = [];
  const data = new Map<string, StoredRecord[]>();
  const states = new Map<string, string | null>();
  const sockets = new Map<Socket, number>();
  const open = new Set<Socket>();
  const closing = new AbortController();

  function standard(path: string, query: URLSearchParams): Answer {
    const lines = { 'content-type': 'application/x-jsonlines; charset=UTF-8' };
    const json = { 'content-type': 'application/json; charset=UTF-8' };
    const state = /^\/jobs\/(\d+\/\d+\/\d+)\/state$/.exec(path)?.[1];
    if (state) {
      const found = states.has(state) ? states.get(state) : 'finished';
      return { body: JSON.stringify(found ?? null), headers: json };
    }
    const match = KEY.exec(path);
    if (!match) return { status: 404, body: 'Not Found\n' };
    const [, resource = '', project, spider, number, rest] = match;
    const job = `${project}/${spider}/${number}`;
    const records = data.get(`${resource}/${job}`) ?? [];
    if (rest === 'stats') {
      const bytes = records.reduce((sum, record) => sum + JSON.stringify(record.data).length, 0);
      const totals = { input_bytes: bytes, input_values: records.length };
      return { body: JSON.stringify({ counts: {}, totals }), headers: json };
    }
    const wanted =
      rest === undefined ? select(records, query, job) : records.filter((one) => one.number === Number(rest));
    const text = wanted.map((record) => lineOf(resource, job, record, query));
    // Of the four only items end every line with a newline.
    return { body: text.join('\n') + (resource === 'items' && text.length > 0 ? '\n' : ''), headers: lines };
  }

  async function* piecesOf(body: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
    let offset = 0;
    for (let turn = 0; offset < body.length; turn++) {
      const size = sizes[turn % sizes.length] ?? body.length;
      yield body.subarray(offset, offset + size);
      offset += size;
    }
  }

  async function send(reply: ServerResponse, reception: { sent: number }, answer: Answer): Promise<Ending> {
    const { status = 200, headers = {}, interval, gzip = false } = answer;
    if (answer.after) await answer.after;
    if (answer.drop) {
      reply.socket?.destroy();
      return 'broken';
    }
    reply.writeHead(status, { ...headers, ...(gzip && { 'content-encoding': 'gzip' }) });
    reply.flushHeaders();
    const left = new Promise<false>((resolve) => reply.on('close', () => resolve(false)));
    let body = answer.body ?? '';
    if (typeof body === 'string') body = new TextEncoder().encode(body);
    const { cutAfter, endAfter, stallAfter } = answer;
    const limit = Math.min(...[cutAfter, endAfter, stallAfter].filter((one) => one !== undefined));
    if (body instanceof Uint8Array) {
      if (gzip) body = new Uint8Array(gzipSync(body));
      body = piecesOf(body, answer.pieces ?? [64 * 1024]);
    }
    for await (const whole of body) {
      const piece = whole.subarray(0, Math.max(0, Math.min(whole.length, limit - reception.sent)));
      if (piece.length > 0) {
        reception.sent += piece.length;
        const written = new Promise<unknown>((resolve) => reply.write(piece, resolve));
        if (!(await Promise.race([written.then(() => true), left]))) return 'left';
      }
      if (reception.sent >= limit && piece.length < whole.length) break;
      if (interval) await new Promise((resolve) => setTimeout(resolve, interval));
      if (reply.destroyed) return 'left';
    }
    if (stallAfter !== undefined && reception.sent >= stallAfter) {
      if (!(await Promise.race([answer.resume?.then(() => true) ?? left, left]))) return 'left';
    } else if (cutAfter !== undefined && reception.sent >= cutAfter) {
      reply.socket?.destroy();
      return 'broken';
    }
    reply.end();
    await new Promise<void>((resolve) => reply.on('close', resolve));
    return reply.writableFinished ? 'whole' : 'left';
  }

  async function serve(message: IncomingMessage, reply: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of message) body += String(chunk);
    const url = new URL(message.url ?? '/', 'http://127.0.0.1');
    const method = message.method ?? 'GET';
    const same = (request: Reception): boolean => request.method === method && request.path === url.pathname;
    let tell: (ending: Ending) => void = () => {};
    const reception = {
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: message.headers,
      body,
      socket: sockets.get(message.socket) ?? 0,
      repetition: requests.filter(same).length,
      sent: 0,
      ended: new Promise<Ending>((resolve) => {
        tell = resolve;
      }),
    };
    requests.push(reception);
    reply.on('close', () => {
      if (!reply.writableFinished) setTimeout(() => tell('left'), 0);
    });
    const answer = await server.respond(reception);
    tell(
      await send(reply, reception, {
        ...(answer?.body === undefined && standard(url.pathname, url.searchParams)),
        ...answer,
      }),
    );
  }

  const http = createServer({ keepAliveTimeout: 60_000 }, (message, reply) => {
    serve(message, reply).catch((error: unknown) => {
      if (!closing.signal.aborted) reply.destroy(error instanceof Error ? error : undefined);
    });
  });
  http.on('connection', (socket) => {
    sockets.set(socket, sockets.size + 1);
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;

  const server: StorageServer = {
    url,
    requests,
    data,
    states,
    respond: () => undefined,
    get openSockets() {
      return open.size;
    },
    cloud: (options) =>
      new ScrapyCloud({
        auth: '0'.repeat(32),
        endpoint: url,
        dashEndpoint: `${url}/api/`,
        retry: { attempts: 2, backoff: 1 },
        ...options,
      }),
    bodyOf: (path, query) => String(standard(path, new URLSearchParams(query)).body),
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}
