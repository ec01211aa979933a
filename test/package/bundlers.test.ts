import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Consumer, installPacked, repository, run } from './packed.ts';

/** Milliseconds. */
const LONGEST_BUILD = 120_000;

let consumer: Consumer;

beforeAll(() => {
  consumer = installPacked();
  copyFileSync(fileURLToPath(new URL('bundled.js', import.meta.url)), join(consumer.folder, 'bundled.js'));
}, LONGEST_BUILD);

afterAll(() => consumer?.[Symbol.dispose]());

/** Each with the file that it makes of the program. */
const bundlers = [
  ['esbuild', 'main.js'],
  ['rollup', 'main.js'],
  ['vite', 'main.js'],
  ['webpack', 'main.js'],
  ['wrangler', 'bundled.js'],
] as const;

describe.each(bundlers)('%s', (bundler, file) => {
  test('bundles all entries for the web without a warning, and the bundle works', { timeout: LONGEST_BUILD }, () => {
    const out = `out-${bundler}`;
    const driver = join(repository, 'test/runtimes/bundlers.js');
    const warnings = run(process.execPath, [driver, bundler, consumer.folder, 'bundled.js', out], consumer.folder);
    expect(JSON.parse(warnings)).toEqual([]);

    const files = readdirSync(join(consumer.folder, out), { recursive: true, encoding: 'utf8' });
    const code = files.filter((name) => /\.m?js$/.test(name));
    expect(code).toContain(file);
    for (const name of code) {
      const text = readFileSync(join(consumer.folder, out, name), 'utf8');
      // Neither modules of Node nor what takes their place: a polyfill of Buffer, of process, of streams.
      expect(
        text.match(/["'`]node:\w+|\brequire\(["'`]\w+|__vite-browser-external|\bBuffer\.from\b/g),
        name,
      ).toBeNull();
    }

    const program = `
      const { default: worker } = await import('./${out}/${file}');
      console.log(await (await worker.fetch()).text());
    `;
    const found = run(process.execPath, ['--input-type=module', '-e', program], consumer.folder);
    expect(JSON.parse(found)).toEqual({
      items: 3,
      ranges: 3,
      tailed: 2,
      fetched: 'fetched',
      added: 1,
      events: ['one', 'two'],
      passed: 3,
      limited: 'function',
    });
  });
});
