import { expect, type Frame, type Page } from '@playwright/test';
import type * as cacheEntry from 'tideway/cache';
import type * as crawlEntry from 'tideway/crawl';
import type { Site } from './site.ts';
import { test } from './site-test.ts';

/** What the page's program leaves in its scope. */
type Scope = typeof globalThis & { readonly cacheEntry: typeof cacheEntry; readonly crawlEntry: typeof crawlEntry };

/** Waits for the program of a page or a frame. */
async function loaded(scope: Page | Frame): Promise<void> {
  await scope.waitForFunction(() => 'crawlEntry' in globalThis);
}

/** What comes of each store: the code of the error that it is refused with, or what it does without its store. */
interface Found {
  /** How often the server was asked for the same answer, three times. */
  readonly asked?: number;
  readonly texts?: readonly string[];
  /** Names of what the cache told of. */
  readonly told?: readonly string[];
  readonly code?: string;
  readonly name?: string;
}

/** Asks for one answer three times, through a cache. */
function throughCache(scope: Page | Frame, kind: 'indexedDbCache' | 'cacheStorageCache'): Promise<Found> {
  return scope.evaluate(async (create) => {
    const { cachedFetch, [create]: make } = (globalThis as Scope).cacheEntry;
    const told: string[] = [];
    let asked = 0;
    try {
      const fetch = cachedFetch(make({ name: 'refused', onError: (error) => told.push((error as Error).name) }), {
        fetch: async () => new Response(`answer ${++asked}`),
      });
      const texts: string[] = [];
      for (const _ of [1, 2, 3]) texts.push(await (await fetch('https://example.com/')).text());
      return { asked, texts, told };
    } catch (error) {
      const { code, name } = error as Error & { code?: string };
      return { name, ...(code !== undefined && { code: String(code) }) };
    }
  }, kind);
}

function throughFrontier(scope: Page | Frame): Promise<Found> {
  return scope.evaluate(async () => {
    try {
      const frontier = (globalThis as Scope).crawlEntry.indexedDbFrontier('refused');
      return { asked: await frontier.add('https://example.com/') };
    } catch (error) {
      const { code, name } = error as Error & { code?: string };
      return { name, ...(code !== undefined && { code: String(code) }) };
    }
  });
}

/** A frame that has no origin, as those of strangers: the browser refuses it all storage. */
async function openSandbox(page: Page, site: Site): Promise<Frame> {
  await page.goto(`${site.url}/lean`);
  await page.evaluate((source) => {
    const frame = document.createElement('iframe');
    frame.name = 'sandbox';
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.src = source;
    document.body.append(frame);
  }, `${site.url}/page`);
  await expect.poll(() => page.frame('sandbox')?.url()).toBe(`${site.url}/page`);
  const frame = page.frame('sandbox');
  if (!frame) throw new Error('There is no frame');
  await loaded(frame);
  return frame;
}

const NONE = { name: 'ConfigurationError', code: 'ERR_CONFIGURATION' };
/** Every answer comes from the server. */
const UNCACHED = { asked: 3, texts: ['answer 1', 'answer 2', 'answer 3'] };

test.describe('a page without storage', () => {
  test('is told of it where there is no IndexedDB and no Cache API', async ({ page, site }) => {
    await page.addInitScript(() => {
      Object.defineProperty(globalThis, 'indexedDB', { value: undefined });
      Object.defineProperty(globalThis, 'caches', { value: undefined });
    });
    await page.goto(`${site.url}/page`);
    await loaded(page);
    expect(await throughCache(page, 'indexedDbCache')).toEqual(NONE);
    expect(await throughCache(page, 'cacheStorageCache')).toEqual(NONE);
    expect(await throughFrontier(page)).toEqual(NONE);
  });

  test('is told of it, or goes on without, in a frame that may store nothing', async ({ page, site }) => {
    const frame = await openSandbox(page, site);
    const { told, ...found } = await throughCache(frame, 'indexedDbCache');
    expect(found).toEqual(UNCACHED);
    expect(new Set(told)).toEqual(new Set(['SecurityError']));
    expect(await throughCache(frame, 'cacheStorageCache')).toEqual(NONE);
    expect(await throughFrontier(frame)).toEqual(NONE);
  });

  test('goes on without a database that cannot be opened, as in private windows', async ({ page, site }) => {
    await page.addInitScript(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('A mutation was attempted on a database that allows none', 'InvalidStateError');
      };
    });
    await page.goto(`${site.url}/page`);
    await loaded(page);
    const { told, ...found } = await throughCache(page, 'indexedDbCache');
    expect(found).toEqual(UNCACHED);
    expect(new Set(told)).toEqual(new Set(['InvalidStateError']));
    expect((await throughFrontier(page)).name).toBe('InvalidStateError');
  });
});

test.describe('a page whose disk is full', () => {
  test('goes on without what the Cache API has no room for, and is told what a frontier cannot keep', async ({
    page,
    site,
  }) => {
    await page.goto(`${site.url}/page`);
    await loaded(page);
    const session = await page.context().newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: site.url, quotaSize: 1_000_000 });
    const cached = await page.evaluate(async () => {
      const { cacheStorageCache, cachedFetch } = (globalThis as Scope).cacheEntry;
      const told: string[] = [];
      const onError = (error: unknown): number => told.push((error as Error).name);
      const fetch = cachedFetch(cacheStorageCache({ name: 'full', maxEntryBytes: 50_000_000, onError }), {
        fetch: async () => new Response(new Uint8Array(12_000_000)),
      });
      const lengths: number[] = [];
      for (const _ of [1, 2]) lengths.push((await (await fetch('https://example.com/big')).arrayBuffer()).byteLength);
      const end = performance.now() + 10_000;
      while (told.length === 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
      return { lengths, told: told[0] };
    });
    expect(cached).toEqual({ lengths: [12_000_000, 12_000_000], told: 'QuotaExceededError' });
    const name = await page.evaluate(async () => {
      const frontier = (globalThis as Scope).crawlEntry.indexedDbFrontier('full');
      const data = crypto.getRandomValues(new Uint8Array(60_000)).join('');
      try {
        for (let n = 0; n < 100; n++) await frontier.add({ url: `https://a.example/${n}`, data });
        return 'stored';
      } catch (error) {
        return (error as Error).name;
      }
    });
    await session.send('Storage.overrideQuotaForOrigin', { origin: site.url });
    expect(name).toBe('QuotaExceededError');
  });
});
