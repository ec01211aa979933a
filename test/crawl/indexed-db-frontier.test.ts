import type { Page } from '@playwright/test';
import { isConfigurationError } from 'tideway';
import { type FrontierLease, indexedDbFrontier } from 'tideway/crawl';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frontierContract } from '../contracts/frontier.ts';
import { type FrontierBrowser, frontierIn, openFrontierBrowser } from '../helpers/frontier-page.ts';
import { rejection, thrown } from '../helpers/rejection.ts';

let browser: FrontierBrowser;
let page: Page;
let count = 0;

const newName = (): string => `frontier-${count++}`;

beforeAll(async () => {
  browser = await openFrontierBrowser();
  page = await browser.open();
}, 60_000);
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
});

frontierContract('indexedDbFrontier() in Chromium', (options) => frontierIn(page, newName(), options));

describe('indexedDbFrontier()', () => {
  it('survives a reload: what is done, what failed, and what was leased', { timeout: 60_000 }, async () => {
    const name = newName();
    const own = await browser.open();
    const before = await frontierIn(own, name);
    await before.add([1, 2, 3, 4].map((n) => ({ url: `http://a.example/${n}`, data: n })));
    const [done, failed] = await before.lease(3);
    await before.ack(done as FrontierLease);
    await before.fail(failed as FrontierLease);
    await own.reload();
    const after = await frontierIn(own, name);
    expect(await after.size()).toBe(3);
    expect(await after.add(['http://a.example/1', 'http://a.example/2'])).toBe(0);
    expect((await after.lease(10)).map(({ attempt, task }) => [task.data, attempt])).toEqual([
      [3, 1],
      [4, 1],
      [2, 2],
    ]);
    await own.close();
  });

  it('is refused to a second page, and free once the first one is gone', { timeout: 60_000 }, async () => {
    const name = newName();
    const first = await browser.open();
    await (await frontierIn(first, name)).add('http://a.example/1');
    const second = await browser.open();
    const other = await frontierIn(second, name);
    const error = (await rejection(other.size())) as Error;
    expect(error).toSatisfy(isConfigurationError);
    expect(error.message).toContain(name);
    await first.close();
    expect(await other.size()).toBe(1);
    await second.close();
  });

  it('stores much in little time, and all of it', { timeout: 60_000 }, async () => {
    const name = newName();
    const frontier = await frontierIn(page, name);
    const urls = Array.from({ length: 5_000 }, (_, n) => `http://host-${n % 50}.example/${n}`);
    expect(await frontier.add(urls)).toBe(5_000);
    await frontier.close();
    expect(await frontier.size()).toBe(5_000);
  });

  it('is refused where there is no IndexedDB', () => {
    expect(thrown(() => indexedDbFrontier('name'))).toSatisfy(isConfigurationError);
    expect(thrown(() => indexedDbFrontier(''))).toSatisfy(isConfigurationError);
  });
});
