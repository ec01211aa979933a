import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buildSync } from 'esbuild';

const built = new Map<string, string>();

/**
 * A program as one file for `node`, on the sources of the package: it begins in a third of the time, which counts where
 * many processes are started.
 */
export function programOf(entry: string): string {
  const known = built.get(entry);
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), 'tideway-program-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, `${basename(entry, '.ts')}.mjs`);
  const js = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  buildSync({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', banner: { js } });
  built.set(entry, outfile);
  return outfile;
}
