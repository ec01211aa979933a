import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { installPacked } from '../package/packed.ts';
import { placeCases } from '../runtimes/runtimes.ts';
import { openStage, type Stage } from '../runtimes/stage.ts';

/** A site whose pages have the packed package in them, bundled and split; and the emulator, on an origin of its own. */
export interface Site extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  /** What was asked for, since it was last emptied. */
  readonly paths: string[];
  readonly stage: Stage;
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

export async function openSite(): Promise<Site> {
  const consumer = installPacked();
  placeCases(consumer);
  const programs = ['page.js', 'lean.js', 'worker.js'];
  for (const program of programs) copyFileSync(here(program), join(consumer.folder, program));
  const outdir = join(consumer.folder, 'site');
  await build({
    absWorkingDir: consumer.folder,
    entryPoints: programs,
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    chunkNames: 'chunk-[name]-[hash]',
    logLevel: 'warning',
  });

  const paths: string[] = [];
  const server = createServer((request, reply) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site.test');
    paths.push(pathname);
    const file = join(outdir, basename(pathname));
    if (pathname.endsWith('.js') && existsSync(file)) {
      reply.writeHead(200, { 'content-type': 'text/javascript', 'cache-control': 'no-store' }).end(readFileSync(file));
    } else if (/^\/\w+$/.test(pathname)) {
      const script = `<script type="module" src="${pathname}.js"></script>`;
      const page = `<!doctype html><meta charset="utf-8"><title>tideway</title><link rel="icon" href="data:,">${script}`;
      reply.writeHead(200, { 'content-type': 'text/html' }).end(page);
    } else {
      reply.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stage = await openStage();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    stage,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await stage[Symbol.asyncDispose]();
      consumer[Symbol.dispose]();
    },
  };
}
