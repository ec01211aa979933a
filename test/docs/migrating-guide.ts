import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { World } from './migrating-world.ts';

/** A line of Python and what it is in tideway. */
export interface Row {
  readonly python: string;
  readonly code: string;
}

export interface Section {
  readonly heading: string;
  readonly rows: readonly Row[];
}

/** What a row must be worth: a value, or a function that looks at it. */
export type RowCheck = readonly [
  python: string,
  expected: unknown,
  /** Makes ready what the document takes for granted. */
  before?: (world: World) => unknown,
];

export interface SectionCheck {
  readonly heading: string;
  readonly before: (world: World) => unknown;
  readonly rows: readonly RowCheck[];
}

const markdown: string = readFileSync(fileURLToPath(new URL('../../MIGRATING.md', import.meta.url)), 'utf8');

/** The tables below a heading of the second level, by their own headings. */
export function sectionsOf(client: string): Section[] {
  const [, part = ''] = markdown.split(`\n## From ${client}\n`);
  const [tables = ''] = part.split('\n## ');
  return tables
    .split('\n### ')
    .slice(1)
    .map((section) => ({
      heading: section.split('\n', 1)[0] ?? '',
      rows: [...section.matchAll(/^\| `(.+?)` \| `(.+?)` \|$/gm)].map(([, python = '', code = '']) => ({
        python,
        code,
      })),
    }));
}

/** How many lines of tables there are, whether or not they can be read as rows. */
export function countOfTableLines(): number {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|(---\|| (hubstorage|scrapinghub) \|)/.test(line)).length;
}

/** The calls that a document shows, in its order: what follows a prompt, with its continuations and without comments. */
export function callsOf(document: string): string[] {
  const calls: string[][] = [];
  let isOpen = false;
  for (const line of document.split('\n')) {
    const [, prompt, text = ''] = /^(>>>|\.\.\.)(.*)$/.exec(line) ?? [];
    if (prompt === '>>>') calls.push([text.trim()]);
    else if (prompt && isOpen) calls.at(-1)?.push(text.trim());
    isOpen = prompt !== undefined;
  }
  return calls.map((texts) => texts.filter((text) => text && !text.startsWith('#')).join(' '));
}
