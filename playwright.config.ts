import { defineConfig, type PlaywrightTestConfig } from '@playwright/test';
import { chromiumArgs } from './test/runtimes/chromium-args.ts';
import { findChromium, findSystemChromium } from './test/runtimes/executables.ts';

const system = findSystemChromium();
if (!findChromium()) {
  throw new Error('There is no Chromium to run the tests in: `npm run setup`, or `npx playwright install chromium`');
}

const config: PlaywrightTestConfig = defineConfig({
  testDir: 'test/browser',
  testMatch: '*.spec.ts',
  forbidOnly: true,
  // One set of servers and one browser: what is shared between tests is set up once.
  workers: 1,
  timeout: 20_000,
  // As for the other tests: another try in CI, told by name.
  retries: process.env.CI ? 1 : 0,
  reporter: 'line',
  outputDir: 'test-results',
  use: {
    browserName: 'chromium',
    headless: true,
    launchOptions: {
      ...(system && { executablePath: system }),
      args: [...chromiumArgs],
    },
  },
});

export default config;
