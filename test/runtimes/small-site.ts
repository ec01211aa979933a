import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the site saw it. Times are milliseconds of one clock. */
export interface Visit {
  readonly path: string;
  readonly userAgent: string | undefined;
  readonly lastEventId: string | undefined;
  readonly start: number;
  /** When the answer began, which is before anybody has it. */
  end: number;
  outcome: 'open' | 'whole' | 'left';
}

/** A site that is no Scrapy Cloud: pages with links and a robots.txt, redirects, events. Pages of any origin may ask. */
export interface SmallSite {
  /** Without a slash at the end. */
  readonly url: string;
  /** All requests but preflights, since it was last emptied. */
  readonly visits: Visit[];
  close(): Promise<void>;
}

const PAGES = 7;
/** How many events go out at once. */
const EVENTS_AT_ONCE = 10;

const pageOf = (title: string, links: readonly string[]): string =>
  `<!doctype html><title>${title}</title>${links.map((link) => `<a href="${link}">${link}</a>`).join(' ')}`;

export async function openSmallSite(): Promise<SmallSite> {
  const visits: Visit[] = [];
  let url = '';

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    const [, kind = '', rest = ''] = pathname.split('/');
    const send = (type: string, body: string): void => {
      response.writeHead(200, { 'content-type': type }).end(body);
    };
    const links = Array.from({ length: PAGES }, (_, n) => `/page/${n + 1}`);
    if (pathname === '/') send('text/html', pageOf('Start', [...links, '/private/door', '/page/1#again']));
    else if (kind === 'page') send('text/html', pageOf(`Seite ${rest}`, ['/', '/page/2']));
    else if (pathname === '/robots.txt') {
      send('text/plain', `User-agent: *\nDisallow: /private\nSitemap: ${url}/sitemap.xml\n`);
    } else if (pathname === '/sitemap.xml') {
      const urls = links.slice(0, 2).map((link) => `<url><loc>${url}${link}</loc></url>`);
      send('application/xml', `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls.join('')}</urlset>`);
    } else if (kind === 'redirect' && rest !== '0') {
      response.writeHead(302, { location: `/redirect/${Number(rest) - 1}` }).end();
    } else if (kind === 'redirect') send('text/plain', 'arrived');
    else if (kind === 'busy' && visits.length === 1) response.writeHead(429, { 'retry-after': '1' }).end();
    else if (kind === 'busy') send('text/plain', 'ok');
    else if (kind === 'events') sendEvents(request, response, searchParams);
    else response.writeHead(404).end();
  }

  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-expose-headers', '*');
    if (request.method === 'OPTIONS') {
      const headers = request.headers['access-control-request-headers'] ?? '';
      return void response.writeHead(204, { 'access-control-allow-headers': headers }).end();
    }
    const [userAgent, lastEventId] = [request.headers['user-agent'], request.headers['last-event-id']?.toString()];
    const start = performance.now();
    const visit: Visit = { path: request.url ?? '', userAgent, lastEventId, start, end: start, outcome: 'open' };
    visits.push(visit);
    response.on('close', () => {
      visit.outcome = response.writableFinished ? 'whole' : 'left';
    });
    visit.end = performance.now();
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    visits,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** `count` events from behind the last one that is known; the connection breaks behind each `cut` of them. */
function sendEvents(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
  const count = query.has('endless') ? Number.POSITIVE_INFINITY : Number(query.get('count'));
  const last = request.headers['last-event-id'];
  const from = last === undefined ? 0 : Number(last) + 1;
  const cut = from + Number(query.get('cut') ?? Number.POSITIVE_INFINITY);
  let next = from;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const timer = setInterval(() => {
    let text = ': still here\n\n';
    for (const end = next + EVENTS_AT_ONCE; next < Math.min(end, count, cut); next++) {
      text += `id: ${next}\nevent: tick\ndata: Ereignis ${next}\ndata: 世界\n\n`;
    }
    response.write(text);
    if (next >= count) response.end();
    else if (next >= cut) response.destroy();
    else return;
    clearInterval(timer);
  }, 2);
  response.on('close', () => clearInterval(timer));
}
