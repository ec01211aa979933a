import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Consumer } from '../package/packed.ts';
import type { CaseOptions, Outcome } from './conformance.js';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** A run of all cases in one runtime. */
export interface Run extends AsyncDisposable {
  /** What came of a case; rejects when the runtime ended before it. */
  outcome(name: string): Promise<Outcome>;
}

interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

interface Runtime {
  readonly name: string;
  /** How it is started on all cases, given the folder that the package is installed in and what the cases are told. */
  readonly command: (folder: string, options: string) => Command | Promise<Command>;
  /** How it runs a file of that folder, where it has the modules of Node. */
  readonly file?: (file: string) => Command;
  /** What is special to the cases in it. */
  readonly options?: Partial<CaseOptions>;
}

const denoFlags = ['--allow-net=127.0.0.1', '--allow-read', '--node-modules-dir=manual', '--no-remote'];

function onFiles(name: string, start: () => Command): Runtime {
  const file = (...args: string[]): Command => {
    const { program, args: before } = start();
    return { program, args: [...before, ...args] };
  };
  return { name, file, command: (_, options) => file('main.js', options) };
}

export const runtimes: readonly Runtime[] = [
  onFiles('Node', () => ({ program: process.execPath, args: [] })),
  onFiles('Deno', () => ({ program: installed('deno'), args: ['run', ...denoFlags] })),
  onFiles('Bun', () => ({ program: installed('bun'), args: ['run'] })),
  {
    name: 'workerd',
    command: async (folder, options) => {
      installed('workerd');
      return { program: process.execPath, args: [here('workerd.js'), await bundleWorker(folder), options] };
    },
    // Cloudflare's network asks for compressed answers; workerd by itself does not, and decodes them all the same.
    options: { acceptEncoding: 'gzip' },
  },
];

function installed(name: string): string {
  const command = here(`node_modules/.bin/${name}`);
  if (existsSync(command)) return command;
  throw new Error(`There is no ${name} to run the cases in: \`npm run setup\` installs it`);
}

/** Puts the cases beside the installed package, so that they find it by its name. */
export function placeCases({ folder }: Consumer): void {
  for (const file of ['conformance.js', 'main.js', 'serve.js', 'worker.js', 'fetcher-cases.js'])
    copyFileSync(here(file), join(folder, file));
  copyFileSync(here('tide-cases.js'), join(folder, 'tide-cases.js'));
  copyFileSync(here('../contracts/response-cache.ts'), join(folder, 'response-cache.ts'));
  const cases = readFileSync(here('cache-cases.js'), 'utf8').replace('../contracts/', './');
  writeFileSync(join(folder, 'cache-cases.js'), cases);
}

async function bundleWorker(folder: string): Promise<string> {
  const { build } = await import('esbuild');
  const outfile = join(folder, 'worker.bundle.js');
  await build({
    absWorkingDir: folder,
    entryPoints: ['worker.js'],
    outfile,
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:sockets'],
    logLevel: 'warning',
  });
  return outfile;
}

/** Starts a runtime on all cases. */
export function startRun({ program, args }: Command, folder: string): Run {
  const child: ChildProcess = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let noise = '';
  child.stderr?.on('data', (chunk) => {
    noise += String(chunk);
  });
  const outcomes = new Map<string, Outcome>();
  const wake: (() => void)[] = [];
  const told = (): void => {
    for (const one of wake.splice(0)) one();
  };
  let ended: string | undefined;
  child.on('error', (error) => {
    ended ??= String(error);
    told();
  });
  child.on('close', (code, signal) => {
    ended ??= `exit code ${code ?? signal}`;
    told();
  });
  if (child.stdout) {
    createInterface(child.stdout).on('line', (line) => {
      try {
        const outcome = JSON.parse(line) as Outcome;
        outcomes.set(outcome.name, outcome);
      } catch {
        noise += `${line}\n`;
      }
      told();
    });
  }
  return {
    outcome: async (name) => {
      for (;;) {
        const outcome = outcomes.get(name);
        if (outcome) return outcome;
        if (ended !== undefined) throw new Error(`The runtime ended before this case (${ended}). It said:\n${noise}`);
        await new Promise<void>((resolve) => wake.push(resolve));
      }
    },
    [Symbol.asyncDispose]: async () => {
      if (ended !== undefined) return;
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.kill();
      await closed;
    },
  };
}
