import { expect } from '@playwright/test';
import { type CaseOptions, caseNames, type Outcome } from '../runtimes/conformance.js';
import { test } from './site-test.ts';

/** What the page's program leaves in its scope. */
type Scope = typeof globalThis & { readonly runCase: (name: string, options: CaseOptions) => Promise<Outcome> };

test.describe('the packed package in a page, with the server on another origin', () => {
  for (const name of caseNames) {
    test(name, async ({ openPage, site }) => {
      const options = { ...site.stage.options, isBrowser: true };
      const run = ([one, told]: [string, CaseOptions]) => (globalThis as Scope).runCase(one, told);
      const { checks, error } = await openPage.evaluate(run, [name, options] as [string, CaseOptions]);
      expect(error).toBeUndefined();
      expect(checks).toBeGreaterThan(0);
    });
  }
});
