import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installDependencies, type readManifest, repository } from './packed.ts';

interface Configuration {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
  readonly compilerOptions: object;
  readonly publish: { readonly include: readonly string[] };
}

type Versions = Readonly<Record<string, string>>;

const configuration: Configuration = JSON.parse(readFileSync(join(repository, 'jsr.json'), 'utf8'));
const manifest: ReturnType<typeof readManifest> & {
  readonly version: string;
  readonly license: string;
  readonly files: readonly string[];
  readonly devDependencies: Versions;
} = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));

/** Packages that the sources name: those of the package, what Deno takes types from, and the peer that is loaded. */
const { '@types/http-cache-semantics': cacheTypes = '', '@types/node': nodeTypes = '' } = manifest.devDependencies;
const { undici = '' } = manifest.devDependencies;
const named: Versions = { ...manifest.dependencies, undici };

describe('jsr.json', () => {
  test('says the same as package.json', () => {
    expect(configuration.version).toBe(manifest.version);
    expect(configuration.license).toBe(manifest.license);
    const entries = Object.keys(manifest.exports).filter((entry) => entry !== './package.json');
    expect(Object.keys(configuration.exports)).toEqual(entries);
    for (const source of Object.values(configuration.exports)) expect(existsSync(join(repository, source))).toBe(true);
    const wanted = Object.entries(named).map(([name, version]) => [name, `npm:${name}@${version}`]);
    expect(configuration.imports).toEqual(Object.fromEntries(wanted));
    const policy = readFileSync(join(repository, 'src/cache/http-freshness.ts'), 'utf8');
    expect(policy).toContain(`@ts-types="npm:@types/http-cache-semantics@${cacheTypes}"`);
  });

  test('publishes the guides that npm has', () => {
    expect(configuration.publish.include).toEqual(
      expect.arrayContaining(manifest.files.filter((one) => one !== 'dist')),
    );
  });
});

describe('the package on JSR', () => {
  let folder: string;
  /** What Deno would publish, by paths from the root. */
  let files: string[];

  const deno = (cwd: string, ...args: string[]) => {
    const command = join(repository, 'test/runtimes/node_modules/.bin/deno');
    if (!existsSync(command)) throw new Error('There is no Deno: `npm run setup` installs it');
    // A cache of its own, so that nothing comes from elsewhere than the folder.
    const env = { ...process.env, DENO_DIR: join(folder, 'cache'), NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' };
    const { status, stderr, stdout } = spawnSync(command, args, { cwd, encoding: 'utf8', env });
    return { status, stdout, stderr };
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tideway-jsr-'));
    const source = join(folder, 'source');
    for (const path of [...manifest.files.filter((one) => one !== 'dist'), 'src', 'jsr.json'])
      cpSync(join(repository, path), join(source, path), { recursive: true });
    const dependencies = { ...named, '@types/http-cache-semantics': cacheTypes, '@types/node': nodeTypes };
    installDependencies({ dependencies }, join(source, 'node_modules'));
    // With these two Deno takes packages from the folder, and asks no registry.
    writeFileSync(join(source, 'package.json'), JSON.stringify({ name: 'source', private: true, dependencies }));
    writeFileSync(join(source, 'jsr.json'), JSON.stringify({ ...configuration, nodeModulesDir: 'manual' }));
    const said = deno(source, 'publish', '--dry-run', '--allow-dirty');
    expect(said, said.stderr).toMatchObject({ status: 0 });
    const root = /file:\/\/.*?\/source\/(\S+) \(/g;
    files = [...`${said.stdout}${said.stderr}`.matchAll(root)].map(([, path = '']) => path);
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is the sources and the guides, and has no types that take long to read', () => {
    const beside = files.filter((file) => !/^src\/[\w/-]+\.ts$/.test(file));
    const guides = manifest.files.filter((one) => one !== 'dist');
    expect(beside.toSorted()).toEqual([...guides, 'jsr.json'].toSorted());
    expect(files).toEqual(expect.arrayContaining(Object.values(configuration.exports).map((file) => file.slice(2))));
  });

  test('type-checks and runs in Deno', { timeout: 120_000 }, () => {
    const user = join(folder, 'user');
    for (const file of files) {
      mkdirSync(dirname(join(user, 'published', file)), { recursive: true });
      copyFileSync(join(folder, 'source', file), join(user, 'published', file));
    }
    cpSync(join(folder, 'source/node_modules'), join(user, 'node_modules'), { recursive: true });
    copyFileSync(join(folder, 'source/package.json'), join(user, 'package.json'));
    const program = readFileSync(fileURLToPath(new URL('jsr-program.ts', import.meta.url)), 'utf8');
    writeFileSync(join(user, 'program.ts'), program.replaceAll("from 'tideway", `from '${configuration.name}`));
    // The names of the registry, and the files that stand behind them.
    const entries = Object.entries(configuration.exports).map(([entry, file]) => [
      `${configuration.name}${entry.slice(1)}`,
      file.replace('./', './published/'),
    ]);
    const imports = { ...configuration.imports, ...Object.fromEntries(entries) };
    // As files of the user's the sources are checked, too, and as a package they would not be: by the types they need.
    const { compilerOptions } = configuration;
    writeFileSync(join(user, 'deno.json'), JSON.stringify({ imports, compilerOptions, nodeModulesDir: 'manual' }));
    const allowed = ['--allow-net=127.0.0.1', '--allow-env', '--no-remote'];
    const said = deno(user, 'run', '--check', ...allowed, 'program.ts');
    expect(said, said.stderr).toMatchObject({ status: 0 });
    expect(JSON.parse(said.stdout)).toEqual({
      titles: ['First', 'Second', 'Third'],
      delivered: 2,
      status: 200,
      cached: 401,
      robots: false,
      token: 'tideway-1',
      redis: false,
    });
  });
});
