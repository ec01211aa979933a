import { test as base, type Page, type TestType } from '@playwright/test';
import { openSite, type Site } from './site.ts';

type Base = typeof base extends TestType<infer Test, infer Worker> ? [Test, Worker] : never;

interface Shared {
  /** Opened once for all tests. */
  readonly site: Site;
  /** A page of the site that stays open, for tests that need no page of their own. */
  readonly openPage: Page;
}

/** Tests with a {@link Site}. */
export const test: TestType<Base[0], Base[1] & Shared> = base.extend<Record<never, never>, Shared>({
  site: [
    // biome-ignore lint/correctness/noEmptyPattern: playwright reads from it what a fixture needs
    async ({}, use) => {
      await using site = await openSite();
      await use(site);
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  openPage: [
    async ({ browser, site }, use) => {
      const page = await browser.newPage();
      await page.goto(`${site.url}/page`);
      await use(page);
      await page.close();
    },
    { scope: 'worker' },
  ],
});
