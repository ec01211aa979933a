import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** What is used of the peers. Their own types are there only once they are installed. */
export interface Peers {
  /** openai: its decoder of streamed JSON lines. */
  readonly Stream: {
    fromReadableStream<T>(stream: ReadableStream, controller: AbortController): AsyncIterable<T>;
  };
  /** split2: cuts a Node stream into lines and maps them. */
  readonly split2: (map: (line: string) => unknown) => Duplex;
}

/** Loads what `installPeers` has put there. */
export async function loadPeers(): Promise<Peers> {
  // Names that are no literals: the type checker must not look for what may not be installed.
  const [openai, split2] = ['openai/streaming', 'split2'];
  const { Stream } = (await import(openai as string)) as Pick<Peers, 'Stream'>;
  const { default: split } = (await import(split2 as string)) as { default: Peers['split2'] };
  return { Stream, split2: split };
}

/** What is used of p-queue and p-limit, which run many things at once. */
export interface Queues {
  readonly PQueue: new (options: {
    concurrency: number;
    autoStart?: boolean;
  }) => { add<T>(task: () => Promise<T>): Promise<T>; start(): unknown };
  readonly pLimit: (concurrency: number) => <T>(task: () => Promise<T>) => Promise<T>;
}

/** Loads the queues. */
export async function loadQueues(): Promise<Queues> {
  const [queue, limit] = ['p-queue', 'p-limit'];
  const { default: PQueue } = (await import(queue as string)) as { default: Queues['PQueue'] };
  const { default: pLimit } = (await import(limit as string)) as { default: Queues['pLimit'] };
  return { PQueue, pLimit };
}

/** Loads got: a client on the modules of Node, of which only bodies are used. */
export async function loadGot(): Promise<(url: string, options: object) => { buffer(): Promise<Uint8Array> }> {
  const name = 'got';
  return (await import(name as string)).default;
}

/** What is used of crawlee: a crawler that leaves fetching to its user. */
export interface Crawlee {
  readonly BasicCrawler: new (
    options: object,
    configuration: object,
  ) => { run(requests: readonly { url: string; uniqueKey: string }[]): Promise<unknown> };
  readonly Configuration: new (options: object) => object;
  readonly log: { setLevel(level: number): void };
}

/** Loads crawlee. */
export async function loadCrawlee(): Promise<Crawlee> {
  const name = '@crawlee/basic';
  return (await import(name as string)) as Crawlee;
}

/** Installs the benchmark's own package, exactly as its lockfile says, when that was not done yet. */
export function installPeers(): void {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const names = ['openai', 'split2', 'p-queue', 'p-limit', 'got', '@crawlee/basic'];
  if (names.every((name) => existsSync(`${folder}node_modules/${name}`))) return;
  console.error('Installing what the benchmark compares with (test/bench/package-lock.json)');
  execFileSync('npm', ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
