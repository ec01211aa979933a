import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from '@playwright/test';
import { build } from 'esbuild';
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

/** Chromium: Debian's where it is installed, else playwright's own; undefined where there is none. */
export async function launchChromium(): Promise<Browser | undefined> {
  const installed = '/usr/bin/chromium';
  return chromium
    .launch({
      ...(existsSync(installed) && { executablePath: installed }),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
    .catch(() => undefined);
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
