import { readFile } from 'node:fs/promises';
import { expect, type Page } from '@playwright/test';
import { type Dashboard, MILLION, openMillion, openSockets, signIn, test } from './dashboard-test.ts';

test.describe.configure({ timeout: 180_000 });

test('items are downloaded as JSON lines and as CSV, with progress', async ({ dashboard, page }) => {
  await signIn(page, dashboard, MILLION);
  await openMillion(page);
  for (const [button, name, first, last] of [
    ['Download JSON lines', '123-1-1.jl', '{"name":"Product 0","price":0,"stock":0}', '"Product 999999"'],
    ['Download CSV', '123-1-1.csv', 'name,price,stock', 'Product 999999,'],
  ] as const) {
    const coming = page.waitForEvent('download', { timeout: 60_000 });
    await page.getByRole('button', { name: button }).click();
    await expect(page.getByRole('progressbar')).toBeVisible();
    const download = await coming;
    expect(download.suggestedFilename()).toBe(name);
    const text = await readFile(await download.path(), 'utf8');
    expect(text.startsWith(first)).toBe(true);
    expect(text.slice(-100)).toContain(last);
    await expect(page.getByRole('progressbar')).toHaveCount(0);
  }
});

/** Opens the big job with a network that takes half a minute for its file, and begins to download that. */
async function beginDownload(page: Page, dashboard: Dashboard): Promise<void> {
  await signIn(page, dashboard, MILLION);
  await openMillion(page);
  const session = await page.context().newCDPSession(page);
  const bytesPerSecond = 1_500_000;
  const conditions = { offline: false, latency: 0, uploadThroughput: -1, downloadThroughput: bytesPerSecond };
  await session.send('Network.emulateNetworkConditions', conditions);
  await page.getByRole('button', { name: 'Download JSON lines' }).click();
  await expect
    .poll(() => page.getByRole('progressbar').evaluate((bar: HTMLProgressElement) => bar.value))
    .toBeGreaterThan(0);
}

test('a download ends where its page is closed, and everything goes on for others', async ({
  context,
  dashboard,
  page,
}) => {
  await beginDownload(page, dashboard);
  let downloads = 0;
  page.on('download', () => downloads++);
  await page.close();
  // The gateway and what is behind it have nothing left to send to nobody.
  await expect.poll(() => openSockets(dashboard.pid), { timeout: 60_000 }).toBeLessThanOrEqual(dashboard.idleSockets);
  expect(downloads).toBe(0);

  const another = await context.newPage();
  await another.goto(`${dashboard.url}${MILLION}`);
  const coming = another.waitForEvent('download', { timeout: 60_000 });
  await another.getByRole('button', { name: 'Download JSON lines' }).click();
  const whole = await readFile(await (await coming).path(), 'utf8');
  expect(whole.match(/\n/g)).toHaveLength(1_000_000);
  await expect(another.getByRole('alert')).toHaveCount(0);
});

test('a download is stopped by its button, and by leaving the job', async ({ dashboard, page }) => {
  let downloads = 0;
  page.on('download', () => downloads++);
  await beginDownload(page, dashboard);
  await page.screenshot({ path: 'test-results/dashboard-download.png', fullPage: true });
  await page.getByRole('button', { name: 'Stop the download' }).click();
  await expect(page.getByRole('progressbar')).toHaveCount(0);
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.getByRole('button', { name: 'Download CSV' }).click();
  await expect(page.getByRole('progressbar')).toBeVisible();
  const left = page.waitForEvent('requestfailed', (request) => request.url().includes('format=csv'));
  await page.getByRole('link', { name: 'Projects' }).click();
  await left;
  await expect(page.getByRole('link', { name: '123/1/1' })).toBeVisible();
  expect(downloads).toBe(0);
});
