/**
 * The public API as a report for each entry, in `etc`, so that a change of API is seen where it is reviewed. Needs a
 * build with declarations. `npm run api` builds, and accepts what is there; without `--accept` a difference fails.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig, type ExtractorMessage, type IConfigFile } from '@microsoft/api-extractor';

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
}

const root: string = fileURLToPath(new URL('..', import.meta.url));
const isAccepted: boolean = process.argv.includes('--accept');
const { exports: entries }: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** What all entries have in common. Docstrings are checked by typedoc, and release tags are not used: all is public. */
const common: IConfigFile = ExtractorConfig.loadFile(join(root, 'api-extractor.json'));

/** Makes the report of an entry. Answers with what is different, or with nothing. */
function difference(types: string, reportFileName: string): string | undefined {
  const config = ExtractorConfig.prepare({
    configObject: {
      ...common,
      mainEntryPointFilePath: join(root, types),
      apiReport: { ...common.apiReport, enabled: true, reportFileName },
      compiler: {
        overrideTsconfig: {
          extends: join(root, 'tsconfig.json'),
          compilerOptions: { types: types.endsWith('/node.d.ts') ? ['node'] : [], paths: {} },
          files: [join(root, types)],
          include: [],
        },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
  });
  const { apiReportChanged, succeeded } = Extractor.invoke(config, {
    localBuild: isAccepted,
    messageCallback: (message: ExtractorMessage) => {
      // That something changed is said once, below.
      if (message.category === 'console') message.handled = true;
    },
  });
  if (succeeded && (isAccepted || !apiReportChanged)) return undefined;
  const { reportFilePath, reportTempFilePath } = config;
  const files = ['--no-index', '--no-color', '--unified=1', reportFilePath, reportTempFilePath];
  return spawnSync('git', ['--no-pager', 'diff', ...files], { cwd: root, encoding: 'utf8' }).stdout ?? '';
}

mkdirSync(join(root, 'etc'), { recursive: true });
const names: string[] = [];
for (const target of Object.values(entries)) {
  if (typeof target === 'string') continue;
  const name = `${basename(target.types, '.d.ts')}.api.md`;
  names.push(name);
  const different = difference(target.types, name);
  if (different === undefined) continue;
  console.error(`The public API of ${target.types} is not what etc/${name} says\n${different}`);
  process.exitCode = 1;
}
for (const name of readdirSync(join(root, 'etc'))) {
  if (names.includes(name)) continue;
  console.error(`etc/${name} belongs to no entry of the package`);
  process.exitCode = 1;
}
if (process.exitCode) console.error('`npm run api` accepts the change; look at what it writes before it is committed');
