import { expect, type Page } from '@playwright/test';
import type * as cacheEntry from 'tideway/cache';
import { test } from './site-test.ts';

/** What the page's program leaves in its scope. */
type Scope = typeof globalThis & { readonly cacheEntry: typeof cacheEntry };

test.beforeEach(async ({ page, site }) => {
  await page.goto(`${site.url}/page`);
  await loaded(page);
});

async function loaded(page: Page): Promise<void> {
  await page.waitForFunction(() => 'cacheEntry' in globalThis);
}

/** Makes the client that the page reads with, through a cache in IndexedDB. */
function makeClient(page: Page, endpoint: string, auth: string): Promise<void> {
  return page.evaluate(
    ([base, key]) => {
      const { cachedFetch, indexedDbCache } = (globalThis as Scope).cacheEntry;
      const { ScrapyCloud } = (globalThis as unknown as { tideway: typeof import('tideway') }).tideway;
      const fetch = cachedFetch(indexedDbCache({ name: 'jobs', ttl: 3_600_000, storeCredentialed: true }));
      const cloud = new ScrapyCloud({ auth: () => `Basic ${btoa(`${key}:`)}`, endpoint: base, fetch });
      Object.assign(globalThis, { cloud });
    },
    [endpoint, auth] as const,
  );
}

/** Reads the items of a job; answers with how many they are. */
function readItems(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const { cloud } = globalThis as unknown as { cloud: import('tideway').ScrapyCloud };
    const { items } = cloud.getJob('1/1/1');
    const { length } = await items.list();
    // The second time it waits until it is stored.
    return length === (await items.list()).length ? length : -1;
  });
}

/** Everything that all databases of the page hold, as text. */
function everythingStored(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const pieces: string[] = [];
    for (const { name = '' } of await indexedDB.databases()) {
      const database = await new Promise<IDBDatabase>((resolve) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
      });
      for (const store of database.objectStoreNames) {
        const objects = database.transaction(store).objectStore(store);
        for (const request of [objects.getAllKeys(), objects.getAll()]) {
          const all = await new Promise<unknown[]>((resolve) => {
            request.onsuccess = () => resolve(request.result);
          });
          pieces.push(JSON.stringify(all, (_, value) => (ArrayBuffer.isView(value) ? '(bytes)' : value)));
        }
      }
      database.close();
    }
    return pieces.join('\n');
  });
}

