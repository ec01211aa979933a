import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How many links a page has. */
const LINKS = 10;

/** What became of a crawl whose process was killed again and again. */
export interface KilledCrawl {
  /** Pages that were never asked for. */
  readonly missing: number;
  /** Pages that were asked for after they had been acknowledged. */
  readonly repeated: number;
  /** Requests in all: those that were under way at a kill come again. */
  readonly requests: number;
  /** Pages that the frontier has as done. */
  readonly done: number;
  readonly kills: number;
  /** With what the last process ended. */
  readonly exitCode: number | null;
}

/** Crawls a site of so many pages in a process that is killed at random moments, and started again each time. */
export async function killedCrawl(pages: number, kills: number): Promise<KilledCrawl> {
  const folder = mkdtempSync(join(tmpdir(), 'crawl-'));
  const file = join(folder, 'crawl.jsonl');
  const asked: number[] = [];
  let onRequest = (): void => {};
  const server = createServer((request, response) => {
    const page = Number(request.url?.slice(1));
    if (Number.isNaN(page)) {
      response.writeHead(404).end();
      return;
    }
    asked.push(page);
    onRequest();
    const links = Array.from({ length: LINKS }, (_, n) => LINKS * page + n + 1).filter((link) => link < pages);
    // Also to what is known: the page itself and the first one.
    response.end([page, 0, ...links].map((link) => `<a href="/${link}">`).join(''));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const start = (): ChildProcess => {
    const worker = fileURLToPath(new URL('crawl-worker.ts', import.meta.url));
    return spawn(process.execPath, [worker, file, `http://127.0.0.1:${port}/0`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  };
  try {
    let repeated = 0;
    let done = new Set<number>();
    let from = 0;
    const count = (): void => {
      for (const page of asked.slice(from)) if (done.has(page)) repeated++;
      from = asked.length;
      done = new Set(donePages(file));
    };
    for (let kill = 0; kill < kills; kill++) {
      const child = start();
      const ended = once(child, 'exit');
      // Not a time: a process that is slow comes as far.
      let left = 1 + Math.floor((Math.random() * pages) / kills);
      await Promise.race([
        ended,
        new Promise<void>((resolve) => {
          onRequest = () => {
            if (--left === 0) resolve();
          };
        }),
      ]);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
      child.kill('SIGKILL');
      await ended;
      count();
    }
    onRequest = () => {};
    const [exitCode] = (await once(start(), 'exit')) as [number | null];
    count();
    const missing = pages - new Set(asked).size;
    return { missing, repeated, requests: asked.length, done: done.size, kills, exitCode };
  } finally {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  }
}

/** The pages whose acknowledgement is stored. */
function donePages(file: string): number[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(1, -1);
  const urls = lines.map((line) => JSON.parse(line).done as string | undefined).filter((url) => url !== undefined);
  return urls.map((url) => Number(new URL(url).pathname.slice(1)));
}
