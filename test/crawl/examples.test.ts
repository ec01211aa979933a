import { readFileSync } from 'node:fs';
import { crawl } from 'tideway/crawl';
import { describe, expect, it } from 'vitest';
import { CRAWL_DELAY, openLocalSite, type Visit } from '../../examples/servers/local-site.ts';
import { captureLog } from '../helpers/capture-log.ts';

describe('A polite crawl of a small web', () => {
  it('rests, obeys and is patient, by the logs of its hosts', { timeout: 60_000 }, async () => {
    await using site = await openLocalSite(4);
    const delay = 100;
    const fetched = new Set<string>();
    const summary = await crawl({
      start: site.urls,
      polite: { userAgent: 'tester/1.0 (+https://a.example/bot)', delay, key: 'origin' },
      concurrency: 50,
      handler: async (result, { enqueue }) => {
        fetched.add(result.url);
        for (const [, link = ''] of (await result.text()).matchAll(/href="(.*?)"/g)) enqueue(link);
      },
    });
    // On each host: the root, four pages, one that is moved, one that there is not; and one that is forbidden.
    expect(summary).toMatchObject({ reason: 'done', pages: 28, disallowed: 4, failed: 0, left: 0 });
    expect(fetched.size).toBe(28);
    for (const url of site.urls) {
      const visits = site.visits.filter(({ host }) => host === new URL(url).host);
      const [robots, ...others] = visits as [Visit, ...Visit[]];
      expect(robots.path).toBe('/robots.txt');
      expect(others.map(({ path }) => path)).not.toContain('/robots.txt');
      expect(visits.map(({ path }) => path).filter((path) => path.startsWith('/private'))).toEqual([]);
      expect(visits.every(({ userAgent }) => userAgent.startsWith('tester/1.0'))).toBe(true);
      const rest = url === site.urls[3] ? CRAWL_DELAY * 1_000 : delay;
      for (const [index, visit] of others.slice(1).entries()) {
        const before = others[index] as Visit;
        // A host that says that it is busy is left alone as long as it wants.
        expect(visit.start - before.end).toBeGreaterThanOrEqual((before.status === 503 ? 200 : rest) - 1);
      }
    }
    // Those that are quick do not wait for those that are slow.
    const last = site.urls.map((url) =>
      Math.max(...site.visits.filter(({ host }) => url.includes(host)).map(({ end }) => end)),
    );
    expect(last[0]).toBeLessThan(Math.max(...last));
  });
});

describe('The example of polite fetching', () => {
  it('tells of every URL once, and of the rests of every host', { timeout: 60_000 }, async () => {
    const log = captureLog();
    await import('../../examples/polite-crawl.ts');
    const lines = log.mock.calls.map(([line]) => String(line));
    expect(lines.filter((line) => /^\d{3} /.test(line))).toHaveLength(20);
    expect(lines.filter((line) => line.startsWith('--- '))).toHaveLength(4);
    expect(lines.filter((line) => line.includes('/old -> /page/1'))).toHaveLength(4);
    const rests = lines.map((line) => /^Shortest rest of .*: (\d+) ms$/.exec(line)?.[1]).filter((rest) => rest);
    expect(rests).toHaveLength(4);
    for (const rest of rests) expect(Number(rest)).toBeGreaterThanOrEqual(249);
    expect(Number(rests[3])).toBeGreaterThanOrEqual(399);
  });

  it('is named in the README', () => {
    expect(readFileSync(new URL('../../README.md', import.meta.url), 'utf8')).toContain('examples/polite-crawl.ts');
  });
});
