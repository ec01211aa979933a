import { expect, it } from 'vitest';
import { killedCrawl } from '../soak/killed-crawl.ts';

it('A crawl whose process is killed again and again fetches every page, and none that was acknowledged', {
  timeout: 300_000,
}, async () => {
  const { requests, ...rest } = await killedCrawl(300, 4);
  expect(rest).toEqual({ missing: 0, repeated: 0, done: 300, kills: 4, exitCode: 0 });
  expect(requests).toBeGreaterThanOrEqual(300);
});
