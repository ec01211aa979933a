import { expect, type Page } from '@playwright/test';
import { SIZE } from '../runtimes/conformance.js';
import type { Site } from './site.ts';
import { test } from './site-test.ts';

interface Answer {
  readonly count?: number;
  readonly name?: string;
  readonly code?: string;
  readonly status?: number;
}

/** Reads a job's items in a page whose program has no more of the package than it takes. */
function read(page: Page, { stage }: Site, user: string, options: object = {}): Promise<Answer> {
  const { endpoint } = stage.options;
  return page.evaluate(
    async ([base, name, more]) => {
      type Read = (options: object, key: string, more: object) => Promise<unknown[]>;
      const { readItems } = globalThis as unknown as { readItems: Read };
      try {
        return {
          count: (await readItems({ auth: () => `Basic ${btoa(`${name}:`)}`, endpoint: base }, '1/1/1', more)).length,
        };
      } catch (error) {
        const { code, name: className, status } = error as Answer & { name: string };
        return { code, name: className, ...(status && { status }) };
      }
    },
    [endpoint, user, options] as [string, string, object],
  );
}

async function open(page: Page, site: Site): Promise<void> {
  site.stage.clear();
  site.paths.splice(0);
  await page.goto(`${site.url}/lean`);
  await page.waitForFunction(() => 'readItems' in globalThis);
}

/** What the page has loaded since it was last asked. */
const loaded = (site: Site): string[] => site.paths.splice(0).filter((path) => path.endsWith('.js'));
const stranger = '0'.repeat(32);

test.describe('a page that reads items', () => {
  test('asks first whether it may send its header to another origin', async ({ page, site }) => {
    await open(page, site);
    expect(await read(page, site, site.stage.options.apiKey, { count: 5 })).toEqual({ count: 5 });
    const [preflight, request] = site.stage.exchanges;
    expect(preflight).toMatchObject({ method: 'OPTIONS', path: '/items/1/1/1' });
    expect(preflight?.headers).toMatchObject({ 'access-control-request-headers': 'authorization', origin: site.url });
    expect(request).toMatchObject({ method: 'GET', path: '/items/1/1/1', outcome: 'whole' });
  });

  test('loads the code of a special read with the first of its kind', async ({ page, site }) => {
    await open(page, site);
    expect(loaded(site)).toContain('/lean.js');
    expect(await read(page, site, site.stage.options.apiKey)).toEqual({ count: SIZE });
    const decoding = [expect.stringMatching(/body-reader/), expect.stringMatching(/resuming/)];
    expect(loaded(site)).toEqual(expect.arrayContaining(decoding));
    expect(await read(page, site, site.stage.options.apiKey)).toEqual({ count: SIZE });
    expect(loaded(site)).toEqual([]);
    expect(await read(page, site, site.stage.options.apiKey, { parallel: 2 })).toEqual({ count: SIZE });
    expect(loaded(site)).toEqual([expect.stringMatching(/later/)]);
    expect(await read(page, site, site.stage.options.apiKey, { parallel: 2 })).toEqual({ count: SIZE });
    expect(loaded(site)).toEqual([]);
  });

  test('loads what explains a refusal with the first one', async ({ page, site }) => {
    await open(page, site);
    loaded(site);
    const refusal = { code: 'ERR_UNAUTHORIZED', name: 'UnauthorizedError', status: 401 };
    expect(await read(page, site, stranger)).toEqual(refusal);
    expect(loaded(site)).toContainEqual(expect.stringMatching(/explain/));
    expect(await read(page, site, stranger)).toEqual(refusal);
    expect(loaded(site)).toEqual([]);
  });

  test('is told that it cannot load what reads answers, and reads when it can', async ({ page, site }) => {
    await open(page, site);
    loaded(site);
    await page.route('**/*.js', (route) => route.abort());
    const answer = await read(page, site, site.stage.options.apiKey, { retry: false });
    expect(answer).toEqual({ code: 'ERR_CONNECTION', name: 'ConnectionError' });
    expect(loaded(site)).toEqual([]);
    await page.unroute('**/*.js');
    expect(await read(page, site, site.stage.options.apiKey)).toEqual({ count: SIZE });
  });

  test('is told what was refused also when its explanation cannot be loaded', async ({ page, site }) => {
    await open(page, site);
    expect(await read(page, site, site.stage.options.apiKey, { count: 5 })).toEqual({ count: 5 });
    loaded(site);
    await page.route('**/*.js', (route) => route.abort());
    const answer = await read(page, site, stranger);
    expect(answer).toEqual({ code: 'ERR_UNAUTHORIZED', name: 'UnauthorizedError', status: 401 });
    expect(loaded(site)).toEqual([]);
  });

  test('is told that it is offline', async ({ page, site }) => {
    await open(page, site);
    await page.context().setOffline(true);
    const answer = await read(page, site, site.stage.options.apiKey, { retry: false });
    expect(answer).toEqual({ code: 'ERR_CONNECTION', name: 'ConnectionError' });
    await page.context().setOffline(false);
    expect(await read(page, site, site.stage.options.apiKey, { count: 5 })).toEqual({ count: 5 });
  });
});
