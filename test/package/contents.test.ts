import { readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Consumer, installPacked, repository } from './packed.ts';

let consumer: Consumer;

beforeAll(() => {
  consumer = installPacked();
}, 180_000);

afterAll(() => consumer?.[Symbol.dispose]());

const textOf = (file: string): string => readFileSync(join(consumer.root, file), 'utf8');
const filesEnding = (end: string): string[] => consumer.files.filter((file) => file.endsWith(end));

/** What the file of an entry imports from elsewhere, through all its chunks, those that are loaded later included. */
async function importsOf(entry: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: consumer.root,
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    packages: 'external',
    external: ['node:*'],
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  return [...new Set(imports.filter(({ external }) => external).map((one) => one.path))].sort();
}

describe('what is packed', () => {
  test('is the build, what belongs beside it, and nothing else', () => {
    const beside = consumer.files.filter((file) => !file.startsWith('dist/'));
    expect(beside.toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'MIGRATING.md',
      'README.md',
      'SECURITY.md',
      'llms.txt',
      'package.json',
    ]);
    const others = consumer.files.filter((file) => !/^dist\/[\w-]+\.(?:js|js\.map|d\.ts)$/.test(file));
    expect(others.toSorted()).toEqual(beside.toSorted());
    expect(
      readdirSync(consumer.root, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()),
    ).toHaveLength(consumer.files.length);
  });

  test('is as large as it was thought to be', () => {
    const unpacked = consumer.files.reduce((total, file) => total + statSync(join(consumer.root, file)).size, 0);
    const code = filesEnding('.js').reduce((total, file) => total + statSync(join(consumer.root, file)).size, 0);
    // Bytes. Source maps, which carry the sources, are more than half of it.
    expect(code).toBeLessThan(850_000);
    expect(unpacked).toBeLessThan(3_000_000);
    const [archive = ''] = readdirSync(consumer.folder).filter((file) => file.endsWith('.tgz'));
    expect(statSync(join(consumer.folder, archive)).size).toBeLessThan(800_000);
  });

  test('is published by a run that proves where it comes from, of actions that nobody can change', () => {
    const workflow = readFileSync(join(repository, '.github/workflows/publish.yml'), 'utf8');
    expect(workflow).toContain('npm publish --provenance --access public');
    expect(workflow).toContain('id-token: write');
    const actions = [...workflow.matchAll(/uses: (.*)/g)].map(([, action]) => action);
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    expect(workflow).not.toMatch(/secrets\.|TOKEN:/);
  });

  test('has every file that `exports` names, with its types', () => {
    const targets = Object.values(consumer.manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    );
    expect(Object.keys(consumer.manifest.exports)).toEqual([
      '.',
      './cache',
      './crawl',
      './emulator',
      './fetcher',
      './gateway',
      './node',
      './redis',
      './tide',
      './package.json',
    ]);
    expect(consumer.files).toEqual(expect.arrayContaining(targets.map((target) => posix.normalize(target))));
  });

  test('tells nothing of the machine that it was built on', () => {
    const folders = [repository.replace(/\/$/, ''), homedir(), tmpdir()].filter((folder) => folder.length > 1);
    const telling = consumer.files.filter((file) => {
      const text = textOf(file);
      return folders.some((folder) => text.includes(`${folder}/`)) || /file:\/\/\/|\b[A-Z]:\\\\Users/.test(text);
    });
    expect(telling).toEqual([]);
  });

  test('has source maps that carry the sources, named from where they are', () => {
    const maps = filesEnding('.js.map');
    expect(maps.length).toBeGreaterThan(0);
    for (const file of maps) {
      const { sources, sourcesContent } = JSON.parse(textOf(file)) as { sources: string[]; sourcesContent: string[] };
      for (const source of sources) expect(source).toMatch(/^\.\.\/src\/[\w./-]+\.ts$/);
      expect(sourcesContent).toHaveLength(sources.length);
      expect(sourcesContent.every((text) => typeof text === 'string' && text.length > 0)).toBe(true);
    }
  });

  test('has code and declarations whose relative imports are all there', () => {
    for (const file of [...filesEnding('.js'), ...filesEnding('.d.ts')]) {
      const relative = [...textOf(file).matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g)].map(
        ([, to]) => to ?? '',
      );
      for (const to of relative) {
        const path = posix.join(dirname(file), to);
        // Declarations name the code that they declare.
        const wanted = file.endsWith('.d.ts') ? path.replace(/\.js$/, '.d.ts') : path;
        expect(consumer.files, `${file} imports ${to}`).toContain(wanted);
      }
    }
  });

  test('keeps modules of Node within the entry for Node', async () => {
    expect(await importsOf('dist/index.js')).toEqual(['ky']);
    expect(await importsOf('dist/emulator.js')).toEqual(['@msgpack/msgpack']);
    expect(await importsOf('dist/tide.js')).toEqual(['eventsource-parser']);
    // Clients are the user's.
    expect(await importsOf('dist/redis.js')).toEqual([]);
    // The cache that a fetcher may be given brings its rules, which are loaded when they are first used.
    expect(await importsOf('dist/fetcher.js')).toEqual(['http-cache-semantics']);
    expect(await importsOf('dist/cache.js')).toEqual(['http-cache-semantics', 'idb-keyval']);
    const node = await importsOf('dist/node.js');
    expect(node).toContain('node:http');
    const others = node.filter((name) => !name.startsWith('node:'));
    const { dependencies, peerDependencies } = consumer.manifest;
    expect(Object.keys({ ...dependencies, ...peerDependencies })).toEqual(expect.arrayContaining(others));
  });

  test('names no module of Node in code or declarations outside the entry for Node', () => {
    const naming = [...filesEnding('.js'), ...filesEnding('.d.ts')].filter((file) => /["']node:/.test(textOf(file)));
    expect(naming.filter((file) => !/^dist\/node\./.test(file))).toEqual([]);
    expect(textOf('dist/index.d.ts')).not.toMatch(/\bNodeJS\.|\bBuffer\b|reference types/);
    expect(textOf('dist/emulator.d.ts')).not.toMatch(/\bNodeJS\.|\bBuffer\b|reference types/);
    expect(textOf('dist/cache.d.ts')).not.toMatch(/\bNodeJS\.|\bBuffer\b|reference types|idb-keyval|http-cache/);
    expect(textOf('dist/node.d.ts')).not.toMatch(/from ['"]undici/);
    expect(textOf('dist/tide.d.ts')).not.toMatch(/\bNodeJS\.|\bBuffer\b|reference types/);
  });

  test('needs at run time what the sources import, and nothing else', async () => {
    const entries = Object.values(consumer.manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [] : target.default.slice(2),
    );
    const imported = (await Promise.all(entries.map(importsOf))).flat().filter((name) => !name.startsWith('node:'));
    // A peer is loaded by what needs it, and says what is missing.
    const { dependencies = {}, peerDependencies = {} } = consumer.manifest;
    const needed = [...new Set(imported)].filter((name) => !(name in peerDependencies));
    expect(Object.keys(dependencies).toSorted()).toEqual(needed.toSorted());
  });

  test('calls itself by the version that package.json has', () => {
    const { version } = JSON.parse(textOf('package.json')) as { version: string };
    const named = filesEnding('.js').filter((file) => textOf(file).includes(`"${version}"`));
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(named.length).toBeGreaterThan(0);
  });
});
