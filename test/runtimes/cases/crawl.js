/** Polite crawling of a small site over a real socket: its robots.txt, its links, its wish for rest. */

const USER_AGENT = 'conformance/1.0 (+https://example.com/bot)';
/** Milliseconds. */
const DELAY = 40;
/** How much earlier than asked a timer may ring, in milliseconds. */
const TOLERANCE = 3;

/** Each request begins so long after the one before had its answer, as the site's own clock has it. */
function checkRests(check, visits, delay) {
  for (const [index, { start }] of visits.entries()) {
    if (index === 0) continue;
    const rest = start - visits[index - 1].end;
    check.ok(rest >= delay - TOLERANCE, `a rest of ${delay} ms before ${visits[index].path}, got ${rest}`);
  }
}

export const crawlCases = {
  'crawls a site politely': async ({ check, crawl, options, site }) => {
    const titles = [];
    const summary = await crawl.crawl({
      start: `${options.site}/`,
      polite: { userAgent: USER_AGENT, delay: DELAY },
      handler: async (result, { enqueue }) => {
        const html = await result.text();
        titles.push(/<title>(.*?)<\/title>/.exec(html)[1]);
        for (const [, link] of html.matchAll(/href="(.*?)"/g)) enqueue(link);
      },
    });
    const { disallowed, failed, left, pages, reason } = summary;
    check.equal(
      { disallowed, failed, left, pages, reason },
      { disallowed: 1, failed: 0, left: 0, pages: 8, reason: 'done' },
      'the summary',
    );
    check.equal(
      titles.sort(),
      ['Seite 1', 'Seite 2', 'Seite 3', 'Seite 4', 'Seite 5', 'Seite 6', 'Seite 7', 'Start'],
      'the titles',
    );
    const visits = await site.visits();
    check.equal(visits[0].path, '/robots.txt', 'what was asked for first');
    check.equal(visits.length, 9, 'the number of requests');
    check.ok(!visits.some(({ path }) => path.startsWith('/private')), 'nothing that robots.txt forbids');
    const own = visits.filter(({ path }) => path !== '/robots.txt');
    checkRests(check, own, DELAY);
    const isNamed = visits.every(({ userAgent }) => userAgent === USER_AGENT);
    if (isNamed) return undefined;
    check.ok(options.isBrowser, 'a request that names the crawler');
    return { note: 'The browser sends a `User-Agent` of its own' };
  },

  'says what robots.txt forbids, and by which rule': async ({ check, crawl, fetcher: entry, options }) => {
    const events = [];
    const policy = crawl.polite({ userAgent: USER_AGENT, delay: 1, onEvent: (event) => events.push(event) });
    const fetcher = new entry.Fetcher({ policy });
    const error = await check.rejects(fetcher.fetch(`${options.site}/private/door`), 'a page that is forbidden');
    check.equal([error.code, error.rule], ['ERR_ROBOTS_DISALLOWED', 'Disallow: /private'], 'the code and the rule');
    const result = await fetcher.fetch(`${options.site}/page/1`);
    check.equal(result.status, 200, 'a page that is allowed');
    check.equal(
      events.map(({ type }) => type),
      ['robots', 'disallowed'],
      'what it tells',
    );
    check.equal((await policy.robots(`${options.site}/`)).sitemaps, [`${options.site}/sitemap.xml`], 'the sitemaps');
    await fetcher.stop();
  },

  'gives a server the rest that it asks for': async ({ check, crawl, fetcher: entry, options, site }) => {
    const policy = crawl.polite({ userAgent: USER_AGENT, delay: 1, robots: 'ignore' });
    const fetcher = new entry.Fetcher({ policy, retry: { attempts: 3, backoff: 1 } });
    const result = await fetcher.fetch(`${options.site}/busy`);
    check.equal([result.status, result.attempts], [200, 2], 'the answer');
    const [first, second] = await site.visits();
    check.ok(second.start - first.end >= 1000 - TOLERANCE, `a second of rest, got ${second.start - first.end}`);
    await fetcher.stop();
  },

  'knows registrable domains by the list of public suffixes': async ({ check, crawl, fetcher: entry }) => {
    const asked = [];
    const policy = crawl.polite({ userAgent: USER_AGENT, key: 'site', delay: 1, robots: 'ignore' });
    const fetcher = new entry.Fetcher({
      policy,
      fetch: async (url) => {
        asked.push(String(url));
        return new Response('ok');
      },
    });
    const results = [];
    for await (const { status } of fetcher.map(['https://a.shop.co.uk/', 'https://b.shop.co.uk/']))
      results.push(status);
    check.equal([results, asked.length], [[200, 200], 2], 'the answers');
    await fetcher.stop();
  },

  'reads a sitemap': async ({ check, crawl, options }) => {
    const urls = [];
    for await (const { loc } of crawl.sitemap(`${options.site}/sitemap.xml`)) urls.push(loc);
    check.equal(urls, [`${options.site}/page/1`, `${options.site}/page/2`], 'the URLs');
  },
};
