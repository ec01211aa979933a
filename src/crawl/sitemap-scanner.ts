import { DecodeError } from '../errors/index.ts';

/** The longest tag, and the longest text of an element that counts, in characters. */
const LONGEST_TOKEN = 64 * 1024;
/** Elements of an entry that are handed over. */
const FIELDS = /^(?:loc|lastmod|changefreq|priority)$/;
/** What begins in a way of its own ends in one, and holds no tags. */
const SECTIONS = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
] as const;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** What a sitemap, or an index of them, has of one URL: text as it stands there. */
export type ScannedEntry = Partial<Record<'loc' | 'lastmod' | 'changefreq' | 'priority', string>>;

/**
 * Finds the entries of a sitemap in text that comes in pieces. It is no parser of XML: whatever it does not know it
 * passes over, declares no entities and follows no addresses.
 */
export class SitemapScanner {
  /** Whether its entries are sitemaps; undefined until its first tag came. */
  isIndex: boolean | undefined;
  readonly #what: string;
  /** Whether it has a URL a line; undefined until its first character came. */
  #isLines: boolean | undefined;
  /** Whether its last tag came. */
  #isClosed = false;
  /** What is kept of the pieces before: the beginning of something that is not there as a whole. */
  #rest = '';
  /** How many lines came before that. */
  #lines = 0;
  /** And how many characters of its own line. */
  #column = 0;
  /** What ends the section that the text is in, and whether that section is text of an element. */
  #section: { readonly end: string; readonly isText: boolean } | undefined;
  #entry: ScannedEntry | undefined;
  /** How deep the text is within its entry. */
  #depth = 0;
  #field: keyof ScannedEntry | undefined;
  #value = '';

  /** `what` names it in messages. */
  constructor(what: string) {
    this.#what = what;
  }

  /**
   * Takes a piece, and answers with the entries that it ends.
   *
   * @throws DecodeError
   */
  push(piece: string): ScannedEntry[] {
    const text = this.#rest + piece;
    this.#isLines ??= text.trim() === '' ? undefined : !text.trimStart().startsWith('<');
    return this.#isLines ? this.#takeLines(text) : this.#takeTags(text);
  }

  /**
   * There is no more text.
   *
   * @throws DecodeError where it is cut, or was no sitemap.
   */
  end(): ScannedEntry[] {
    if (this.#isLines) return this.#takeLines(`${this.#rest}\n`);
    if (!this.#isClosed) throw this.#wrong(this.#rest, this.#rest.length);
    return [];
  }

  /** A URL a line. */
  #takeLines(text: string): ScannedEntry[] {
    const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1;
    // Of the two characters of an end one makes a line that is empty.
    const lines = text.slice(0, end).split(/[\r\n]/);
    const wrong = lines.findIndex((line) => line.trim() !== '' && !URL.canParse(line.trim()));
    if (wrong >= 0) throw this.#wrong(text, lines.slice(0, wrong).join('\n').length + Math.min(wrong, 1));
    if (text.length - end > LONGEST_TOKEN) throw this.#wrong(text, end);
    this.#skip(text, end);
    this.#rest = text.slice(end);
    return lines.map((line) => ({ loc: line.trim() })).filter(({ loc }) => loc !== '');
  }

  #takeTags(text: string): ScannedEntry[] {
    const entries: ScannedEntry[] = [];
    let at = 0;
    for (;;) {
      if (this.#section) {
        const { end, isText } = this.#section;
        const found = text.indexOf(end, at);
        // Its end may be cut.
        const stop = found < 0 ? Math.max(at, text.length - end.length + 1) : found;
        if (isText) this.#collect(text, at, stop);
        at = stop;
        if (found < 0) break;
        at += end.length;
        this.#section = undefined;
      }
      const tag = text.indexOf('<', at);
      const stop = tag < 0 ? text.length : tag;
      // An entity may be cut, too.
      const cut = tag < 0 ? text.lastIndexOf('&') : -1;
      const safe = cut >= at && text.length - cut < 12 ? cut : stop;
      this.#collect(text, at, safe, unescaped);
      at = safe;
      if (tag < 0) break;
      const section = SECTIONS.find(([start]) => text.startsWith(start, at));
      if (section) {
        const [start, end] = section;
        this.#section = { end, isText: start === '<![CDATA[' };
        at += start.length;
        continue;
      }
      const close = text.indexOf('>', at);
      if (close < 0) {
        if (text.length - at > LONGEST_TOKEN) throw this.#wrong(text, at);
        break;
      }
      const entry = this.#tag(text, at, close);
      if (entry) entries.push(entry);
      at = close + 1;
    }
    this.#skip(text, at);
    this.#rest = text.slice(at);
    return entries;
  }

  #collect(text: string, start: number, end: number, decode: (text: string) => string = (same) => same): void {
    if (!this.#field) return;
    this.#value += decode(text.slice(start, end));
    if (this.#value.length > LONGEST_TOKEN) throw this.#wrong(text, start);
  }

  /** A tag; answers with the entry that it ends. */
  #tag(text: string, start: number, end: number): ScannedEntry | undefined {
    const tag = text.slice(start + 1, end);
    const [, slash, name = ''] = /^(\/?)(?:[\w.-]+:)?([\w.-]+)/.exec(tag) ?? [];
    if (name === '') return undefined;
    if (this.isIndex === undefined) {
      if (name !== 'urlset' && name !== 'sitemapindex') throw this.#wrong(text, start);
      this.isIndex = name === 'sitemapindex';
      this.#isClosed = tag.endsWith('/');
      return undefined;
    }
    if (slash && name === (this.isIndex ? 'sitemapindex' : 'urlset')) this.#isClosed = true;
    const isEntry = name === (this.isIndex ? 'sitemap' : 'url');
    if (isEntry) {
      const entry = this.#entry;
      this.#entry = slash || tag.endsWith('/') ? undefined : {};
      this.#depth = 0;
      this.#field = undefined;
      return entry?.loc === undefined ? undefined : entry;
    }
    if (!this.#entry || tag.endsWith('/')) return undefined;
    if (slash) {
      this.#depth--;
      const field = this.#field;
      if (field && this.#depth === 0) {
        this.#entry[field] ??= this.#value.trim();
        this.#field = undefined;
      }
      return undefined;
    }
    this.#depth++;
    // Pictures and films have a location of their own, deeper within.
    if (this.#depth === 1 && FIELDS.test(name)) {
      this.#field = name as keyof ScannedEntry;
      this.#value = '';
    }
    return undefined;
  }

  /** Counts the lines of text that is done with. */
  #skip(text: string, end: number): void {
    let start = 0;
    for (let next = text.indexOf('\n'); next >= 0 && next < end; next = text.indexOf('\n', start)) {
      this.#lines++;
      this.#column = 0;
      start = next + 1;
    }
    this.#column += end - start;
  }

  #wrong(text: string, at: number): DecodeError {
    this.#skip(text, at);
    return new DecodeError(`a sitemap from ${this.#what}`, this.#lines + 1, this.#column);
  }
}

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{2,4}));/gi, (all, decimal, hex, name: string) => {
    const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : -1;
    if (code >= 0) return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : all;
    return ENTITIES[name] ?? all;
  });
}
