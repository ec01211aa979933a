import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { captureLog } from '../helpers/capture-log.ts';

/** What an example prints, as one text. */
async function run(name: string): Promise<string> {
  const log = captureLog();
  await import(`../../examples/${name}.ts`);
  return log.mock.calls.map((values) => values.map((value) => JSON.stringify(value)).join(' ')).join('\n');
}

describe('The examples of streams', () => {
  it('take five records and then one', async () => {
    const printed = await run('tide-limit');
    const ids = [...printed.matchAll(/"id":(\d+)/g)].map(([, id]) => Number(id));
    expect(ids).toEqual([0, 1, 2, 3, 4, 0]);
    expect(printed).toContain('Status 200, 1 record');
    expect(printed).toContain('ended by its limit');
    expect(printed).toContain('6 records in all');
  });

  it('read an endless stream until a consumer stops it', async () => {
    const printed = await run('tide-endless');
    expect(printed).toMatch(/Consumer [AB] has seen enough/);
    expect(printed).toContain('Ended by off, stopped: all records are counted');
  });

  it('sign every request', async () => {
    const printed = await run('tide-oauth1');
    expect(printed).toBe(`${[0, 1, 2, 3, 4].map((id) => `${id} "A kettle"`).join('\n')}\n"Status 200"`);
  });

  it('are named in the README', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    for (const name of ['tide-limit', 'tide-endless', 'tide-oauth1']) expect(readme).toContain(`examples/${name}.ts`);
  });
});
