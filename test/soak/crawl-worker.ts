// Crawls a site until it is done, or somebody kills it: `node crawl-worker.ts FILE URL`.
import { crawl } from '../../src/crawl/index.ts';
import { fileFrontier } from '../../src/node/file-frontier.ts';

const [file = '', start = ''] = process.argv.slice(2);
await crawl({
  start,
  frontier: fileFrontier(file),
  polite: { userAgent: 'tideway-soak/1.0 (+https://tideway.example/)', delay: 0, concurrency: 20 },
  concurrency: 20,
  perHost: 50,
  handler: async (result, { enqueue }) => {
    for (const [, link] of (await result.text()).matchAll(/href="([^"]*)"/g)) enqueue(link as string);
  },
});
