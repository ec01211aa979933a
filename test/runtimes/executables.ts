import { existsSync } from 'node:fs';
import { chromium } from '@playwright/test';

const firstOf = (...paths: readonly string[]): string | undefined => paths.find((path) => existsSync(path));

/** The Chromium of the distribution, where there is one: playwright's own need not be downloaded. */
export const findSystemChromium = (): string | undefined =>
  firstOf('/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome');

export const findChromium = (): string | undefined => findSystemChromium() ?? firstOf(chromium.executablePath());

/** A Firefox as its maker has it: it is driven by WebDriver BiDi, and needs no patches. */
export const findFirefox = (): string | undefined =>
  firstOf('/usr/bin/firefox-esr', '/usr/bin/firefox', '/Applications/Firefox.app/Contents/MacOS/firefox');

/** WebKit's small browser; its driver and a display that is only in memory belong to it. */
export function findWebKit(): string | undefined {
  if (!firstOf('/usr/bin/WebKitWebDriver') || !firstOf('/usr/bin/Xvfb')) return undefined;
  const machine = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch as string];
  return firstOf(
    ...['4.1', '6.0', '4.0'].flatMap((version) => [
      `/usr/lib/${machine}/webkit2gtk-${version}/MiniBrowser`,
      `/usr/lib/${machine}/webkitgtk-${version}/MiniBrowser`,
      `/usr/libexec/webkit2gtk-${version}/MiniBrowser`,
      `/usr/libexec/webkitgtk-${version}/MiniBrowser`,
    ]),
  );
}
