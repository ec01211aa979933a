/**
 * Full-size proofs, by `npm run soak`: two million items, read over a socket that is cut
 * again and again, in every way of reading, a million written to a server that fails half of the time, ten million
 * records of a stream, through a queue, to a consumer that is slower, a million fetches of one URL, and a crawl that is
 * killed twenty times. Nothing may be lost, repeated or out of order but what a queue says that it dropped, and memory
 * must stay flat.
 */
import { type Records, ScrapyCloud } from 'tideway';
import { createEmulator, type Emulator } from 'tideway/emulator';
import { serveEmulator } from 'tideway/node';
import { proveCrawl } from './crawl.ts';
import { proveMapping } from './mapping.ts';
import { MemoryWatch } from './memory-watch.ts';
import { proveRedis } from './redis.ts';
import { proveTide } from './tide.ts';
import { proveWriting } from './writing.ts';

const ITEMS = 2_000_000;

interface Numbered {
  readonly n: number;
}

function* items(): Generator<Numbered & { readonly text: string }> {
  for (let n = 0; n < ITEMS; n++) yield { n, text: `Item ${n} é` };
}

let failures = 0;
const emulator: Emulator = createEmulator({
  projects: [123],
  gzip: false,
  seed: { jobs: [{ spider: 'numbers', items: items() }] },
});
const server = await serveEmulator({ emulator });
const { endpoint, dashEndpoint } = server;
const cloud = new ScrapyCloud({ auth: emulator.apiKey, endpoint, dashEndpoint });
const job = cloud.getJob('123/1/1');

await prove('one by one', job.items.iter<Numbered>());
await prove('in batches', job.items.iter<Numbered>(), (records) => records.batches());
await prove('four ranges at once', job.items.iter<Numbered>({ parallel: 4 }));
await prove('a count', job.items.iter<Numbered>({ count: 1_234_567 }), undefined, 1_234_567);

await cloud.close();
await server.close();
await emulator.close();
for (const inFlight of [1, 2]) if (!(await proveWriting(inFlight))) failures++;
failures += await proveRedis();
for (const overflow of ['wait', 'dropOldest', 'dropNewest'] as const) if (!(await proveTide(overflow))) failures++;
if (!(await proveMapping())) failures++;
if (!(await proveCrawl())) failures++;
console.log(failures === 0 ? 'All proofs hold' : `${failures} proofs failed`);
process.exitCode = failures === 0 ? 0 : 1;

async function prove(
  title: string,
  records: Records<Numbered>,
  read: (records: Records<Numbered>) => AsyncIterable<Numbered | Numbered[]> = (all) => all,
  expected: number = ITEMS,
): Promise<void> {
  // Every answer that is long enough is cut, somewhere.
  emulator.faults.splice(0, Number.POSITIVE_INFINITY, {
    path: '/items/123/1/1',
    get cutAfterRecords() {
      return 20_000 + Math.floor(Math.random() * 60_000);
    },
  });
  const memory = new MemoryWatch(expected);
  const started = performance.now();
  let next = 0;
  let wrong = 0;
  for await (const step of read(records)) {
    for (const { n } of Array.isArray(step) ? step : [step]) if (n !== next++) wrong++;
    memory.at(next);
  }
  const seconds = (performance.now() - started) / 1000;
  const holds = wrong === 0 && next === expected && memory.isFlat;
  if (!holds) failures++;
  console.log(
    `${holds ? 'ok' : 'FAILED'}  ${title}: ${next} of ${expected} items, ${wrong} out of place, ` +
      `resumed ${records.progress.resumes} times, ${memory.growth} MiB more memory, ${seconds.toFixed(1)} s`,
  );
}
