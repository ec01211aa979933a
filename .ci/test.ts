/** All checks and tests, one after the other. Ends with the line `N passed, N failed`. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Count {
  passed: number;
  failed: number;
  skipped: number;
  /** Names of the tests that did not pass on their first try, and passed then. */
  laterTry?: readonly string[];
}

/** Of a step that is one check. */
const CHECK: Count = { passed: 1, failed: 0, skipped: 0 };
const total: Count = { passed: 0, failed: 0, skipped: 0 };
const folder: string = mkdtempSync(join(tmpdir(), 'tideway-test-'));

/** Runs a command; its output is shown when it fails. `count` tells how many tests it had. */
function step(name: string, command: string, args: readonly string[], count: () => Count = () => CHECK): boolean {
  const started = performance.now();
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    NO_COLOR: '1',
    PLAYWRIGHT_JSON_OUTPUT_NAME: join(folder, 'browser.json'),
  };
  delete env.FORCE_COLOR;
  const result: SpawnSyncReturns<string> = spawnSync(command, args, { encoding: 'utf8', env, maxBuffer: 1 << 28 });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  let counted: Count;
  try {
    counted = count();
  } catch {
    counted = { passed: 0, failed: 1, skipped: 0 };
  }
  const failed = result.status === 0 ? counted.failed : Math.max(1, counted.failed);
  total.passed += failed > 0 && counted === CHECK ? 0 : counted.passed;
  total.failed += failed;
  total.skipped += counted.skipped;
  console.log(
    `${failed > 0 ? 'FAILED' : 'ok'}  ${name} (${counted === CHECK ? '' : `${counted.passed} tests, `}${seconds} s)`,
  );
  for (const test of counted.laterTry ?? []) console.log(`    another try: ${test}`);
  if (failed > 0) console.log(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`);
  return failed === 0;
}

interface VitestReport {
  numPassedTests?: number;
  numFailedTests?: number;
  numPendingTests?: number;
  numTodoTests?: number;
  testResults?: { assertionResults: { status: string; fullName: string; failureMessages: string[] }[] }[];
}

function vitestCount(): Count {
  const {
    numPassedTests = 0,
    numFailedTests = 0,
    numPendingTests = 0,
    numTodoTests = 0,
    testResults = [],
  }: VitestReport = JSON.parse(readFileSync(join(folder, 'unit.json'), 'utf8'));
  const laterTry = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status, failureMessages }) => status === 'passed' && failureMessages.length > 0)
    .map(({ fullName, failureMessages: [why = ''] }) => `${fullName} (${why.split('\n', 1)[0]})`);
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests, laterTry };
}

interface PlaywrightSuite {
  specs?: { title: string; tests: { status: string }[] }[];
  suites?: PlaywrightSuite[];
}

function flaky({ specs = [], suites = [] }: PlaywrightSuite): string[] {
  const own = specs.filter(({ tests }) => tests.some(({ status }) => status === 'flaky')).map(({ title }) => title);
  return [...own, ...suites.flatMap(flaky)];
}

function playwrightCount(): Count {
  const { stats, ...suite } = JSON.parse(readFileSync(join(folder, 'browser.json'), 'utf8'));
  return {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    skipped: stats.skipped,
    laterTry: flaky(suite),
  };
}

try {
  step('format and lint', 'biome', ['check', '--error-on-warnings', '.']);
  step('who imports whom', 'depcruise', ['--config', '.dependency-cruiser.json', 'src']);
  step('types', 'tsc', ['-p', '.']);
  step('types without a runtime', 'tsc', ['-p', 'src']);
  step('pages of docs', 'typedoc', ['--out', join(folder, 'docs')]);
  if (step('build', 'tsup', ['--silent'])) {
    step('exports (publint)', 'publint', ['--strict']);
    step('exports (attw)', 'attw', ['--pack', '.', '--profile', 'esm-only', '--format', 'ascii']);
    step('public API', 'node', ['.ci/api.ts']);
    step('first example', 'node', ['examples/quickstart.ts']);
    step('sizes', 'size-limit', ['--config', '.ci/sizes.ts']);
    step(
      'unit and integration',
      'vitest',
      ['run', '--reporter=dot', '--reporter=json', `--outputFile=${join(folder, 'unit.json')}`],
      vitestCount,
    );
    step('browser', 'playwright', ['test', '--reporter=dot,json'], playwrightCount);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exitCode = total.failed > 0 ? 1 : 0;
