import fc from 'fast-check';
import { parseRobots, robotsTags } from 'tideway/crawl';
import { describe, expect, test } from 'vitest';

const allows = (robots: string, path: string, userAgent = 'FooBot'): boolean =>
  parseRobots(robots, userAgent).isAllowed(`https://a.example${path}`);

/** What is allowed of some paths. */
const allowed = (robots: string, paths: readonly string[], userAgent?: string): string[] =>
  paths.filter((path) => allows(robots, path, userAgent));

/** Rules of one group for everybody. */
const rules = (...lines: string[]): string => ['User-agent: *', ...lines].join('\n');

describe('lines', () => {
  test('have names in any case, spaces around them and comments behind them', () => {
    for (const text of [
      'user-agent: FooBot\ndisallow: /\n',
      'USER-AGENT:FOOBOT\r\nDISALLOW:/\r\n',
      '  User-Agent  :  foobot  # that is us\r\tdIsAlLoW : / # all of it\r',
      'User-agent FooBot\nDisallow /',
      '\ufeffUser-agent: FooBot\nDisallow: /',
    ]) {
      expect(allows(text, '/x/y')).toBe(false);
    }
  });

  test('that are no rules, or no text at all, forbid nothing', () => {
    const html = '<!DOCTYPE html>\n<html><body>\n<h1>Not found</h1>\nDisallow: / is what it says</body></html>';
    const binary = String.fromCharCode(...Array.from({ length: 3000 }, (_, index) => (index * 7919) % 65_536));
    for (const text of ['', '\n\n\n', 'foo: FooBot\nbar: /', '# disallow: /', html, binary]) {
      expect(allows(text, '/x/y')).toBe(true);
    }
  });

  test('before any group count for nobody', () => {
    expect(allows('Disallow: /\nUser-agent: FooBot\nAllow: /x', '/y')).toBe(true);
  });

  test('of other kinds do not end a group', () => {
    const text = 'User-agent: BarBot\nSitemap: https://a.example/sitemap.xml\nUnknown: x\nUser-agent: *\nDisallow: /';
    expect(allows(text, '/', 'BarBot')).toBe(false);
    expect(allows(text, '/', 'FooBot')).toBe(false);
  });
});

describe('what is often written and meant', () => {
  test.each(['Dissallow', 'Dissalow', 'Disalow', 'Diasllow', 'Disallaw', 'Disallow', 'disallow '])(
    '%s forbids',
    (name) => {
      const robots = parseRobots(`User-agent: *\n${name}: /x`, 'FooBot');
      expect(robots.isAllowed('https://a.example/x')).toBe(false);
      expect(robots.ruleFor('https://a.example/x')?.text).toBe('Disallow: /x');
    },
  );

  test('names of crawlers and sitemaps are found', () => {
    expect(allows('Useragent: FooBot\nDisallow: /', '/')).toBe(false);
    expect(allows('User agent: FooBot\nDisallow: /', '/')).toBe(false);
    expect(parseRobots('Site-map: https://a.example/1.xml', 'FooBot').sitemaps).toEqual(['https://a.example/1.xml']);
  });

  test('other names are none', () => {
    for (const name of ['Disallowed', 'Dis-allow', 'constructor', '__proto__', 'toString']) {
      expect(allows(`User-agent: *\n${name}: /`, '/')).toBe(true);
    }
  });
});

