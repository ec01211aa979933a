import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** A site whose pages have programs of a folder in them, bundled and split. */
export interface PageServer {
  /** Without a slash at the end. `/<name>` is the page of a program. */
  readonly url: string;
  /** What was asked for, since it was last emptied. */
  readonly paths: string[];
  close(): Promise<void>;
}

/** Opens the site, given where the program of each page is. */
export async function openPages(folder: string, programs: Readonly<Record<string, string>>): Promise<PageServer> {
  const outdir = join(folder, 'site');
  await build({
    absWorkingDir: folder,
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
      // A frame without an origin may load it, too.
      const headers = { 'cache-control': 'no-store', 'access-control-allow-origin': '*' };
      reply.writeHead(200, { 'content-type': 'text/javascript', ...headers }).end(readFileSync(file));
    } else if (/^\/\w+$/.test(pathname)) {
      const script = `<script type="module" src="${pathname}.js"></script>`;
      const page = `<!doctype html><meta charset="utf-8"><title>tideway</title><link rel="icon" href="data:,">${script}`;
      reply.writeHead(200, { 'content-type': 'text/html' }).end(page);
    } else {
      reply.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
