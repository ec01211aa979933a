/**
 * Installs what the tests need beside npm's packages: other runtimes, a browser, Redis. Where it may not, it does what
 * it can and says what is missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

interface Tool {
  readonly command: string;
  readonly debian: string;
  readonly elsewhere: string;
  readonly purpose: string;
}

const TOOLS: readonly Tool[] = [
  {
    command: 'chromium',
    debian: 'chromium',
    elsewhere: 'npx playwright install chromium',
    purpose: 'tests in a browser',
  },
  {
    command: 'redis-server',
    debian: 'redis-server',
    elsewhere: 'brew install redis',
    purpose: 'tests of shared state',
  },
  {
    command: 'tinyproxy',
    debian: 'tinyproxy-bin',
    elsewhere: 'brew install tinyproxy',
    purpose: 'tests through a proxy',
  },
  {
    command: 'openssl',
    debian: 'openssl',
    elsewhere: 'brew install openssl',
    purpose: 'certificates for tests of https',
  },
];

function run(command: string, args: readonly string[]): boolean {
  const { status } = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return status === 0;
}

function isInstalled({ command }: Tool): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)));
}

let failed = false;
console.log('Installing the runtimes that the tests run in (Deno, Bun, workerd)');
if (!run('npm', ['ci', '--prefix', 'test/runtimes', '--silent'])) {
  console.error('Missing: the runtimes; `npm ci --prefix test/runtimes` says why');
  failed = true;
}

console.log('Installing what the dashboard is built with');
if (!run('npm', ['ci', '--prefix', 'examples/dashboard', '--silent'])) {
  console.error('Missing: the dashboard; `npm ci --prefix examples/dashboard` says why');
  failed = true;
}

const missing = TOOLS.filter((tool) => !isInstalled(tool));
if (missing.length > 0) {
  const packages = missing.map(({ debian }) => debian);
  const isRoot = process.getuid?.() === 0;
  const mayInstall = existsSync('/etc/debian_version') && (isRoot || spawnSync('sudo', ['-n', 'true']).status === 0);
  if (mayInstall) {
    console.log(`Installing ${packages.join(', ')} with apt-get`);
    const asRoot = (...args: string[]): boolean => {
      const [command = '', ...rest] = isRoot ? args : ['sudo', '-n', ...args];
      return run(command, rest);
    };
    asRoot('apt-get', 'update', '-qq');
    asRoot('apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...packages);
  }
}
for (const tool of TOOLS.filter((one) => !isInstalled(one))) {
  console.error(
    `Missing: ${tool.command}, for ${tool.purpose}. On Debian: apt-get install ${tool.debian}; elsewhere: ${tool.elsewhere}`,
  );
}
if (!failed) console.log('Ready: npm test');
process.exitCode = failed ? 1 : 0;