describe('groups', () => {
  const text = `
allow: /outside/

user-agent: FooBot
disallow: /
allow: /x/
user-agent: BarBot
disallow: /
allow: /y/


allow: /w/
user-agent: BazBot

user-agent: FooBot
allow: /z/
disallow: /
`;

  test('of one crawler are one, and other crawlers are not meant', () => {
    const paths = ['/x/b', '/y/c', '/z/d', '/w/a', '/outside/'];
    expect(allowed(text, paths, 'FooBot')).toEqual(['/x/b', '/z/d']);
    expect(allowed(text, paths, 'BarBot')).toEqual(['/y/c', '/w/a']);
    expect(allowed(text, paths, 'BazBot')).toEqual(['/z/d']);
    expect(allowed(text, paths, 'QuxBot')).toEqual(paths);
  });

  test('for everybody are for those without one of their own, wherever they stand', () => {
    const both = 'User-agent: *\nDisallow: /x/\nUser-agent: FooBot\nDisallow: /y/\nUser-agent: *\nDisallow: /z/';
    expect(allowed(both, ['/x/', '/y/', '/z/'], 'FooBot')).toEqual(['/x/', '/z/']);
    expect(allowed(both, ['/x/', '/y/', '/z/'], 'BarBot')).toEqual(['/y/']);
  });

  test('without a rule free a crawler from those for everybody', () => {
    expect(allows('User-agent: *\nDisallow: /\n\nUser-agent: FooBot\nDisallow:\n', '/a')).toBe(true);
    expect(allows('User-agent: *\nDisallow: /\n\nUser-agent: FooBot', '/a')).toBe(true);
  });

  test('are found by the product token of a whole User-Agent, without regard to case or version', () => {
    const one = 'User-agent: Foo-Bot/3.1\nDisallow: /';
    for (const name of ['foo-bot', 'FOO-BOT/1.0', 'Foo-Bot/2.1 (+https://foo.example)']) {
      expect(allows(one, '/', name)).toBe(false);
    }
    for (const name of ['foo', 'foo-bot2', 'foo-bot-news', 'botfoo-bot']) expect(allows(one, '/', name)).toBe(true);
    expect(allows('User-agent: Foo Bar\nDisallow: /', '/', 'Foo')).toBe(false);
  });

  test('cannot be asked for by a name that is none', () => {
    for (const name of ['', ' acme', '(acme)', undefined, 7]) {
      expect(() => parseRobots('', name as string)).toThrow('Expected `userAgent` to begin with a name');
    }
  });
});

