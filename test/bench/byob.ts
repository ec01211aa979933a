import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from '@playwright/test';
import { build } from 'esbuild';
import { chromiumArgs } from '../runtimes/chromium-args.ts';
import { findSystemChromium } from '../runtimes/executables.ts';
import type { CorpusName } from './corpora.ts';
import { type ReaderName, type ReaderSight, readBy } from './readers.ts';

/** Where a body is read. */
export interface ReaderPlace {
  readonly name: 'node' | 'chromium';
  readonly read: (reader: ReaderName, url: string, corpus: CorpusName) => Promise<ReaderSight>;
  readonly close: () => Promise<void>;
}

/** This process. */
export const node: ReaderPlace = { name: 'node', read: readBy, close: async () => {} };

/** Chromium: the system's where it is installed, else playwright's own; undefined where there is none. */
export async function launchChromium(): Promise<Browser | undefined> {
  const system = findSystemChromium();
  return chromium.launch({ ...(system && { executablePath: system }), args: [...chromiumArgs] }).catch(() => undefined);
}

/** A page of Chromium. */
export async function openChromium(origin: string): Promise<ReaderPlace | undefined> {
  const browser = await launchChromium();
  if (!browser) return undefined;
  const page = await browser.newPage();
  await page.goto(`${origin}/page`);
  await page.addScriptTag({ content: await bundle() });
  return {
    name: 'chromium',
    read: (...order) =>
      page.evaluate((args) => (globalThis as unknown as { readBy: typeof readBy }).readBy(...args), order),
    close: () => browser.close(),
  };
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('readers.ts', import.meta.url))],
    bundle: true,
    format: 'iife',
    target: 'es2022',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}
