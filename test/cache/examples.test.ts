import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { captureLog } from '../helpers/capture-log.ts';

it('examples/cached-jobs.ts, which the README names, reads a job once over the network', async () => {
  const log = captureLog();
  await import('../../examples/cached-jobs.ts');
  const printed = log.mock.calls.map(([line]) => String(line).replace(/in \d+ ms/, ''));
  expect(printed.slice(0, 6)).toEqual([
    ...['over the network', '20000 items '],
    ...['from the cache', '20000 items '],
    ...['from the cache', '20000 items '],
  ]);
  expect(printed[6]).toMatch(/^1 request, 1 answer of \d+ KB in the cache$/);
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  expect(readme).toContain('`examples/cached-jobs.ts`');
});
