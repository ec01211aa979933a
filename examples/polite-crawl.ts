// Fetches many URLs of several hosts without being a burden to any: one request at a time to each, none that its robots.txt
// forbids, slow and failing hosts included; with hooks that are told of every step.
import { polite } from 'tideway/crawl';
import { Fetcher, type FetchResult, FetchTask } from 'tideway/fetcher';
import { openLocalSite } from './servers/local-site.ts';

class Page extends FetchTask {
  #hops: string[] = [];

  override onUrl(url: string): void {
    const { pathname } = new URL(url);
    // Another try is no other place.
    if (this.#hops.at(-1) !== pathname) this.#hops.push(pathname);
  }

  override onHeaders(headers: Readonly<Record<string, readonly string[]>>): 'skip' | undefined {
    return headers['content-type']?.[0]?.startsWith('image/') ? 'skip' : undefined;
  }

  override async onSuccess(result: FetchResult): Promise<void> {
    const [, title = 'no title'] = /<title>(.*)<\/title>/.exec(await result.text()) ?? [];
    const tries = result.attempts > 1 ? ` at try ${result.attempts}` : '';
    console.log(`${result.status}${tries} ${new URL(this.url).host} ${this.#hops.join(' -> ')}: ${title}`);
  }

  override onError(error: Error): void {
    console.log(`--- ${new URL(this.url).host} ${this.#hops.join(' -> ')}: ${error.message}`);
  }
}

await using site = await openLocalSite(3);
// Hosts by their addresses and ports: on some systems all of them have one address.
const policy = polite({ userAgent: 'acme/1.0 (+https://acme.example/bot)', delay: 250, key: 'origin' });
await using fetcher = new Fetcher({ concurrency: 200, policy });

for (const path of ['page/1', 'page/2', 'page/3', 'old', 'private/diary', 'nothing']) {
  fetcher.extend(site.urls.map((url) => new Page(url + path)));
}
await fetcher.idle();

const { failed, requests, retries, succeeded } = fetcher.stats;
console.log(`${succeeded} answers, ${failed} URLs without one, ${requests} requests, ${retries} of them further tries`);
for (const url of site.urls) console.log(`Shortest rest of ${new URL(url).host}: ${shortestRest(url)} ms`);

/** The server's own log tells how long a host was left alone between two requests, robots.txt not counted. */
function shortestRest(url: string): number {
  const { host } = new URL(url);
  const visits = site.visits.filter((visit) => visit.host === host && visit.path !== '/robots.txt');
  return Math.round(Math.min(...visits.slice(1).map(({ start }, index) => start - (visits[index]?.end ?? 0))));
}
