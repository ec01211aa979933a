import type { Area, Outcome } from './conformance.js';

/** What a run found out: outcomes by the name of the case, by the name of the runtime. */
export type Results = Readonly<Record<string, Readonly<Record<string, Outcome>>>>;

const [BEGIN, END] = ['<!-- runtimes: written by `npm run runtimes` -->', '<!-- /runtimes -->'];

/** A cell before its notes have numbers. */
interface Cell {
  readonly mark: 'yes' | 'no' | 'fails';
  readonly notes: readonly string[];
}

function cellOf({ cases }: Area, outcomes: Readonly<Record<string, Outcome>>): Cell {
  const all = Object.keys(cases).map((name) => outcomes[name]);
  const notes = [...new Set(all.flatMap((outcome) => outcome?.note ?? []))];
  if (all.some((outcome) => !outcome || outcome.error)) return { mark: 'fails', notes };
  return { mark: all.every((outcome) => outcome?.isMissing) ? 'no' : 'yes', notes };
}

/** The table, as Markdown: a column for each runtime, and what its notes say below. */
export function tableOf(areas: readonly Area[], results: Results): string {
  const names = Object.keys(results);
  const notes: string[] = [];
  const shown = ({ mark, notes: own }: Cell): string => {
    const numbers = own.map((note) => {
      if (!notes.includes(note)) notes.push(note);
      return notes.indexOf(note) + 1;
    });
    return numbers.length > 0 ? `${mark} (${numbers.join(', ')})` : mark;
  };
  const rows = areas.map((area) => [area.title, ...names.map((name) => shown(cellOf(area, results[name] ?? {})))]);
  const lines = [['', ...names], ['---', ...names.map(() => '---')], ...rows];
  const table = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const list = notes.map((note, index) => `${index + 1}. ${note}.`).join('\n');
  return `${table}\n\n${list}`;
}

/** What stands between the marks of a text. */
function betweenMarks(text: string): readonly [from: number, to: number] {
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`There are no marks for the table of runtimes: ${BEGIN} … ${END}`);
  return [from + BEGIN.length, to];
}

/** The text with another table. */
export function withTable(text: string, table: string): string {
  const [from, to] = betweenMarks(text);
  return `${text.slice(0, from)}\n${table}\n${text.slice(to)}`;
}

/** What the table of a text says of one runtime: its cells by row, with the notes spelled out. */
export function columnOf(text: string, name: string): Readonly<Record<string, string>> {
  const lines = text
    .slice(...betweenMarks(text))
    .trim()
    .split('\n');
  const cells = (line: string): string[] =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
  const notes = lines.filter((line) => /^\d+\. /.test(line)).map((line) => line.replace(/^\d+\. /, ''));
  const [head = '', , ...rows] = lines.filter((line) => line.startsWith('|'));
  const at = cells(head).indexOf(name);
  if (at < 0) return {};
  const spelled = (cell = ''): string => cell.replace(/\d+/g, (number) => notes[Number(number) - 1] ?? number);
  return Object.fromEntries(rows.map((row) => [cells(row)[0] ?? '', spelled(cells(row)[at])]));
}
