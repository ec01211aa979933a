import { checkInteger, checkType, expected, QueueFullError, TidewayError } from '../errors/index.ts';
import { type FetchResult, pathOf } from '../fetcher/fetch-result.ts';
import { Fetcher } from '../fetcher/fetcher.ts';
import { type ScannedEntry, SitemapScanner } from './sitemap-scanner.ts';
import { sitemapText } from './sitemap-text.ts';

/** The largest sitemap that sitemaps.org allows, in bytes, uncompressed. */
const LARGEST_SITEMAP = 50 * 1024 * 1024;
/** How deep indexes of indexes may be; sitemaps.org allows one. */
const DEEPEST = 3;

/** A URL of a sitemap. Its fields have the names that they have there. */
export interface SitemapEntry {
  /** The URL. */
  readonly loc: string;
  /** When it changed, as a W3C datetime: a date, or with a time. */
  readonly lastmod?: string;
  readonly changefreq?: string;
  /** From 0 to 1, beside other URLs of the site. */
  readonly priority?: number;
  /** The sitemap that it is from. */
  readonly sitemap: string;
}

/** How a sitemap is read. */
export interface SitemapOptions {
  /**
   * What fetches, such as one that is polite; a sitemap is then read as a whole before its first entry is handed over, so
   * that nothing waits for a loop that waits for it. Without it one of its own, which reads as entries are taken.
   */
  readonly fetcher?: Pick<Fetcher, 'fetch'>;
  readonly signal?: AbortSignal;
  /** The largest file, in bytes, also after decompression. @default 52_428_800, 50 MiB, as sitemaps.org has it */
  readonly maxBytes?: number;
  /** The most files that indexes may lead to. @default 50_000 */
  readonly maxSitemaps?: number;
  /**
   * Told of a sitemap of an index that cannot be read; the others are. Without it such an error ends the reading. What
   * concerns the first file always does.
   */
  readonly onError?: (error: unknown, url: string) => void;
}

/**
 * The URLs of a sitemap, and of all sitemaps that an index leads to, as they come: XML, plain text with a URL a line, and
 * either as gzip. What has no URL is passed over. Nothing is asked for before the first entry is.
 *
 * @throws ConfigurationError; the typed error of what gave no answer; TidewayError for an answer that is no success;
 *   DecodeError for what is no sitemap; BodyTooLargeError past `maxBytes`; QueueFullError past `maxSitemaps`.
 * @example
 * for await (const { loc, lastmod } of sitemap('https://example.com/sitemap.xml')) console.log(loc, lastmod);
 */
export async function* sitemap(
  url: string | URL,
  options: SitemapOptions = {},
): AsyncGenerator<SitemapEntry, void, undefined> {
  if (typeof options !== 'object' || options === null) expected('the options to be an object', options);
  const { fetcher, maxBytes = LARGEST_SITEMAP, maxSitemaps = 50_000, onError } = options;
  checkInteger('maxBytes', maxBytes, 1);
  checkInteger('maxSitemaps', maxSitemaps, 1);
  checkType('onError', onError, 'function');
  if (fetcher) checkType('fetcher.fetch', fetcher.fetch ?? null, 'function');
  if (!URL.canParse(String(url))) expected('an absolute URL', url, true);
  const start = new URL(url).href.replace(/#.*/s, '');
  const own = fetcher ?? new Fetcher({ concurrency: 1, maxBodyBytes: maxBytes });
  const seen = new Set([start]);
  /** What indexes led to, the next one last. */
  const waiting = [{ url: start, depth: 0 }];
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    const found: string[] = [];
    try {
      for await (const entry of entriesOf(file.url, own, !fetcher, maxBytes, options.signal)) {
        if (!entry.isIndex) {
          yield entry.entry;
          continue;
        }
        // What differs in its fragment only is one file.
        const loc = entry.entry.loc.replace(/#.*/s, '');
        if (seen.has(loc) || file.depth === DEEPEST) continue;
        if (seen.size >= maxSitemaps) {
          throw new QueueFullError(`${pathOf(file.url)} leads to more sitemaps than \`maxSitemaps\`, ${maxSitemaps}`);
        }
        seen.add(loc);
        found.push(loc);
      }
    } catch (error) {
      if (file.depth === 0 || !onError || options.signal?.aborted) throw error;
      onError(error, file.url);
    }
    // An index is read to its end before what it leads to is asked for: its site may allow one request at a time.
    const { depth } = file;
    waiting.push(...found.reverse().map((loc) => ({ url: loc, depth: depth + 1 })));
  }
}

/** The entries of one file. */
async function* entriesOf(
  url: string,
  fetcher: Pick<Fetcher, 'fetch'>,
  isStreamed: boolean,
  maxBytes: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly entry: SitemapEntry; readonly isIndex: boolean }, void, undefined> {
  const result = await fetcher.fetch(url, { stream: isStreamed, maxBodyBytes: maxBytes, ...(signal && { signal }) });
  const what = pathOf(url);
  const { finalUrl, ok, status } = result;
  if (!ok) {
    await result.body?.cancel();
    throw new TidewayError(`GET ${what} answered with ${status} in place of a sitemap`);
  }
  const scanner = new SitemapScanner(what);
  for await (const text of sitemapText(await bodyOf(result), maxBytes, `The sitemap ${what}`)) {
    for (const scanned of scanner.push(text)) {
      const entry = entryOf(scanned, finalUrl);
      if (entry) yield { entry, isIndex: scanner.isIndex === true };
    }
  }
  for (const scanned of scanner.end()) {
    const entry = entryOf(scanned, finalUrl);
    if (entry) yield { entry, isIndex: false };
  }
}

async function bodyOf(result: FetchResult): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | null> {
  return result.body ?? (new Response(await result.bytes()).body as ReadableStream<Uint8Array<ArrayBuffer>> | null);
}

function entryOf(
  { changefreq, lastmod, loc = '', priority }: ScannedEntry,
  sitemapUrl: string,
): SitemapEntry | undefined {
  const url = URL.canParse(loc, sitemapUrl) ? new URL(loc, sitemapUrl) : undefined;
  if (loc === '' || !url || !/^https?:$/.test(url.protocol)) return undefined;
  const rank = priority ? Number(priority) : Number.NaN;
  return {
    loc: url.href,
    ...(lastmod && { lastmod }),
    ...(changefreq && { changefreq }),
    ...(!Number.isNaN(rank) && { priority: rank }),
    sitemap: sitemapUrl,
  };
}
