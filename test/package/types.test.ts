import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Consumer, installPacked, repository } from './packed.ts';

let consumer: Consumer;

beforeAll(() => {
  consumer = installPacked();
  copyFileSync(fileURLToPath(new URL('program.ts', import.meta.url)), join(consumer.folder, 'program.ts'));
}, 60_000);

afterAll(() => consumer?.[Symbol.dispose]());

/** Compiles the program in strict mode, declarations of the package included; answers with what the compiler says. */
function compile(name: string, options: object): string {
  const compilerOptions = { target: 'ES2022', strict: true, noEmit: true, skipLibCheck: false, types: [], ...options };
  const project = join(consumer.folder, `tsconfig.${name}.json`);
  writeFileSync(project, JSON.stringify({ compilerOptions, files: ['program.ts'] }));
  const tsc = join(repository, 'node_modules/typescript/bin/tsc');
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8' });
  return stdout + stderr;
}

const web = ['ES2022', 'DOM', 'DOM.Iterable'];
const bundler = { module: 'ESNext', moduleResolution: 'bundler' };
const nodenext = { module: 'NodeNext', moduleResolution: 'nodenext' };

describe('a program against the packed declarations', () => {
  test('compiles as bundlers resolve, with the types of the web', () => {
    expect(compile('bundler', { ...bundler, lib: web })).toBe('');
  });

  test('compiles as Node resolves, with the types of Node and none of the web', () => {
    const typeRoots = [join(repository, 'node_modules/@types')];
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
