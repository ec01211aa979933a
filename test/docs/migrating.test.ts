/**
 * MIGRATING.md: each line of its tables is run against an emulator, and what comes of it is compared with what the
 * documents of the Python clients show for the line beside it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tideway from 'tideway';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { callsOf, countOfTableLines, type SectionCheck, sectionsOf } from './migrating-guide.ts';
import { hubstorage } from './migrating-hubstorage.ts';
import { scrapinghub } from './migrating-scrapinghub.ts';
import { World } from './migrating-world.ts';

const root: string = fileURLToPath(new URL('../..', import.meta.url));
/** The documents of the Python clients are not part of the repository. */
const documents: string = fileURLToPath(new URL('../../../shared/seeds/', import.meta.url));

/** Calls that the documents show as they would not run, and as they are in the tables. */
const corrected: ReadonlyMap<string, string> = new Map([
  ["h\u0441 = HubstorageClient(auth='apikey')", "hc = HubstorageClient(auth='apikey')"],
  [
    "jobs_metadata = project.jobq.list(spider='foo', state='finished' count=3)",
    "jobs_metadata = project.jobq.list(spider='foo', state='finished', count=3)",
  ],
]);

const clients: readonly (readonly [client: string, document: string, checks: readonly SectionCheck[]])[] = [
  ['hubstorage', 'hubstorage.txt', hubstorage],
  ['scrapinghub', 'scrapinghub-client.txt', scrapinghub],
];

/** What the lines may take for granted. */
const PRELUDE = `
import { ${Object.keys(tideway).join(', ')} } from 'tideway';
declare const hc: ScrapyCloud;
declare const client: ScrapyCloud;
declare const project: Project;
declare const spider: Spider;
declare const job: Job;
declare const error: unknown;
`;

afterEach(() => {
  vi.unstubAllGlobals();
});

describe.each(clients)('MIGRATING.md, from %s', (client, document, checks) => {
  const sections = sectionsOf(client);

  it('has a check for every row, and a row for every check', () => {
    const listed = sections.map(({ heading, rows }) => [heading, rows.map(({ python }) => python)]);
    expect(listed).toEqual(checks.map(({ heading, rows }) => [heading, rows.map(([python]) => python)]));
  });

  it.each(checks.map((check) => [check.heading, check] as const))('does what is shown: %s', async (heading, check) => {
    await using world = new World();
    vi.stubGlobal('fetch', world.fetch);
    await check.before(world);
    const { rows = [] } = sections.find((section) => section.heading === heading) ?? {};
    expect(rows.length).toBeGreaterThan(0);
    for (const [position, { code, python }] of rows.entries()) {
      const [, expected, before] = check.rows[position] ?? [];
      try {
        await before?.(world);
        const value = await world.run(code);
        // Classes are functions, too.
        const isLook = typeof expected === 'function' && !/^class/.test(String(expected));
        if (isLook) await expected(value, world);
        else expect(value).toEqual(expected);
      } catch (error) {
        throw new Error(`${python} is not ${code}`, { cause: error });
      }
    }
  });

  it.skipIf(!existsSync(documents))('has a row for every call of the document, in its order', () => {
    const text = readFileSync(join(documents, document), 'utf8');
    const calls = callsOf(text).map((call) => corrected.get(call) ?? call);
    const exceptions = [...text.matchAll(/^exception (scrapinghub\.\w+)/gm)].map(([, name = '']) => name);
    const shown = [...calls, ...exceptions];
    expect(calls.length).toBeGreaterThan(50);
    // Rows of what a document only tells of may stand between them.
    const left = sections.flatMap(({ rows }) => rows.map(({ python }) => python));
    for (const call of shown) {
      const position = left.indexOf(call);
      expect(position, call).toBeGreaterThanOrEqual(0);
      left.splice(0, position + 1);
    }
  });
});

describe('MIGRATING.md', () => {
  const all = clients.flatMap(([client]) => sectionsOf(client));

  it('has lines that type-check', { timeout: 60_000 }, () => {
    const folder = mkdtempSync(join(root, 'test', 'docs', 'migrating-'));
    try {
      const functions = all.map(({ rows }, position) => {
        const lines = rows.map(({ code }) => code).filter((code) => !code.startsWith('import '));
        // A block for each constant, as the documents give a name to one thing after the other.
        const constants = lines.filter((code) => code.startsWith('const ')).length;
        const body = lines.map((code) => (code.startsWith('const ') ? `{ ${code}` : code)).join('\n');
        return `export async function section${position}(): Promise<void> {\n${body}\n${'}'.repeat(constants)}\n}`;
      });
      writeFileSync(join(folder, 'lines.ts'), `${PRELUDE}${functions.join('\n')}\n`);
      const config = { extends: join(root, 'tsconfig.json'), files: ['lines.ts'], include: [] };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
      expect(spawnSync('tsc', ['-p', folder], { encoding: 'utf8' })).toMatchObject({ stdout: '', status: 0 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('has no line in its tables that is not a row', () => {
    expect(countOfTableLines()).toBe(all.flatMap(({ rows }) => rows).length);
  });
});
