// A small web on this machine: a few hosts that link to each other, each with a robots.txt and a nature of its own.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request as a host of the site saw it; times are milliseconds of one clock. */
export interface Visit {
  /** Name and port. */
  readonly host: string;
  readonly path: string;
  readonly userAgent: string;
  readonly start: number;
  end: number;
  status: number;
}

export interface LocalSite extends AsyncDisposable {
  /** Where each host begins: one that is as usual, one that is slow, one that fails at first, one that wants long delays. */
  readonly urls: readonly string[];
  /** Every request, in the order in which they came. */
  readonly visits: readonly Visit[];
}

const NATURES = ['usual', 'slow', 'failing', 'shy'] as const;
/** What the shy host asks for between two requests, in seconds. */
export const CRAWL_DELAY = 0.4;

/** Opens the site, with so many pages on each host and so many quotes on each page. */
export async function openLocalSite(pages: number, quotes = 1): Promise<LocalSite> {
  const visits: Visit[] = [];
  const servers: Server[] = [];
  const urls: string[] = [];
  for (const [index, nature] of NATURES.entries()) {
    const failed = new Set<string>();
    const server = createServer(async (request, response) => {
      const { headers, url: path = '/' } = request;
      const visit: Visit = {
        host: headers.host ?? '',
        path,
        userAgent: headers['user-agent'] ?? '',
        start: performance.now(),
        end: 0,
        status: 0,
      };
      visits.push(visit);
      if (nature === 'slow') await sleep(200);
      // Each page of the failing host is there at the second try.
      if (nature === 'failing' && path !== '/robots.txt' && !failed.has(path)) {
        failed.add(path);
        response.writeHead(503, { 'retry-after': '0.2' }).end();
      } else answer(request, response, nature);
      visit.status = response.statusCode;
      visit.end = performance.now();
    });
    servers.push(server);
    urls.push(await listen(server, index));
  }

  function answer({ url = '/' }: IncomingMessage, response: ServerResponse, nature: (typeof NATURES)[number]): void {
    const page = /^\/page\/(\d+)$/.exec(url)?.[1];
    if (url === '/robots.txt') {
      response.setHeader('content-type', 'text/plain');
      const wish = nature === 'shy' ? `Crawl-delay: ${CRAWL_DELAY}\n` : '';
      response.end(`User-agent: *\nDisallow: /private/\n${wish}`);
    } else if (url === '/old') response.writeHead(301, { location: '/page/1' }).end();
    else if (url === '/' || (page !== undefined && Number(page) <= pages)) {
      const next = Number(page ?? 0) + 1;
      const links = [`/page/${next}`, '/old', '/private/diary', ...urls];
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(
        `<title>Page ${page ?? 0} of a ${nature} host</title>\n` +
          Array.from({ length: quotes }, (_, n) => `<q>Quote ${n + 1} of page ${page ?? 0}</q>\n`).join('') +
          links.map((link) => `<a href="${link}">${link}</a>`).join('\n'),
      );
    } else response.writeHead(404).end();
  }

  const close = async (): Promise<void> => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
  return { urls, visits, [Symbol.asyncDispose]: close };
}

/** On an address of its own; where the system has a single one, on a port of its own. */
async function listen(server: Server, index: number): Promise<string> {
  for (const address of [`127.0.0.${index + 1}`, '127.0.0.1']) {
    const isListening = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(0, address, () => resolve(true));
    });
    if (isListening) return `http://${address}:${(server.address() as AddressInfo).port}/`;
  }
  throw new Error('No port is free');
}
