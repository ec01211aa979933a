/**
 * Writes the README's table of benchmarks, dated: `npm run --silent bench -- --json | node test/bench/table.ts`, on a
 * machine that has nothing else to do. What a run leaves out (`--only`) is left out of the table.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const BEGIN = '<!-- benchmarks, by test/bench/table.ts -->';
const END = '<!-- end of benchmarks -->';

/** What is shown of a run, in this order: the name of the figure, what is measured, and beside what. */
const ROWS: readonly (readonly [name: string, what: string, beside: string])[] = [
  ['ratio/items/batches', 'items of 1.7 KB, in batches', 'the body drained and its lines parsed: 1'],
  ['ratio/items/for await', 'the same, one by one', '1'],
  ['ratio/items/openai', 'the same, by the JSON lines of another SDK', '1'],
  ['ratio/items/split2', 'the same, by split2 and JSON.parse', '1'],
  ['ratio/logs/batches', 'log lines of 175 B, in batches', '1'],
  ['ratio/samples/for await to async generator', 'samples of 41 B, one by one', 'an async generator: 1'],
  ['memory growth/items/batches, 4 times as long', 'memory of a read, however long', ''],
  ['first record/items/for await', 'the first record of a cold process, after the first byte', ''],
  ['fetcher/20 ms, 200 at once/CPU to bare fetch/fetcher', 'CPU time of a request, 200 at once', 'bare fetch: 1'],
  ['fetcher/20 ms, 200 at once/rate to bare fetch/fetcher', 'requests a second, 200 at once', 'bare fetch: 1'],
  ['fetcher/20 ms, 200 at once/rate to crawlee', 'requests a second', "crawlee's BasicCrawler: 1"],
  ['scheduling/to p-queue/time', 'time to queue and run a task that does nothing', 'p-queue: 1'],
  ['scheduling/to p-queue/bytes', 'memory of a task that waits', 'p-queue: 1'],
  ['cache/ratio/fetch to found in memory', 'an answer found in memory, times as fast', 'fetch over the loopback: 1'],
  ['undici/ratio/undiciFetch to fetch', '`undiciFetch`, requests a second, 100 at once', "the platform's `fetch`: 1"],
];

const figures = new Map<string, Figure>();
for (const line of (await text(process.stdin)).split('\n')) {
  if (!line.startsWith('{')) continue;
  const figure = JSON.parse(line) as Figure;
  figures.set(figure.name, figure);
}
const rows = ROWS.flatMap(([name, what, beside]) => {
  const figure = figures.get(name);
  if (!figure) return [];
  const unit = figure.unit === 'ratio' ? '' : ` ${figure.unit}`;
  return `| ${what} | ${Number(figure.value.toPrecision(3))}${unit} | ${beside} |`;
});
if (rows.length === 0) throw new Error('Nothing of the table was measured: pipe `npm run --silent bench -- --json` in');

const date = new Date().toISOString().slice(0, 10);
const machine = `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? 'unknown kind'}, Node ${process.versions.node}`;
const table = ['| what | measured | beside |', '|---|---|---|', ...rows].join('\n');
const file = fileURLToPath(new URL('../../README.md', import.meta.url));
const readme = readFileSync(file, 'utf8');
const before = readme.indexOf(BEGIN);
const after = readme.indexOf(END);
if (before < 0 || after < before) throw new Error(`README.md has no place for the table: \`${BEGIN}\``);
const section = `${BEGIN}\n\nOn ${date}, ${machine}, the server in a process of its own on the same machine:\n\n${table}\n\n`;
writeFileSync(file, readme.slice(0, before) + section + readme.slice(after));
