import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Consumer, installPacked, repository } from './packed.ts';

let consumer: Consumer;

beforeAll(() => {
  consumer = installPacked();
  for (const file of ['program.ts', 'entries.ts'])
    copyFileSync(fileURLToPath(new URL(file, import.meta.url)), join(consumer.folder, file));
}, 60_000);

afterAll(() => consumer?.[Symbol.dispose]());

/** Compiles a program in strict mode, declarations of the package included; answers with what the compiler says. */
function compile(name: string, options: object, file = 'program.ts'): string {
  const compilerOptions = { target: 'ES2022', strict: true, noEmit: true, skipLibCheck: false, types: [], ...options };
  const project = join(consumer.folder, `tsconfig.${name}.json`);
  writeFileSync(project, JSON.stringify({ compilerOptions, files: [file] }));
  const tsc = join(repository, 'node_modules/typescript/bin/tsc');
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8' });
  return stdout + stderr;
}

const web = ['ES2022', 'DOM', 'DOM.Iterable'];
const bundler = { module: 'ESNext', moduleResolution: 'bundler' };
const typeRoots = [join(repository, 'node_modules/@types')];
const nodenext = { module: 'NodeNext', moduleResolution: 'nodenext' };

/** What a program may know of its platform, and how its modules are found. */
const platforms = [
  ['pages, with the types of the web', { ...bundler, lib: web }],
  ['workers, with theirs', { ...nodenext, lib: ['ES2022', 'WebWorker'] }],
  ['Node, with its types and none of the web', { ...nodenext, lib: ['ES2022'], typeRoots, types: ['node'] }],
  ['Node, with its types and those of the web', { ...bundler, lib: web, typeRoots, types: ['node'] }],
] as const;

describe('a program that imports all entries', () => {
  test.each(platforms)('compiles for %s', { timeout: 120_000 }, (name, options) => {
    expect(compile(`entries.${platforms.findIndex(([one]) => one === name)}`, options, 'entries.ts')).toBe('');
  });
});

describe('a program against the packed declarations', () => {
  test('compiles as bundlers resolve, with the types of the web', () => {
    expect(compile('bundler', { ...bundler, lib: web })).toBe('');
  });

  test('compiles as Node resolves, with the types of Node and none of the web', () => {
    expect(compile('nodenext', { ...nodenext, lib: ['ES2022'], typeRoots, types: ['node'] })).toBe('');
  });

  test('compiles with the strictest options', () => {
    const strictest = {
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noPropertyAccessFromIndexSignature: true,
      verbatimModuleSyntax: true,
      isolatedModules: true,
    };
    expect(compile('strictest', { ...nodenext, ...strictest, lib: web })).toBe('');
  });

  test('does not compile against an entry that is not exported', () => {
    const program = "import 'tideway/dist/index.js';\nimport { parseJobKey } from 'tideway';\nparseJobKey('1/2/3');\n";
    writeFileSync(join(consumer.folder, 'program.ts'), program);
    const said = compile('private', { ...nodenext, lib: web, noUncheckedSideEffectImports: true });
    expect(said).toMatch(/Cannot find module .* 'tideway\/dist\/index\.js'/);
    expect(said).toContain("Module '\"tideway\"' has no exported member 'parseJobKey'");
  });
});
