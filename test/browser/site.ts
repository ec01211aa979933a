import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPacked } from '../package/packed.ts';
import { openPages } from '../runtimes/page-server.ts';
import { placeCases } from '../runtimes/runtimes.ts';
import { openStage, type Stage } from '../runtimes/stage.ts';

/** A site whose pages have the packed package in them, bundled and split; and the emulator, on an origin of its own. */
export interface Site extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  /** What was asked for, since it was last emptied. */
  readonly paths: string[];
  readonly stage: Stage;
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

export async function openSite(): Promise<Site> {
  const consumer = installPacked();
  placeCases(consumer);
  const programs = ['lean.js', 'worker.js'];
  for (const program of programs) copyFileSync(here(program), join(consumer.folder, program));
  const entries = { page: 'test/runtimes/page.js', lean: 'lean.js', worker: 'worker.js' };
  const pages = await openPages(consumer.folder, entries);
  const stage = await openStage();
  return {
    url: pages.url,
    paths: pages.paths,
    stage,
    [Symbol.asyncDispose]: async () => {
      await pages.close();
      await stage[Symbol.asyncDispose]();
      consumer[Symbol.dispose]();
    },
  };
}
