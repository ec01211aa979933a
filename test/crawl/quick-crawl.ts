import { type CrawlHandler, type CrawlOptions, type CrawlSummary, crawl } from 'tideway/crawl';
import { Fetcher } from 'tideway/fetcher';
import { type Handler, startServer, type TestServer } from '../helpers/server.ts';

/** Answers by itself. */
export type Page = (...given: Parameters<Handler>) => unknown;

/** A server whose pages link to others, by their paths; what is not there is 404. */
export async function startPages(links: Readonly<Record<string, readonly string[] | Page>>): Promise<TestServer> {
  return startServer(async (response, request, count) => {
    const page = links[request.url];
    if (typeof page === 'function') {
      await page(response, request, count);
      return;
    }
    response.writeHead(page ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' });
    response.end(page && linksTo(page));
  });
}

/** Adds all links of a page. */
export const follow: CrawlHandler = async (result, { enqueue }) => {
  for (const [, link] of (await result.text()).matchAll(/href="([^"]*)"/g)) enqueue(link as string);
};

/** Crawls quickly, from the root of a server. */
export function quickly(server: TestServer, options: Partial<CrawlOptions> = {}): Promise<CrawlSummary> {
  return crawl({
    start: server.url,
    handler: follow,
    fetcher: new Fetcher({ retry: false }),
    retryDelay: 5,
    ...options,
  });
}

/** The paths that were asked for, sorted. */
export function paths({ requests }: TestServer): string[] {
  return requests.map(({ url }) => url).toSorted();
}

/** HTML with links. */
export function linksTo(urls: readonly string[]): string {
  return urls.map((url) => `<a href="${url}">`).join('\n');
}
