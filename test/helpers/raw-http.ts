import { type Agent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';

/** A request, written as it goes on the wire. */
export interface RawRequest {
  readonly method?: string;
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly agent?: Agent;
}

/** An answer, as it came over the wire: nothing is decoded unless asked for. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly raw: Buffer;
  /** Decompressed where the answer says that it is gzip. */
  readonly bytes: Buffer;
  /** The same as text. */
  readonly text: string;
  /** What broke the body, when it broke. */
  readonly error: Error | undefined;
}

/** The header of an API key or of a job's credential. */
export function basic(user: string, password = ''): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** Sends a request and resolves when the headers are there. */
export function open(origin: string, request: RawRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', path, headers = {}, body, agent } = request;
    const url = new URL(origin);
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = httpRequest(
      { host: url.hostname, port: url.port, method, path, headers: { ...length, ...headers }, agent: agent ?? false },
      resolve,
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Sends a request and collects its answer, also one that breaks off. */
export async function send(origin: string, request: RawRequest): Promise<RawAnswer> {
  const message = await open(origin, request);
  const pieces: Buffer[] = [];
  let error: Error | undefined;
  try {
    for await (const piece of message) pieces.push(piece);
  } catch (failure) {
    error = failure instanceof Error ? failure : new Error(String(failure));
  }
  const raw = Buffer.concat(pieces);
  const isGzip = message.headers['content-encoding'] === 'gzip' && raw.length > 0;
  // A body that broke has no trailer; what is there must still be readable.
  const bytes = isGzip ? gunzipSync(raw, error === undefined ? {} : { finishFlush: 2 }) : raw;
  return { status: message.statusCode ?? 0, headers: message.headers, raw, bytes, text: bytes.toString('utf8'), error };
}

/** Sends requests of one user to one server. */
export interface RawClient {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<RawAnswer>;
  post(path: string, body: string | Uint8Array, headers?: Readonly<Record<string, string>>): Promise<RawAnswer>;
  remove(path: string): Promise<RawAnswer>;
}

/** A client that adds the header of an API key, or of another user, to everything. */
export function rawClient(origin: string, authorization: string): RawClient {
  const call = (method: string, path: string, body?: string | Uint8Array, headers?: Readonly<Record<string, string>>) =>
    send(origin, { method, path, headers: { authorization, ...headers }, ...(body === undefined ? {} : { body }) });
  return {
    get: (path, headers) => call('GET', path, undefined, headers),
    post: (path, body, headers) => call('POST', path, body, headers),
    remove: (path) => call('DELETE', path),
  };
}

/** The values of a body of JSON lines. */
export function jsonLines(text: string): ReturnType<typeof JSON.parse>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
