import { readFileSync } from 'node:fs';
import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllGlobals();
});

it('examples/many-requests.ts, which the README names, keeps to its limits and finds all pages', async () => {
  const log = vi.fn();
  vi.stubGlobal('console', { ...console, log });
  await import('../../examples/many-requests.ts');
  const printed = log.mock.calls.flat().join('\n');
  expect(printed).toMatch(/\/front: 200/);
  expect(printed).toContain('from the cache: true');
  const [, pages, economy, news] = /(\d+) pages; .* (\d+) of economy and (\d+) of all/.exec(printed) ?? [];
  expect(Number(pages)).toBe(120);
  expect(Number(economy)).toBeLessThanOrEqual(2);
  // Five by one rule and two by the other.
  expect(Number(news)).toBeLessThanOrEqual(7);
  expect(readFileSync(new URL('../../README.md', import.meta.url), 'utf8')).toContain('`examples/many-requests.ts`');
});
