import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { installPacked } from '../package/packed.ts';

it('says what is missing where undici is not installed, when it is first needed', { timeout: 600_000 }, () => {
  using consumer = installPacked();
  const program = join(consumer.folder, 'program.js');
  writeFileSync(
    program,
    `import { proxyFetch, undiciFetch } from 'tideway/node';
    for (const fetch of [undiciFetch(), proxyFetch()]) {
      await fetch('http://127.0.0.1:1/').catch(({ code, message }) => console.log(code, message));
    }`,
  );
  const { stdout } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
  const line = 'ERR_CONFIGURATION Expected the package `undici` to be installed: `npm install undici`\n';
  expect(stdout).toBe(line + line);
});
