import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Consumer, installDependencies, installPacked } from '../package/packed.ts';
import { areas, caseNames, type Outcome, SIZE } from './conformance.js';
import { openPages, type PageServer } from './page-server.ts';
import { type Run, startRun } from './run.ts';
import { placeCases, type Runtime, runtimes } from './runtimes.ts';
import { openStage, type Stage } from './stage.ts';
import { columnOf, tableOf, withTable } from './table.ts';

/** Milliseconds: runtimes, browsers among them, are started on machines that do other things, too. */
const LONGEST_START = 180_000;
const LONGEST_CASE = 60_000;
/** Where everything can be had, it has to be there; elsewhere what is missing is skipped, and counted as skipped. */
const HAS_ALL = Boolean(process.env.CI) || existsSync('/etc/debian_version');

let consumer: Consumer;
let pages: PageServer;
const stages: Stage[] = [];
const runs = new Map<Runtime, Promise<Run>>();
/** By the name of the runtime, by the name of the case. */
const results: Record<string, Record<string, Outcome>> = {};
const present = runtimes.filter(({ program }) => program !== undefined);

async function begin(runtime: Runtime): Promise<Run> {
  const stage = await openStage();
  stages.push(stage);
  const { args, program } = await runtime.command({ folder: consumer.folder, page: `${pages.url}/page` });
  const options = JSON.stringify({ ...stage.options, ...runtime.options });
  return startRun({ program, args: [...args, options] }, consumer.folder);
}

function runOf(runtime: Runtime): Promise<Run> {
  const run = runs.get(runtime) ?? begin(runtime);
  runs.set(runtime, run);
  run.catch(() => {});
  return run;
}

beforeAll(async () => {
  consumer = installPacked();
  installDependencies({ dependencies: { redis: '*', ioredis: '*' } }, join(consumer.folder, 'node_modules'));
  placeCases(consumer);
  pages = await openPages(consumer.folder, { page: 'test/runtimes/page.js' });
}, LONGEST_START);

afterAll(async () => {
  for (const run of await Promise.allSettled(runs.values())) {
    if (run.status === 'fulfilled') await run.value[Symbol.asyncDispose]();
  }
  for (const stage of stages) await stage[Symbol.asyncDispose]();
  await pages?.close();
  consumer?.[Symbol.dispose]();
}, LONGEST_START);

for (const runtime of runtimes) {
  const { name, program } = runtime;
  describe.skipIf(program === undefined && !HAS_ALL)(`the packed package in ${name}`, { timeout: LONGEST_CASE }, () => {
    let run: Run;

    beforeAll(async () => {
      if (program === undefined) throw new Error(`There is no ${name} to run the cases in: \`npm run setup\``);
      run = await runOf(runtime);
      // Two at a time: the next one begins meanwhile.
      const next = present[present.indexOf(runtime) + 1];
      if (next) void runOf(next);
    }, LONGEST_START);

    afterAll(async () => {
      await run?.[Symbol.asyncDispose]();
    }, LONGEST_START);

    test.each(caseNames)('%s', async (one) => {
      const outcome = await run.outcome(one);
      results[name] = { ...results[name], [one]: outcome };
      if (outcome.error) throw new Error(outcome.error);
      expect(outcome.checks).toBeGreaterThan(0);
    });
  });
}

describe('an emulator that is served by tideway/node', () => {
  for (const { file, isListed, name, program } of runtimes) {
    if (!file || !isListed || program === undefined) continue;
    test(`is served and read in ${name}, and ends by itself when it is closed`, { timeout: LONGEST_CASE }, () => {
      const { args } = file('serve.js');
      const result = spawnSync(program, args, { cwd: consumer.folder, encoding: 'utf8', timeout: LONGEST_CASE });
      expect(result.stderr).toBe('');
      expect(JSON.parse(result.stdout)).toEqual({ whole: SIZE, cut: SIZE, resumes: 1, first: 0 });
      expect(result.status).toBe(0);
    });
  }
});

describe('the table of runtimes in the README', () => {
  test('says what this run has found', () => {
    const listed = runtimes.filter(({ isListed, name }) => isListed && results[name]).map(({ name }) => name);
    const found = Object.fromEntries(listed.map((name) => [name, results[name] ?? {}]));
    writeFileSync(new URL('results.json', import.meta.url), JSON.stringify(found, null, 1));
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const expected = withTable(readme, tableOf(areas, found));
    for (const name of listed) {
      const hint = `What the README says of ${name} is not what was found: \`npm run runtimes\` writes it anew`;
      expect(columnOf(readme, name), hint).toEqual(columnOf(expected, name));
    }
  });
});