test.describe('indexedDbCache', () => {
  test('has a finished job after a reload, also without a network, and no credential in its stores', async ({
    page,
    site,
  }) => {
    const { apiKey, endpoint } = site.stage.options;
    await makeClient(page, endpoint, apiKey);
    const count = await readItems(page);
    expect(count).toBeGreaterThan(1000);
    site.stage.clear();
    await page.reload();
    await loaded(page);
    // A page that has a client has all that reading takes.
    await makeClient(page, endpoint, apiKey);
    await page.waitForLoadState('networkidle');
    await page.context().setOffline(true);
    expect(await readItems(page)).toBe(count);
    await page.context().setOffline(false);
    expect(site.stage.exchanges.filter(({ method }) => method === 'GET')).toEqual([]);
    const stored = await everythingStored(page);
    expect(stored).toContain('keepUntil');
    for (const secret of [apiKey, Buffer.from(`${apiKey}:`).toString('base64'), 'authorization', endpoint]) {
      expect(stored).not.toContain(secret);
    }
  });

  test('writes what is stored at the same time in few transactions', async ({ page }) => {
    const { entries, transactions } = await page.evaluate(async () => {
      const { cachedFetch, indexedDbCache } = (globalThis as Scope).cacheEntry;
      let transactions = 0;
      const { transaction } = IDBDatabase.prototype;
      IDBDatabase.prototype.transaction = function (stores, mode, options) {
        if (mode === 'readwrite') transactions++;
        return transaction.call(this, stores, mode, options);
      };
      const below = async (): Promise<Response> => new Response('x'.repeat(1000));
      const store = indexedDbCache({ name: 'batches' });
      const fetch = cachedFetch(store, { fetch: below });
      const urls = Array.from({ length: 200 }, (_, n) => `https://example.com/${n}`);
      await Promise.all(urls.map(async (url) => (await fetch(url)).text()));
      const has = async (url: string): Promise<boolean> => (await store.get(`GET ${url}`)) !== undefined;
      const deadline = performance.now() + 10_000;
      let entries = 0;
      while (entries < urls.length && performance.now() < deadline) {
        entries = (await Promise.all(urls.map(has))).filter(Boolean).length;
      }
      IDBDatabase.prototype.transaction = transaction;
      return { entries, transactions };
    });
    expect(entries).toBe(200);
    expect(transactions).toBeLessThan(50);
  });

  test('keeps within its bounds, and what was used last', async ({ page }) => {
    const { bytes, favourite, kept, pieces } = await page.evaluate(async () => {
      const { indexedDbCache } = (globalThis as Scope).cacheEntry;
      let now = 1_700_000_000_000;
      const store = indexedDbCache({ name: 'bounds', maxEntries: 10, maxBytes: 1_000_000, clock: () => now });
      const put = (key: string, length: number): Promise<void> => {
        now += 100_000;
        const head = { status: 200, statusText: '', headers: [], storedAt: now, keepUntil: 2 ** 53 };
        return store.put(
          key,
          head,
          new Blob([new Uint8Array(length)]).stream() as ReadableStream<Uint8Array<ArrayBuffer>>,
        );
      };
      await put('favourite', 10);
      for (let n = 0; n < 25; n++) {
        await put(`small ${n}`, 10);
        now += 100_000;
        await store.get('favourite');
      }
      const favourite = (await store.get('favourite')) !== undefined;
      for (let n = 0; n < 6; n++) await put(`big ${n}`, 300_000);
      const kept: string[] = [];
      const names = ['favourite', ...Array.from({ length: 25 }, (_, n) => `small ${n}`)];
      for (const key of [...names, ...Array.from({ length: 6 }, (_, n) => `big ${n}`)]) {
        if (await store.get(key)) kept.push(key);
      }
      const database = await new Promise<IDBDatabase>((resolve) => {
        const request = indexedDB.open('bounds-bodies');
        request.onsuccess = () => resolve(request.result);
      });
      const all = database.transaction('bodies').objectStore('bodies').getAll();
      const bodies = await new Promise<Uint8Array[]>((resolve) => {
        all.onsuccess = () => resolve(all.result);
      });
      database.close();
      return { kept, favourite, pieces: bodies.length, bytes: bodies.reduce((sum, { length }) => sum + length, 0) };
    });
    expect(kept.length).toBeLessThanOrEqual(10);
    expect(favourite).toBe(true);
    expect(kept).toContain('big 5');
    expect(kept).toContain('big 4');
    expect(kept).not.toContain('big 0');
    expect(bytes).toBeLessThanOrEqual(1_000_000);
    expect(pieces).toBeLessThanOrEqual(20);
  });

  test('goes on without what the quota of the browser has no room for', async ({ page, site }) => {
    const session = await page.context().newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: site.url, quotaSize: 3_000_000 });
    const { errors, lengths, small } = await page.evaluate(async () => {
      const { cachedFetch, indexedDbCache } = (globalThis as Scope).cacheEntry;
      const errors: string[] = [];
      const store = indexedDbCache({
        name: 'quota',
        maxEntryBytes: 50_000_000,
        onError: (error) => errors.push((error as Error).name),
      });
      const bytes = crypto.getRandomValues(new Uint8Array(60_000));
      const big = new Blob(Array.from({ length: 200 }, () => bytes));
      const fetch = cachedFetch(store, {
        fetch: async (request) => new Response(request.url.endsWith('big') ? big : 'small'),
      });
      const lengths: number[] = [];
      for (const _ of [1, 2]) lengths.push((await (await fetch('https://example.com/big')).arrayBuffer()).byteLength);
      const deadline = performance.now() + 10_000;
      while (errors.length < 1 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
      await (await fetch('https://example.com/small')).text();
      let small = false;
      while (!small && performance.now() < deadline)
        small = (await store.get('GET https://example.com/small')) !== undefined;
      return { errors, lengths, small };
    });
    await session.send('Storage.overrideQuotaForOrigin', { origin: site.url });
    expect(lengths).toEqual([12_000_000, 12_000_000]);
    expect(errors).toContain('QuotaExceededError');
    expect(small).toBe(true);
  });

  test('is one for all pages of a site', async ({ page, site }) => {
    const other = await page.context().newPage();
    await other.goto(`${site.url}/page`);
    await loaded(other);
    const ask = (one: Page): Promise<string> =>
      one.evaluate(async () => {
        const { cachedFetch, indexedDbCache } = (globalThis as Scope).cacheEntry;
        const fetch = cachedFetch(indexedDbCache({ name: 'shared' }), {
          fetch: async () => new Response(crypto.randomUUID()),
        });
        const response = await fetch('https://example.com/');
        const text = await response.text();
        // Until it is stored.
        await (await fetch('https://example.com/')).text();
        return text;
      });
    expect(await ask(other)).toBe(await ask(page));
    await other.close();
  });
});

