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

/** Bundles `export { names } from 'tideway'` as a user's bundler does, from the built package. */
export async function measureSize(names: readonly string[] | '*', entry: string = 'index.js'): Promise<Size> {
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
    outdir: 'out',
    write: false,
    metafile: true,
  });
  const { outputs } = metafile;
  const sizes = new Map<string, number>();
  for (const [index, path] of Object.keys(outputs).entries()) {
    sizes.set(path, brotliCompressSync(outputFiles[index]?.contents ?? new Uint8Array()).length);
  }
  const first = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === '<stdin>') ?? '';
  const start = reachable(outputs, first);
  const sum = (paths: Iterable<string>): number =>
    [...paths].reduce((total, path) => total + (sizes.get(path) ?? 0), 0);
  return { start: sum(start), later: sum(Object.keys(outputs).filter((path) => !start.has(path))) };
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
