// The part of all programs that run cases: for each name that comes as a line, the outcome goes out as a line of JSON.
import process from 'node:process';
import { createInterface } from 'node:readline';

/** What the program was told beside its own arguments. */
export const options = JSON.parse(process.argv.at(-1));

export async function drive(run) {
  for await (const name of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await run(name))}\n`);
  }
}
