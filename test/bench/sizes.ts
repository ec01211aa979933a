import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { DIST } from './sdk.ts';

/** What a program downloads that imports some names of a package's entry, in bytes of brotli. */
export interface Size {
  /** The program and everything that it imports at its start, its dependencies included. */
  readonly start: number;
  /** What it loads when it first needs it, if ever. */
  readonly later: number;
}

/** The files of a bundle. */
export interface Bundle {
  /** The program and everything that it imports at its start, its dependencies included. */
  readonly start: readonly Uint8Array[];
  /** What it loads when it first needs it, if ever. */
  readonly later: readonly Uint8Array[];
}

/** Bundles `export { names } from 'tideway'` as a user's bundler does, from the built package. */
export async function bundle(names: readonly string[] | '*', entry: string = 'index.js'): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: `export ${names === '*' ? '*' : `{ ${names.join(', ')} }`} from './${entry}';`,
      resolveDir: fileURLToPath(DIST),
    },
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    // The platform's own, and a peer that only users of it install.
    external: ['node:*', 'undici'],
    outdir: 'out',
    write: false,
    metafile: true,
  });
  const { outputs } = metafile;
  const paths = Object.keys(outputs);
  const started = reachable(outputs, paths.find((path) => outputs[path]?.entryPoint === '<stdin>') ?? '');
  const contents = (isWanted: (path: string) => boolean): Uint8Array[] =>
    outputFiles.filter((_, index) => isWanted(paths[index] ?? '')).map((file) => file.contents);
  return { start: contents((path) => started.has(path)), later: contents((path) => !started.has(path)) };
}

/** The sizes of a {@link bundle}. */
export async function measureSize(names: readonly string[] | '*', entry?: string): Promise<Size> {
  const { later, start } = await bundle(names, entry);
  const sum = (files: readonly Uint8Array[]): number =>
    files.reduce((total, file) => total + brotliCompressSync(file).length, 0);
  return { start: sum(start), later: sum(later) };
}

/** A file and all that it imports by statements; `import()` comes later. */
function reachable(outputs: Metafile['outputs'], path: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const { kind, path: imported } of outputs[path]?.imports ?? []) {
    if (kind === 'import-statement') reachable(outputs, imported, seen);
  }
  return seen;
}
