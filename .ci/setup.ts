/**
 * Installs what the tests need beside npm's packages: other runtimes, a browser, Redis. Where it may not, it does what
 * it can and says what is missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findFirefox } from '../test/runtimes/executables.ts';

interface Tool {
  readonly command: string;
  readonly debian: string;
  readonly elsewhere: string;
  readonly purpose: string;
  /** By default, whether the command is on the path. */
  readonly isInstalled?: () => boolean;
}

const TOOLS: readonly Tool[] = [
  {
    command: 'chromium',
    debian: 'chromium',
    elsewhere: 'npx playwright install chromium',
    purpose: 'tests in a browser',
  },
  {
    command: 'firefox-esr',
    debian: 'firefox-esr',
    elsewhere: 'brew install --cask firefox',
    purpose: 'tests in Firefox',
    isInstalled: () => findFirefox() !== undefined,
  },
  {
    command: 'WebKitWebDriver',
    debian: 'webkit2gtk-driver',
    elsewhere: 'there is none that can be driven',
    purpose: 'tests in WebKit',
  },
  {
    command: 'Xvfb',
    debian: 'xvfb',
    elsewhere: 'there is no need of it without WebKitGTK',
    purpose: 'tests in WebKit',
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

function isInstalled({ command, isInstalled: isThere }: Tool): boolean {
  if (isThere) return isThere();
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)));
}

let failed = false;
console.log('Installing what the tests run in and with (Node 22 and 26, Deno, Bun, workerd, drivers, bundlers)');
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
