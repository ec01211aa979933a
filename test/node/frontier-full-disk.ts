// Adds to a frontier until nothing more can be written, and says how its calls fail: `node frontier-full-disk.ts FILE`.
import type { Frontier, FrontierLease } from '../../src/crawl/index.ts';
import { fileFrontier } from '../../src/node/file-frontier.ts';

process.on('SIGXFSZ', () => {});
const frontier: Frontier = fileFrontier(process.argv[2] as string);
const [lease] = await frontier.lease(1);

/** The system's name for what a call fails with. */
async function codeOf(call: () => Promise<unknown>): Promise<string | undefined> {
  try {
    for (;;) await call();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

let count = 0;
const add = await codeOf(() => frontier.add(`http://b.example/${count++}`));
const ack = await codeOf(() => frontier.ack(lease as FrontierLease));
await frontier.close();
// What was stored before is there still, and what was not acknowledged, too.
const left = (await frontier.lease(100_000)).filter(({ task }) => task.url.startsWith('http://a.example/')).length;
process.stdout.write(JSON.stringify({ add, ack, left }));
