import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { polite, type SitemapEntry, type SitemapOptions, sitemap } from 'tideway/crawl';
import { Fetcher, type FetchResult } from 'tideway/fetcher';
import { describe, expect, test } from 'vitest';
import { SitemapScanner } from '../../src/crawl/sitemap-scanner.ts';
import { startServer } from '../helpers/server.ts';

const urlset = (...entries: string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${entries.join('\n')}\n</urlset>`;
const url = (loc: string, more = ''): string => `<url><loc>${loc}</loc>${more}</url>`;
const index = (...locs: string[]): string =>
  `<sitemapindex>${locs.map((loc) => `<sitemap><loc>${loc}</loc></sitemap>`).join('')}</sitemapindex>`;

/** Serves files by their path. What is a number is a status; a function makes the file of the server's address. */
async function serve(files: Record<string, string | Buffer | number | ((root: string) => string)>) {
  const server = await startServer((response, request) => {
    const file = files[request.url] ?? 404;
    if (typeof file === 'number') response.writeHead(file).end();
    else response.end(typeof file === 'function' ? file(server.url) : file);
  });
  return server;
}

async function read(
  files: Parameters<typeof serve>[0],
  options?: SitemapOptions,
): Promise<{ locs: string[]; entries: SitemapEntry[]; asked: string[]; root: string }> {
  await using server = await serve(files);
  const entries: SitemapEntry[] = [];
  for await (const entry of sitemap(`${server.url}sitemap.xml`, options)) entries.push(entry);
  const locs = entries.map(({ loc }) => loc);
  return { locs, entries, asked: server.requests.map((request) => request.url), root: server.url };
}

describe('a sitemap', () => {
  test('gives its entries with what it says of them, in the names that it uses', async () => {
    const { entries, root } = await read({
      '/sitemap.xml': urlset(
        url(
          'https://a.example/1',
          '<lastmod>2026-01-02</lastmod><changefreq>daily</changefreq><priority>0.8</priority>',
        ),
        url(' https://a.example/2?a=1&amp;b=&#50;&#x33; '),
        '<url><loc><![CDATA[https://a.example/3?a&b]]></loc><!-- <loc>no</loc> --><lastmod/></url>',
      ),
    });
    expect(entries).toEqual([
      {
        loc: 'https://a.example/1',
        lastmod: '2026-01-02',
        changefreq: 'daily',
        priority: 0.8,
        sitemap: `${root}sitemap.xml`,
      },
      { loc: 'https://a.example/2?a=1&b=23', sitemap: `${root}sitemap.xml` },
      { loc: 'https://a.example/3?a&b', sitemap: `${root}sitemap.xml` },
    ]);
  });

  test('may have prefixes, and pictures with a location of their own', async () => {
    const { locs } = await read({
      '/sitemap.xml': `<!DOCTYPE urlset><sm:urlset xmlns:sm="x"><sm:url a=">">
        <image:image><image:loc>https://a.example/picture.png</image:loc></image:image>
        <sm:loc>https://a.example/page</sm:loc>
        <xhtml:link rel="alternate" href="https://a.example/de"/></sm:url></sm:urlset>`,
    });
    expect(locs).toEqual(['https://a.example/page']);
  });

  test('may be text with a URL a line', async () => {
    const { locs } = await read({ '/sitemap.xml': '\ufeffhttps://a.example/1\r\n\r\nhttps://a.example/2' });
    expect(locs).toEqual(['https://a.example/1', 'https://a.example/2']);
    const old = await read({ '/sitemap.xml': 'https://a.example/1\rhttps://a.example/2\r' });
    expect(old.locs).toEqual(['https://a.example/1', 'https://a.example/2']);
  });

  test('may be gzip, whatever its name says, and UTF-16', async () => {
    const text = urlset(url('https://a.example/1'));
    expect((await read({ '/sitemap.xml': gzipSync(text) })).locs).toEqual(['https://a.example/1']);
    const wide = Buffer.from(`\ufeff${text}`, 'utf16le');
    expect((await read({ '/sitemap.xml': wide })).locs).toEqual(['https://a.example/1']);
    const unmarked = Buffer.from(text, 'utf16le').swap16();
    expect((await read({ '/sitemap.xml': gzipSync(unmarked) })).locs).toEqual(['https://a.example/1']);
  });

  test('may name its encoding', async () => {
    const text = (name: string): Buffer =>
      Buffer.from(
        `<?xml version='1.0' encoding='${name}'?>\n<urlset>${url('https://a.example/\u00e9')}</urlset>`,
        'latin1',
      );
    expect((await read({ '/sitemap.xml': text('ISO-8859-1') })).locs).toEqual(['https://a.example/%C3%A9']);
    expect((await read({ '/sitemap.xml': text('windows-1251') })).locs).toEqual(['https://a.example/%D0%B9']);
    // One that there is not is none.
    expect((await read({ '/sitemap.xml': text('nonsense') })).locs).toEqual(['https://a.example/%EF%BF%BD']);
  });

  test('may come byte by byte', async () => {
    for (const bytes of [
      Buffer.from(`\ufeff${urlset(url('https://a.example/1'))}`, 'utf16le'),
      Buffer.from('https://a.example/1'),
    ]) {
      const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
        start(controller) {
          for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
          controller.close();
        },
      });
      const fetcher = {
        fetch: async () => ({ body: stream, finalUrl: 'https://a.example/sitemap.xml', ok: true }) as FetchResult,
      };
      const entries: SitemapEntry[] = [];
      for await (const entry of sitemap('https://a.example/sitemap.xml', { fetcher })) entries.push(entry);
      expect(entries.map(({ loc }) => loc)).toEqual(['https://a.example/1']);
    }
  });

  test('gives what is a URL, and passes over what is none', async () => {
    const { locs, root } = await read({
      '/sitemap.xml': urlset(
        url('/relative'),
        url('mailto:a@b'),
        url(''),
        '<url></url>',
        url('http://'),
        url('http://b.example'),
      ),
    });
    expect(locs).toEqual([`${root}relative`, 'http://b.example/']);
  });

  test('is not asked for before its first entry is, and let go of when the loop is left', async () => {
    let isClosed = false;
    await using server = await startServer((response) => {
      response.once('close', () => {
        isClosed = true;
      });
      response.write(`<urlset>${url('https://a.example/1')}`);
    });
    const entries = sitemap(`${server.url}sitemap.xml`);
    expect(server.requests).toHaveLength(0);
    for await (const { loc } of entries) {
      expect(loc).toBe('https://a.example/1');
      break;
    }
    await expect.poll(() => isClosed).toBe(true);
  });

  test('is the same however its text is cut', () => {
    const text = urlset(
      url('https://a.example/?a=1&amp;b', '<lastmod>2026</lastmod>'),
      '<!-- < -->',
      url('<![CDATA[x]]>'),
    );
    const whole = new SitemapScanner('x').push(text);
    expect(whole).toHaveLength(2);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 30 }), (cuts) => {
        const scanner = new SitemapScanner('x');
        const marks = [0, ...cuts.toSorted((left, right) => left - right), text.length];
        const found = marks.slice(1).flatMap((end, at) => scanner.push(text.slice(marks[at], end)));
        expect([...found, ...scanner.end()]).toEqual(whole);
      }),
    );
  });
});

describe('an index of sitemaps', () => {
  test('leads to all of them, each once, in its order', async () => {
    const { asked, locs } = await read({
      '/sitemap.xml': (root) =>
        index(`${root}a.xml`, `${root}deep.xml`, `${root}a.xml#again`, `${root}sitemap.xml`, `${root}b.txt`),
      '/a.xml': urlset(url('https://a.example/a')),
      '/deep.xml': (root) => index(`${root}c.xml`, `${root}deep.xml`),
      '/c.xml': gzipSync(urlset(url('https://a.example/c'))),
      '/b.txt': 'https://a.example/b',
    });
    expect(locs).toEqual(['https://a.example/a', 'https://a.example/c', 'https://a.example/b']);
    expect(asked).toEqual(['/sitemap.xml', '/a.xml', '/deep.xml', '/c.xml', '/b.txt']);
  });

  test('goes on past one that cannot be read, where somebody is told of it', async () => {
    const files = {
      '/sitemap.xml': (root: string) => index(`${root}gone.xml`, `${root}html.xml`, `${root}b.txt`),
      '/html.xml': '<html><body>Sorry</body></html>',
      '/b.txt': 'https://a.example/b',
    };
    const told: [string, string][] = [];
    const onError = (error: unknown, at: string): void =>
      void told.push([new URL(at).pathname, (error as Error).message]);
    expect((await read(files, { onError })).locs).toEqual(['https://a.example/b']);
    expect(told.map(([path]) => path)).toEqual(['/gone.xml', '/html.xml']);
    expect(told[0]?.[1]).toMatch(/^GET http:\/\/127\.0\.0\.1:\d+\/gone\.xml answered with 404 in place of a sitemap$/);
    await expect(read(files)).rejects.toThrow('answered with 404');
  });

  test('may not lead on and on', async () => {
    let count = 0;
    await using server = await startServer((response) => {
      const next = Array.from({ length: 3 }, () => `${server.url}${++count}.xml`);
      response.end(index(...next));
    });
    const all = async (options?: SitemapOptions): Promise<SitemapEntry[]> => {
      const entries: SitemapEntry[] = [];
      for await (const entry of sitemap(`${server.url}sitemap.xml`, options)) entries.push(entry);
      return entries;
    };
    await expect(all({ maxSitemaps: 10 })).rejects.toThrow('leads to more sitemaps than `maxSitemaps`, 10');
    expect(server.requests.length).toBeLessThan(10);
    // Without that limit the depth ends it.
    expect(await all()).toEqual([]);
  });
});

