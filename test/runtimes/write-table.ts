/** Writes the table of runtimes in the README, from what the last run of `test/runtimes` found out. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { areas } from './conformance.js';
import { type Results, tableOf, withTable } from './table.ts';

const file = (path: string): URL => new URL(path, import.meta.url);
const results = file('results.json');
if (!existsSync(results)) throw new Error('There are no results yet: `npm run unit -- test/runtimes`');
const readme = file('../../README.md');
const table = tableOf(areas, JSON.parse(readFileSync(results, 'utf8')) as Results);
writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), table));
