// Runs the cases in a page of WebKit: told where its browser is, and the page's address. WebKit's driver speaks WebDriver
// (https://www.w3.org/TR/webdriver2/), of which five commands are enough. It has no headless mode: it draws on Xvfb.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { drive, options } from './driver.js';

const [, , binary, url] = process.argv;
/** How long the display and the driver are waited for, in milliseconds. */
const LONGEST_START = 60_000;

/** The number of a display that is free: Xvfb takes one and writes it down. */
function startDisplay() {
  const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const display = new Promise((resolve, reject) => {
    child.stdio[3].once('data', (number) => resolve(`:${String(number).trim()}`));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
  });
  return { child, display };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const screen = startDisplay();
const port = await freePort();
const driver = spawn('WebKitWebDriver', ['--host=127.0.0.1', `--port=${port}`], {
  env: { ...process.env, DISPLAY: await screen.display, GDK_BACKEND: 'x11' },
  stdio: ['ignore', 'ignore', 'inherit'],
});

async function command(method, path, body) {
  const init = { method, ...(body && { body: JSON.stringify(body) }) };
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, init);
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`WebKit's driver answered ${answer.status}: ${JSON.stringify(value)}`);
  return value;
}

async function ready() {
  const end = Date.now() + LONGEST_START;
  for (;;) {
    try {
      return await command('GET', '/status');
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(50);
    }
  }
}

try {
  await ready();
  const browserOptions = { binary, args: ['--automation'] };
  const wanted = { 'webkitgtk:browserOptions': browserOptions, timeouts: { script: 300_000 } };
  const { sessionId } = await command('POST', '/session', { capabilities: { alwaysMatch: wanted } });
  const session = `/session/${sessionId}`;
  await command('POST', `${session}/url`, { url });
  const call = `const [name, options, done] = arguments;
    const wait = setInterval(() => {
      if (!('runCase' in globalThis)) return;
      clearInterval(wait);
      runCase(name, options).then(done, (error) => done({ name, checks: 0, error: String(error) }));
    }, 1);`;
  await drive((name) => command('POST', `${session}/execute/async`, { script: call, args: [name, options] }));
  await command('DELETE', session);
} finally {
  driver.kill();
  screen.child.kill();
}
