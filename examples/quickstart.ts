// Crawls a few hosts politely in a Scrapy Cloud job, reads the job while it runs and again when it is finished, on an
// emulator and a small web of this machine: no account, no network.
import { type Records, ScrapyCloud } from 'tideway';
import { crawl } from 'tideway/crawl';
import { serveEmulator } from 'tideway/node';
import { openLocalSite } from './servers/local-site.ts';

// The hosts: one is slow, one fails at first, one asks for longer delays, and each has pages that robots.txt forbids.
const site = await openLocalSite(10, 1_000);
// The other end of the wire: Scrapy Cloud on a local socket, with a spider that stores the quotes that it finds.
const { endpoint, dashEndpoint, emulator, close } = await serveEmulator({
  projects: [123],
  spiders: {
    quotes: async ({ auth, fetch, key, signal }) => {
      // The job's own credential opens its data while it runs. What is not stored yet is stored when the cloud is closed.
      await using own = new ScrapyCloud({ auth, fetch });
      const { items, logs } = own.getJob(key);
      const { disallowed, pages } = await crawl({
        start: site.urls,
        polite: { userAgent: 'quotes/1.0 (+https://example.com/bot)', delay: 200, key: 'origin' },
        signal,
        handler: async (result, { enqueue }) => {
          const html = await result.text();
          for (const [, text] of html.matchAll(/<q>(.*?)<\/q>/g)) await items.write({ text, url: result.finalUrl });
          for (const [, link = ''] of html.matchAll(/href="(.*?)"/g)) enqueue(link);
          if (result.finalUrl.endsWith('0')) await logs.info(`Scraped ${result.finalUrl}`).then(() => logs.flush());
        },
      });
      await logs.info(`Crawled ${pages} pages; robots.txt forbids ${disallowed}`);
    },
  },
});

// Your program. With an account it says `new ScrapyCloud({ auth: 'APIKEY' })`, and the rest stays as it is.
const cloud = new ScrapyCloud({ auth: emulator.apiKey, endpoint, dashEndpoint });
const job = await cloud.getProject(123).jobs.run('quotes');
console.log(`Job ${job.key} runs. Its log and its items, as they come:`);
const follow = { interval: 200 };
await Promise.all([printLog(), read('followed', job.items.iter({ follow }))]);

console.log(`Job ${job.key} is ${await job.metadata.get('state')}. All its items again, read in four ways:`);
await read('one by one', job.items.iter());
const records = job.items.iter();
await read('in batches', records, records.batches());
await read('four ranges at once', job.items.iter({ parallel: 4 }));
emulator.faults.push({ path: `/items/${job.key}`, times: 1, cutAfterRecords: 31_415 });
await read('cut in the middle', job.items.iter());
await cloud.close();
await close();
await site[Symbol.asyncDispose]();

async function printLog(): Promise<void> {
  for await (const { message } of job.logs.iter({ follow })) print(`  log: ${message}\n`);
}

async function read(title: string, records: Records<unknown>, steps: AsyncIterable<unknown> = records): Promise<void> {
  const started = performance.now();
  for await (const _ of steps)
    if (records.progress.delivered % 500 === 0) print(`  ${records.progress.delivered} items`);
  const { delivered, bytes, resumes, lastKey } = records.progress;
  const rate = Math.round((delivered / (performance.now() - started)) * 1000);
  const size = `${delivered} items, ${(bytes / 1e6).toFixed(1)} MB, ${String(rate).padStart(6)} items/s`;
  print(`  ${title.padEnd(20)} ${size}, last ${lastKey}, resumes ${resumes}\n`);
}

// A line of progress is written over on a terminal, and left out elsewhere.
function print(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${text}`);
  else if (text.endsWith('\n')) process.stdout.write(text);
}
