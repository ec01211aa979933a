import { fork } from 'node:child_process';

/** A process of the benchmark that tells one thing and ends. */
export function ask<Result>(file: string, order: unknown): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL(file, import.meta.url), [JSON.stringify(order)]);
    child.once('message', (result) => resolve(result as Result));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code} and told nothing`)));
  });
}

/** A server of the benchmark. */
export interface CorpusServer {
  readonly origin: string;
  readonly json: <Result>(path: string) => Promise<Result>;
  readonly close: () => void;
}

/** Starts the server of corpora of a size. */
export function startServer(bytes: number): Promise<CorpusServer> {
  return serve('server.ts', String(bytes));
}

/** Starts the server that takes batches. */
export function startUploadServer(): Promise<CorpusServer> {
  return serve('upload-server.ts');
}

/** Starts the server of a body in every framing, of a size. */
export function startTideServer(bytes: number): Promise<CorpusServer> {
  return serve('tide-server.ts', String(bytes));
}

/** Starts the server of small answers. */
export function startSmallServer(): Promise<CorpusServer> {
  return serve('small-server.ts');
}

/** Starts the server that sags, and the one that is down. */
export function startSaggingServer(): Promise<CorpusServer> {
  return serve('sagging-server.ts');
}

function serve(file: string, ...args: readonly string[]): Promise<CorpusServer> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL(file, import.meta.url), args);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The server of the benchmark ended with ${code}`)));
    child.once('message', (port) => {
      const origin = `http://127.0.0.1:${port}`;
      resolve({
        origin,
        json: async <Result>(path: string) => (await (await fetch(`${origin}${path}`)).json()) as Result,
        close: () => child.disconnect(),
      });
    });
  });
}

/** A process that does the same again and again, when it is told to. */
export interface Repeater<Result> {
  readonly next: () => Promise<Result>;
  readonly close: () => void;
}

/** Starts a process that is asked many times. */
export async function startRepeater<Result>(
  file: string,
  order: unknown,
  execArgv: readonly string[] = [],
): Promise<Repeater<Result>> {
  const child = fork(new URL(file, import.meta.url), [JSON.stringify(order)], {
    execArgv: [...process.execArgv, ...execArgv],
  });
  const message = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const fail = (code: number | null): void => reject(new Error(`${file} ended with ${code}`));
      child.once('exit', fail);
      child.once('message', (result) => {
        child.off('exit', fail);
        resolve(result);
      });
    });
  await message();
  return {
    next: async () => {
      child.send('next');
      return (await message()) as Result;
    },
    close: () => child.disconnect(),
  };
}
