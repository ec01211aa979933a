import type { Exchange } from './load.ts';

export type Fields = Record<string, unknown>;

/** What a user of the SDK would call to have a recorded exchange, and what should come of it. */
export interface SdkCall {
  readonly ask: () => Promise<unknown>;
  /** What the call resolves to where the server did not refuse. */
  readonly yields: unknown;
  /** Changes the recorded query into ours, where ours differs on purpose. */
  readonly query?: (query: URLSearchParams) => void;
  /** The lines of the body, where ours differ on purpose from the recorded ones. */
  readonly sends?: readonly unknown[];
  /** Whether the SDK has no call of its own for it, so that a user goes through the connection. */
  readonly unnamed?: boolean;
}

/** A recorded exchange, taken apart. */
export interface Asked {
  readonly method: string;
  readonly url: URL;
  /** Of the path. */
  readonly segments: readonly string[];
  /** The query's values of a name. */
  readonly many: (name: string) => string[];
  readonly one: (name: string) => string | undefined;
  readonly number: (name: string) => number | undefined;
  /** The body that was sent, line by line. */
  readonly given: readonly Fields[];
  /** The answer, line by line; nothing of a refusal. */
  readonly answer: readonly Fields[];
  readonly isGzip: boolean;
}

/** What a body of JSON lines holds, by the plainest means there are. */
export function lines(body: string | undefined): Fields[] {
  return (body ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

export function isMsgpack({ response }: Exchange): boolean {
  return (response.headers['content-type'] ?? '').includes('msgpack');
}

export function readExchange({ request, response }: Exchange): Asked {
  const url = new URL(request.url);
  const one = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
  return {
    method: request.method,
    url,
    segments: url.pathname.slice(1).split('/'),
    many: (name) => url.searchParams.getAll(name),
    one,
    number: (name) => (one(name) === undefined ? undefined : Number(one(name))),
    given: lines(request.body),
    answer: response.status < 300 ? lines(response.body) : [],
    isGzip: request.headers['content-encoding'] === 'gzip',
  };
}

/** Records are always asked for with their keys, which a read that breaks goes on behind. */
export function withKeys(query: URLSearchParams): void {
  if (!query.getAll('meta').includes('_key')) query.append('meta', '_key');
}

/** What is stored by keys or fingerprints has no place to begin at: the server takes no notice of one. */
export function withoutStart(query: URLSearchParams): void {
  query.delete('start');
}
