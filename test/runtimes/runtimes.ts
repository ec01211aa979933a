import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Consumer, repository } from '../package/packed.ts';
import type { CaseOptions } from './conformance.js';
import { findChromium, findFirefox, findWebKit } from './executables.ts';
import type { Command } from './run.ts';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** Where the cases are, in the folder that the package is installed in. */
const CASES = 'test/runtimes';

/** What a runtime may need to be started. */
interface Place {
  /** The folder that the package is installed in. */
  readonly folder: string;
  /** The page of the cases. */
  readonly page: string;
}

/** Something that runs JavaScript. */
export interface Runtime {
  readonly name: string;
  /** Its program; undefined where it is not installed. */
  readonly program: string | undefined;
  /** How it is started on the cases. The last argument, which tells them their options, is added. */
  readonly command: (place: Place) => Command | Promise<Command>;
  /** How it runs a file of the folder, where it has the modules of Node. */
  readonly file?: (file: string) => Command;
  /** What is special to the cases in it. */
  readonly options: Pick<CaseOptions, 'isBrowser' | 'hasSockets' | 'acceptEncoding' | 'hidesBreaks'>;
  /** Whether it is one that users have, which the README tells of. */
  readonly isListed: boolean;
}

const denoFlags = [
  // All of it: `fileFrontier` locks by a local socket, for which there is no narrower flag.
  '--allow-net',
  '--allow-read',
  '--allow-write=.',
  // The packages `redis` and `ioredis` look at these.
  '--allow-env',
  '--allow-sys',
  '--node-modules-dir=manual',
  '--no-remote',
];

function onFiles(name: string, program: string | undefined, flags: readonly string[] = [], isListed = true): Runtime {
  const file = (path: string): Command => ({ program: program ?? '', args: [...flags, join(CASES, path)] });
  const options = { isBrowser: false, hasSockets: true };
  return { name, program, options, isListed, file, command: () => file('main.js') };
}

function inPages(
  name: string,
  program: string | undefined,
  driver: string,
  ...args: readonly (string | undefined)[]
): Runtime {
  return {
    name,
    program,
    options: { isBrowser: true, hasSockets: false },
    isListed: true,
    command: ({ page }) => ({
      program: process.execPath,
      args: [here(driver), ...args.map((argument) => argument ?? ''), page],
    }),
  };
}

function withOptions(runtime: Runtime, options: Partial<Runtime['options']>): Runtime {
  return { ...runtime, options: { ...runtime.options, ...options } };
}

const installed = (path: string): string | undefined => {
  const command = here(`node_modules/${path}`);
  return existsSync(command) ? command : undefined;
};
const nodeOf = (major: number): string | undefined => installed(`node${major}-linux-${process.arch}/bin/node`);
const [chromium, firefox, webkit] = [findChromium(), findFirefox(), findWebKit()];

export const runtimes: readonly Runtime[] = [
  onFiles('Node 22', nodeOf(22)),
  onFiles(`Node ${process.versions.node.split('.')[0]}`, process.execPath),
  onFiles('Node 26', nodeOf(26)),
  onFiles('Deno', installed('.bin/deno'), ['run', ...denoFlags]),
  onFiles('Bun', installed('.bin/bun'), ['run']),
  {
    name: 'Workers',
    program: installed('.bin/workerd'),
    command: async ({ folder }) => ({
      program: process.execPath,
      args: [here('workerd.js'), await bundleWorker(folder, 'workerd-worker.js')],
    }),
    // Cloudflare's network asks for compressed answers; workerd by itself does not, and decodes them all the same.
    options: { isBrowser: false, hasSockets: false, acceptEncoding: 'gzip' },
    isListed: true,
  },
  inPages('Chromium', chromium, 'browser.js', 'chrome', chromium),
  inPages('Firefox', firefox, 'browser.js', 'firefox', firefox),
  withOptions(inPages('WebKit', webkit, 'webkit.js', webkit), { hidesBreaks: true }),
  onFiles('Node without what older platforms lack', process.execPath, ['--import', `./${CASES}/lacking.js`], false),
];

/** Puts the cases beside the installed package, so that they find it by its name, and the clients of Redis. */
export function placeCases({ folder }: Consumer): void {
  const isCase = (path: string): boolean => !/node_modules|\.ts$|\.json$/.test(path.slice(repository.length));
  cpSync(here('.'), join(folder, CASES), { recursive: true, filter: isCase });
  const contract = 'test/contracts/response-cache.ts';
  cpSync(join(repository, contract), join(folder, contract));
}

/** Bundles a Worker among the cases; answers with the bundle's path. */
export async function bundleWorker(folder: string, worker: string): Promise<string> {
  const { build } = await import('esbuild');
  const outfile = join(folder, `bundled-${worker}`);
  await build({
    absWorkingDir: folder,
    entryPoints: [join(CASES, worker)],
    outfile,
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:sockets'],
    logLevel: 'warning',
  });
  return outfile;
}