test.describe('cacheStorageCache', () => {
  test('has what it stored after a reload, and no address or credential in clear', async ({ page }) => {
    const ask = (): Promise<{ text: string; isFromCache: boolean; stored: string }> =>
      page.evaluate(async () => {
        const { cachedFetch, cacheStorageCache, isFromCache } = (globalThis as Scope).cacheEntry;
        const fetch = cachedFetch(cacheStorageCache({ storeCredentialed: true, ttl: 3_600_000 }), {
          fetch: async () => new Response(crypto.randomUUID()),
        });
        const init = { headers: { authorization: 'Basic topsecret' } };
        const response = await fetch('https://example.com/private?key=topsecret', init);
        const text = await response.text();
        await (await fetch('https://example.com/private?key=topsecret', init)).text();
        const pieces: string[] = [];
        for (const name of await caches.keys()) {
          const cache = await caches.open(name);
          for (const request of await cache.keys()) {
            pieces.push(request.url, JSON.stringify([...((await cache.match(request))?.headers ?? [])]));
          }
        }
        return { text, isFromCache: isFromCache(response), stored: pieces.join('\n') };
      });
    const first = await ask();
    await page.reload();
    await loaded(page);
    const second = await ask();
    expect([first.isFromCache, second.isFromCache]).toEqual([false, true]);
    expect(second.text).toBe(first.text);
    expect(second.stored).toContain('keepUntil');
    expect(second.stored).not.toMatch(/topsecret|private/);
  });

  test('keeps no more entries than it may', async ({ page }) => {
    const kept = await page.evaluate(async () => {
      const { cacheStorageCache } = (globalThis as Scope).cacheEntry;
      const store = cacheStorageCache({ name: 'bounds', maxEntries: 10 });
      const head = { status: 200, statusText: '', headers: [], storedAt: 0, keepUntil: 2 ** 53 };
      for (let n = 0; n < 25; n++) {
        await store.put(`${n}`, head, new Blob(['x']).stream() as ReadableStream<Uint8Array<ArrayBuffer>>);
      }
      const kept: number[] = [];
      for (let n = 0; n < 25; n++) if (await store.get(`${n}`)) kept.push(n);
      return kept;
    });
    expect(kept.length).toBeLessThanOrEqual(10);
    expect(kept.length).toBeGreaterThan(5);
    expect(kept).toContain(24);
  });
});