describe('bad input', () => {
  test.each<[string, string | Buffer | number, string]>([
    ['a page', '<!doctype html>\n<html><body>Not here</body></html>', 'Expected a sitemap from'],
    ['a feed', '<?xml version="1.0"?><rss></rss>', 'Expected a sitemap from'],
    ['other text', 'Nothing\nto see', 'Expected a sitemap from'],
    ['a file that is cut', `<urlset>${url('https://a.example/1')}<url><loc>https://a`, 'Expected a sitemap from'],
    ['nothing', '', 'Expected a sitemap from'],
    ['an answer that is an error', 503, 'answered with 503'],
    ['half a gzip', gzipSync(urlset(url('https://a.example/1'))).subarray(0, 60), 'no whole gzip'],
    ['a tag that does not end', `<urlset><url ${'x'.repeat(200_000)}`, 'Expected a sitemap from'],
    ['text that does not end', `<urlset><url><loc>${'x'.repeat(200_000)}`, 'Expected a sitemap from'],
  ])('such as %s is told', { timeout: 30_000 }, async (_name, file, message) => {
    await expect(read({ '/sitemap.xml': file }, { fetcher: new Fetcher({ retry: false }) })).rejects.toThrow(message);
  });

  test('names the place without the text', async () => {
    await expect(
      read({ '/sitemap.xml': 'https://a.example/1\nhttps://a.example/2\nsecret words' }),
    ).rejects.toMatchObject({
      name: 'DecodeError',
      line: 3,
      position: 0,
    });
  });

  test('such as a bomb ends at its limit, whether it is large or only unpacks to that', async () => {
    const bomb = gzipSync(`<urlset>${' '.repeat(60_000_000)}</urlset>`);
    expect(bomb.length).toBeLessThan(100_000);
    await expect(read({ '/sitemap.xml': bomb })).rejects.toMatchObject({
      name: 'BodyTooLargeError',
      limit: 52_428_800,
    });
    await expect(read({ '/sitemap.xml': bomb }, { maxBytes: 10 })).rejects.toThrow('10 bytes');
    // Gzip may hold any number of blocks of nothing.
    const empty = Buffer.concat([gzipSync('').subarray(0, 10), Buffer.from('000000ffff'.repeat(2_000), 'hex')]);
    await expect(read({ '/sitemap.xml': empty }, { maxBytes: 1_000 })).rejects.toThrow('1000 bytes');
    const large = urlset(...Array.from({ length: 1_000 }, (_, at) => url(`https://a.example/${at}`)));
    await expect(read({ '/sitemap.xml': large }, { maxBytes: 1_000, fetcher: new Fetcher() })).rejects.toThrow(
      '1000 bytes',
    );
  });

  test.each([
    ['an URL that is none', 'x', {}, 'Expected an absolute URL'],
    ['no limit', 'http://a.example', { maxBytes: 0 }, 'Expected `maxBytes` to be an integer from 1'],
    ['no fetcher', 'http://a.example', { fetcher: {} }, 'Expected `fetcher.fetch` to be of type function'],
    ['no options', 'http://a.example', 7, 'Expected the options to be an object'],
  ])('such as %s is refused', async (_name, at, options, message) => {
    await expect(sitemap(at, options as SitemapOptions).next()).rejects.toThrow(message);
  });
});

describe('with a fetcher that is polite', () => {
  test('a loop may fetch what it finds, of the same site', async () => {
    await using server = await serve({
      '/sitemap.xml': (root) => index(`${root}a.xml`),
      '/a.xml': (root) => urlset(url(`${root}page/1`), url(`${root}page/2`)),
      '/robots.txt': 'User-agent: *\nDisallow: /page/2',
      '/page/1': 'one',
    });
    const fetcher = new Fetcher({ policy: polite({ userAgent: 'acme/1.0', delay: 5 }) });
    const seen: (string | undefined)[] = [];
    for await (const { loc } of sitemap(`${server.url}sitemap.xml`, { fetcher })) {
      const text = await fetcher.fetch(loc).then(
        (result) => result.text(),
        (error: Error) => error.name,
      );
      seen.push(text);
    }
    expect(seen).toEqual(['one', 'RobotsDisallowedError']);
    expect(server.requests.map((request) => request.url)).toEqual(['/robots.txt', '/sitemap.xml', '/a.xml', '/page/1']);
  });
});
