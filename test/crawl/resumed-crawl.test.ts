import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crawl, type Frontier, memoryFrontier } from 'tideway/crawl';
import { Fetcher } from 'tideway/fetcher';
import { fileFrontier } from 'tideway/node';
import { afterAll, expect, it } from 'vitest';
import { startServer } from '../helpers/server.ts';
import { follow } from './quick-crawl.ts';

const PAGES = 120;
const folder: string = mkdtempSync(join(tmpdir(), 'resumed-'));
afterAll(() => rmSync(folder, { recursive: true }));

const kept = memoryFrontier({ attempts: 100 });

it.each<[string, () => Frontier]>([
  ['memoryFrontier()', () => kept],
  ['fileFrontier()', () => fileFrontier(join(folder, 'crawl.jsonl'), { attempts: 100 })],
])(
  'A crawl on %s that is aborted again and again hands over every page, and none after it was done',
  async (_name, open) => {
    let onRequest = (): void => {};
    await using server = await startServer((response, { url }, count) => {
      onRequest();
      const page = Number(url.slice(1));
      // Some break, and some are busy, now and then.
      if (page % 7 === 3 && count % 3 === 0) response.destroy();
      else if (page % 11 === 5 && count % 2 === 0) response.writeHead(503).end();
      else {
        const links = [1, 2, 3, 4].map((n) => 4 * page + n).filter((link) => link < PAGES);
        response.end(links.map((link) => `<a href="/${link}">`).join(''));
      }
    });
    const handled = new Set<string>();
    const done = new Set<string>();
    let repeated = 0;
    for (let round = 0; ; round++) {
      const controller = new AbortController();
      // Not a time: a machine that is slow comes as far. The last rounds are left alone.
      let left = round < 12 ? 1 + Math.floor(Math.random() * 25) : Number.POSITIVE_INFINITY;
      onRequest = () => {
        if (--left === 0) setTimeout(() => controller.abort('enough'), Math.random() * 3);
      };
      const frontier = open();
      const ack = frontier.ack.bind(frontier);
      frontier.ack = async (lease) => {
        const isDone = await ack(lease);
        if (isDone) done.add(lease.task.url);
        return isDone;
      };
      const crawling = crawl({
        start: `${server.url}0`,
        frontier,
        fetcher: new Fetcher({ retry: false }),
        perHost: 10,
        retryDelay: 1,
        signal: controller.signal,
        handler: async (result, context) => {
          if (done.has(context.task.url)) repeated++;
          await follow(result, context);
          handled.add(result.url);
        },
      });
      const end = await crawling.catch((reason: unknown) => reason);
      frontier.ack = ack;
      if (end === 'enough') continue;
      expect(end).toMatchObject({ reason: 'done', left: 0, failed: 0 });
      break;
    }
    expect(handled.size).toBe(PAGES);
    expect(done.size).toBe(PAGES);
    expect(repeated).toBe(0);
  },
  60_000,
);
