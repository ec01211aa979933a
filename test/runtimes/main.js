// Runs the cases in Node, Deno and Bun: told of the options by its argument, it writes a line of JSON for each case.
import process from 'node:process';
import * as tideway from 'tideway';
import * as cache from 'tideway/cache';
import * as emulator from 'tideway/emulator';
import * as fetcher from 'tideway/fetcher';
import * as tide from 'tideway/tide';
import { caseNames, runCase } from './conformance.js';

const options = JSON.parse(process.argv[2]);
for (const name of caseNames) {
  const outcome = await runCase(name, { tideway, emulator, cache, fetcher, tide }, options);
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
