import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Consumer, installPacked } from '../package/packed.ts';
import { caseNames, SIZE } from './conformance.js';
import { placeCases, type Run, runtimes, startRun } from './runtimes.ts';
import { openStage, type Stage } from './stage.ts';

let consumer: Consumer;

beforeAll(() => {
  consumer = installPacked();
  placeCases(consumer);
}, 60_000);

afterAll(() => consumer?.[Symbol.dispose]());

describe.each(runtimes)('the packed package in $name', ({ command, options }) => {
  let stage: Stage;
  let run: Run;

  beforeAll(async () => {
    stage = await openStage();
    const told = JSON.stringify({ ...stage.options, ...options, isBrowser: false });
    run = startRun(await command(consumer.folder, told), consumer.folder);
  });

  afterAll(async () => {
    await run?.[Symbol.asyncDispose]();
    await stage?.[Symbol.asyncDispose]();
  });

  test.each(caseNames)('%s', async (name) => {
    const { checks, error } = await run.outcome(name);
    expect(error).toBeUndefined();
    expect(checks).toBeGreaterThan(0);
  });
});

describe('an emulator that is served by tideway/node', () => {
  for (const { file, name } of runtimes) {
    if (!file) continue;
    test(`is served and read in ${name}, and ends by itself when it is closed`, () => {
      const { args, program } = file('serve.js');
      const result = spawnSync(program, args, { cwd: consumer.folder, encoding: 'utf8', timeout: 15_000 });
      expect(result.stderr).toBe('');
      expect(JSON.parse(result.stdout)).toEqual({ whole: SIZE, cut: SIZE, resumes: 1, first: 0 });
      expect(result.status).toBe(0);
    });
  }
});
