import { existsSync } from 'node:fs';
import { chromium, defineConfig, type PlaywrightTestConfig } from '@playwright/test';

/** The browser of the distribution, where there is one: playwright's own need not be downloaded. */
const system = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (!system && !existsSync(chromium.executablePath())) {
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
      args: [
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        // The sandbox of Chromium refuses to run as root.
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ],
    },
  },
});

export default config;