describe('rules', () => {
  test('count by the longest that matches, and Allow wins a tie', () => {
    expect(allows(rules('Disallow: /x/page.html', 'Allow: /x/'), '/x/page.html')).toBe(false);
    expect(allowed(rules('Allow: /x/page.html', 'Disallow: /x/'), ['/x/page.html', '/x/'])).toEqual(['/x/page.html']);
    expect(allows(rules('Disallow: ', 'Allow: '), '/x')).toBe(true);
    expect(allows(rules('Disallow: /', 'Allow: /'), '/x')).toBe(true);
    expect(allows(rules('Disallow: /*.html', 'Allow: /*.html'), '/x.html')).toBe(true);
    expect(allowed(rules('Disallow: /x', 'Allow: /x/'), ['/x', '/x/'])).toEqual(['/x/']);
    expect(allowed(rules('Allow: /page', 'Disallow: /*.html'), ['/page', '/page.html'])).toEqual(['/page']);
    expect(allowed(rules('Allow: /x/page.', 'Disallow: /*.html'), ['/x/page.html', '/x/y.html'])).toEqual([
      '/x/page.html',
    ]);
  });

  test('never forbid robots.txt itself', () => {
    expect(allowed(rules('Disallow: /'), ['/robots.txt', '/robots.txt2', '/a/robots.txt', '/'])).toEqual([
      '/robots.txt',
    ]);
  });

  test('as in the example of RFC 9309, section 5.2', () => {
    const text = 'User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif';
    expect(allows(text, '/example/page/disallowed.gif')).toBe(false);
    expect(allows(text, '/example/page/other.gif')).toBe(true);
  });

  test('as in the example of RFC 9309, section 5.1', () => {
    const text = `User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot
`;
    const paths = ['/a.gif', '/a.gif?b', '/example/', '/example/page.html', '/example/allowed.gif', '/publications/'];
    expect(allowed(text, paths, 'other')).toEqual(['/a.gif?b', '/publications/']);
    expect(allowed(text, paths, 'foobot')).toEqual(['/example/page.html', '/example/allowed.gif']);
    expect(allowed(text, paths, 'barbot')).toEqual(paths.filter((path) => path !== '/example/page.html'));
    expect(allowed(text, paths, 'bazbot')).toEqual(paths.filter((path) => path !== '/example/page.html'));
    expect(allowed(text, paths, 'quxbot')).toEqual(paths);
  });

  test.each([
    ['/fish', ['/fish', '/fish.html', '/fish/salmon.html', '/fishheads', '/fish.php?id=anything']],
    ['/fish*', ['/fish', '/fish.html', '/fish/salmon.html', '/fishheads', '/fish.php?id=anything']],
    ['/fish/', ['/fish/salmon.html']],
    ['/*.php', ['/fish.php?id=anything', '/filename.php', '/folder/any.php.file.html', '/filename.php/']],
    ['/*.php$', ['/filename.php']],
    ['/fish*.php', ['/fish.php?id=anything']],
    ['/$', ['/']],
    ['*', undefined],
  ])('with the pattern %s match what the big crawlers say', (pattern, expected) => {
    const paths = ['/', '/fish', '/fish.html', '/fish/salmon.html', '/fishheads', '/fish.php?id=anything'];
    paths.push('/Fish.asp', '/catfish', '/filename.php', '/folder/any.php.file.html', '/filename.php/', '/x.PHP');
    const forbidden = paths.filter((path) => !allows(rules(`Disallow: ${pattern}`), path));
    expect(forbidden).toEqual(expected ?? paths);
  });

  test('are compared with percent-encoding out of the way, as in the tables of RFC 9309', () => {
    const pairs = [
      ['/foo/bar?baz=quz', '/foo/bar?baz=quz'],
      ['/foo/bar?baz=https://foo.bar', '/foo/bar?baz=https%3A%2F%2Ffoo.bar'],
      ['/foo/bar?baz=https%3a%2f%2ffoo.bar', '/foo/bar?baz=https://foo.bar'],
      ['/foo/bar/ツ', '/foo/bar/%E3%83%84'],
      ['/foo/bar/%e3%83%84', '/foo/bar/ツ'],
      ['/foo/bar/%62%61%7A', '/foo/bar/baz'],
      ['/foo/bar/baz', '/foo/bar/%62%61%7A'],
      ['/path/file-with-a-%2A.html', '/path/file-with-a-*.html'],
      ['/path/foo-%24', '/path/foo-$'],
      ['/path/a$b', '/path/a$b'],
      ['/a b', '/a%20b'],
    ] as const;
    for (const [rule, path] of pairs) expect(allows(rules(`Disallow: ${rule}`), path), rule).toBe(false);
    // A slash within a segment is another one than the slash between segments.
    expect(allows(rules('Disallow: /a/b'), '/a%2Fb')).toBe(true);
    expect(allows(rules('Disallow: /path/file-with-a-%2A.html'), '/path/file-with-a-x.html')).toBe(true);
    expect(allows(rules('Disallow: /X/'), '/x/')).toBe(true);
  });

  test('that forbid are named as the file has them', () => {
    const robots = parseRobots(rules('Disallow:   /private/*   # secrets'), 'FooBot');
    expect(robots.ruleFor('https://a.example/private/x')).toMatchObject({
      text: 'Disallow: /private/*',
      isAllowed: false,
    });
    expect(robots.ruleFor('https://a.example/x')).toBeUndefined();
  });

  test('match exactly what the same pattern as a regular expression does', () => {
    const piece = fc.constantFrom('a', 'b', '/', '*', '.');
    const pattern = fc.tuple(fc.array(piece, { maxLength: 8 }), fc.constantFrom('', '$'));
    const path = fc.array(fc.constantFrom('a', 'b', '/', '.'), { maxLength: 12 });
    fc.assert(
      fc.property(pattern, path, ([pieces, end], segments) => {
        const text = `/${pieces.join('')}`;
        const tail = `/x${segments.join('')}`.replace('/x', '/');
        // What a URL makes of dots is not the matter here.
        fc.pre(!/\/\.{1,2}(\/|$)/.test(tail) && !tail.startsWith('//'));
        const source = text.replaceAll('.', '\\.').replaceAll('*', '.*');
        const expected = !new RegExp(`^${source}${end}`).test(tail);
        expect(allows(rules(`Disallow: ${text}${end}`), tail)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('beside rules', () => {
  test('sitemaps are handed over, whatever group they stand in', () => {
    const text =
      'Sitemap: https://a.example/1.xml\nUser-agent: x\nDisallow: /\nsitemap:https://b.example/2.xml\nSitemap: no';
    expect(parseRobots(text, 'FooBot').sitemaps).toEqual(['https://a.example/1.xml', 'https://b.example/2.xml']);
  });

  test.each([
    ['2', 2000],
    ['0.5', 500],
    ['.5', 500],
    ['5.', 5000],
    ['.', undefined],
    ['1,5', undefined],
    ['0x10', undefined],
    ['0', 0],
    ['-1', undefined],
    ['1e99', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
    ['ten', undefined],
    ['', undefined],
    ['9'.repeat(400), undefined],
    ['100000', 100_000_000],
  ])('a Crawl-delay of %s is %s milliseconds', (text, expected) => {
    expect(parseRobots(rules(`Crawl-delay: ${text}`), 'FooBot').crawlDelay).toBe(expected);
  });

  test('a Crawl-delay of another crawler is not ours', () => {
    const text = 'User-agent: FooBot\nCrawl-delay: 7\nUser-agent: *\nCrawl-delay: 3';
    expect(parseRobots(text, 'FooBot').crawlDelay).toBe(7000);
    expect(parseRobots(text, 'BarBot').crawlDelay).toBe(3000);
  });
});

describe('X-Robots-Tag', () => {
  test.each<[string[], string[]]>([
    [[], []],
    [['noindex'], ['noindex']],
    [
      ['NoIndex, nofollow', 'noarchive'],
      ['noindex', 'nofollow', 'noarchive'],
    ],
    [['none'], ['none', 'noindex', 'nofollow']],
    [['otherbot: noindex, nofollow'], []],
    [['foobot: nofollow', 'otherbot: noindex'], ['nofollow']],
    [['noarchive', 'otherbot: noindex'], ['noarchive']],
    [['max-snippet: 50, max-image-preview:large'], ['max-snippet: 50', 'max-image-preview:large']],
    [
      ['unavailable_after: Mon, 25 Jun 2029 15:00:00 PST, noindex'],
      ['unavailable_after: mon 25 jun 2029 15:00:00 pst', 'noindex'],
    ],
    [['otherbot: unavailable_after: Mon, 25 Jun 2029 15:00:00 PST', 'foobot: noindex'], ['noindex']],
  ])('of %j says %j to us', (values, expected) => {
    const headers = new Headers(values.map((value) => ['x-robots-tag', value] as [string, string]));
    expect(robotsTags(headers, 'FooBot/1.0')).toEqual(expected);
  });
});

describe('hostile files', { timeout: 120_000 }, () => {
  /** Milliseconds: far above what it takes on any machine. A careless reader takes minutes, or until the end of days. */
  const BOUND = 30_000;
  const time = (call: () => unknown): number => {
    const start = performance.now();
    call();
    return performance.now() - start;
  };

  test('of 10 MB are read as far as 500 KiB, and no half line counts', () => {
    const text = `User-agent: *\nDisallow: /first\n${'Disallow: /x\n'.repeat(800_000)}Disallow: /last\n`;
    expect(text.length).toBeGreaterThan(10_000_000);
    expect(allowed(text, ['/first', '/last', '/x'])).toEqual(['/last']);
    // The line that the limit cuts would otherwise forbid more than it says.
    const cut = `User-agent: *\n${' '.repeat(512_000 - 14 - 11)}Disallow: /abc`;
    expect(allows(cut, '/abd')).toBe(true);
    expect(time(() => parseRobots(text, 'FooBot'))).toBeLessThan(BOUND);
  });

  test.each([
    ['nested wildcards', `Disallow: /${'*a'.repeat(200_000)}b`],
    ['one line of spaces', `Disallow:${' '.repeat(400_000)}x${' '.repeat(90_000)}y`],
    ['many rules with wildcards', Array.from({ length: 30_000 }, (_, index) => `Disallow: /*a*${index}`).join('\n')],
    [
      'many rules of many lengths',
      Array.from({ length: 900 }, (_, index) => `Disallow: /${'a'.repeat(index)}b`).join('\n'),
    ],
    ['comments', '#'.repeat(500_000)],
    ['only ends of lines', '\r'.repeat(500_000)],
  ])('of %s cost little, also with a URL of 64 KB', (_name, text) => {
    const robots = parseRobots(rules(text), 'FooBot');
    const url = `https://a.example/${'a'.repeat(64_000)}`;
    expect(time(() => robots.isAllowed(url))).toBeLessThan(BOUND);
  });

  test('with more wildcards than can be looked at for a URL forbid it', () => {
    const text = Array.from({ length: 30_000 }, (_, index) => `Disallow: /*a*${index}`).join('\n');
    const robots = parseRobots(rules(text), 'FooBot');
    expect(robots.ruleFor(`https://a.example/${'a'.repeat(64_000)}`)).toEqual({
      text: 'more rules with wildcards than can be looked at',
      isAllowed: false,
    });
    expect(robots.isAllowed('https://a.example/abc')).toBe(true);
  });
});
