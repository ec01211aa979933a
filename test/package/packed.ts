import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository: string = fileURLToPath(new URL('../..', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly sideEffects: boolean;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A program's folder with the package in its `node_modules`, as `npm install` of the packed file would make it. */
export interface Consumer extends Disposable {
  readonly folder: string;
  /** Where the package is. */
  readonly root: string;
  /** What was packed: paths from the root of the package. */
  readonly files: readonly string[];
  readonly manifest: Manifest;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Runs a command and answers with what it printed. */
export function run(command: string, args: readonly string[], cwd: string): string {
  const result = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (result.status === 0) return result.stdout;
  const said = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`;
  throw new Error(`\`${command} ${args.join(' ')}\` failed: ${said}`);
}

/** Packs the package and installs what was packed, without a network. */
export function installPacked(): Consumer {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tideway-consumer-')));
  const dispose = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const source = isBuilt() ? repository : build(join(folder, 'build'));
    const printed = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], source);
    const [packed] = JSON.parse(printed) as [{ filename: string; files: { path: string }[] }];
    const manifest = readManifest(source);
    const modules = join(folder, 'node_modules');
    const root = join(modules, manifest.name);
    mkdirSync(root, { recursive: true });
    run('tar', ['-xzf', join(folder, packed.filename), '-C', root, '--strip-components=1'], folder);
    installDependencies(manifest, modules);
    rmSync(join(folder, 'build'), { recursive: true, force: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
    return { folder, root, files: packed.files.map(({ path }) => path), manifest, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Whether `dist` is whole and younger than all sources. */
function isBuilt(): boolean {
  const outputs = Object.values(readManifest(repository).exports)
    .flatMap((target) => (typeof target === 'string' ? [] : [target.types, target.default]))
    .map((file) => join(repository, file));
  if (!outputs.every((file) => existsSync(file))) return false;
  const oldest = Math.min(...outputs.map((file) => statSync(file).mtimeMs));
  const sources = readdirSync(join(repository, 'src'), { recursive: true, encoding: 'utf8' });
  return sources.every((file) => statSync(join(repository, 'src', file)).mtimeMs <= oldest);
}

/** Builds in a copy: the repository's own `dist` may be in use by others. */
function build(folder: string): string {
  cpSync(repository, folder, {
    recursive: true,
    filter: (path) => !/[\\/](?:node_modules|\.git|dist|test-results)$/.test(path),
  });
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'), 'dir');
  run(join(repository, 'node_modules/.bin/tsup'), ['--silent'], folder);
  return folder;
}

/** Copies what the package needs to run from the repository's own `node_modules`. */
export function installDependencies({ dependencies = {} }: Pick<Manifest, 'dependencies'>, modules: string): void {
  for (const name of Object.keys(dependencies)) {
    const from = join(repository, 'node_modules', name);
    const to = join(modules, name);
    if (existsSync(to)) continue;
    cpSync(from, to, { recursive: true });
    installDependencies(readManifest(from), modules);
  }
}
