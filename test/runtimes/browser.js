// Runs the cases in a page of Chromium or Firefox: told which, where it is, and the page's address.
import process from 'node:process';
import puppeteer from 'puppeteer-core';
import { chromiumArgs } from './chromium-args.ts';
import { drive, options } from './driver.js';

const [, , browserName, executablePath, url] = process.argv;
// Both by WebDriver BiDi or its like, as they come: no patched build.
const browser = await puppeteer.launch({
  browser: browserName,
  executablePath,
  headless: true,
  args: browserName === 'chrome' ? [...chromiumArgs] : [],
  timeout: 120_000,
  protocolTimeout: 120_000,
});
try {
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForFunction(() => 'runCase' in globalThis, { timeout: 60_000 });
  await drive((name) => page.evaluate((one, told) => globalThis.runCase(one, told), name, options));
} finally {
  await browser.close();
}
