import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../', import.meta.url);

/** Builds the package when its sources are newer than what was built of them. */
export function buildPackage(): void {
  const built = newest(new URL('dist/', ROOT), (name) => name === 'index.js');
  if (built > newest(new URL('src/', ROOT), (name) => name.endsWith('.ts'))) return;
  console.error('Building the package');
  execFileSync('npm', ['run', '--silent', 'build:js'], {
    cwd: fileURLToPath(ROOT),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** When the newest of some files was written; 0 when there is none. */
function newest(folder: URL, wanted: (name: string) => boolean): number {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && wanted(entry.name))
      .reduce((latest, { parentPath, name }) => Math.max(latest, statSync(`${parentPath}/${name}`).mtimeMs), 0);
  } catch {
    return 0;
  }
}
