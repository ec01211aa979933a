// Starts all that the dashboard needs on this machine, and prints its address: an emulator of Scrapy Cloud, the gateway
// that keeps the key, and the page. `npm run example:dashboard` runs it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { serveEmulator } from 'tideway/node';
import { createHandler } from './gateway/handler.ts';
import { serveFetch } from './gateway/serve-fetch.ts';

const page = fileURLToPath(new URL('dashboard/', import.meta.url));
const files = join(page, 'dist');
const { PASSWORD = 'open sesame', PORT = '8788', ROWS = '1000000' } = process.env;

function run(command: string, ...args: readonly string[]): void {
  const { status } = spawnSync(command, args, { cwd: page, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`\`${command} ${args.join(' ')}\` failed`);
}

if (!existsSync(join(page, 'node_modules'))) run('npm', 'ci');
run(process.execPath, 'node_modules/vite/bin/vite.js', 'build', '--logLevel', 'error');

function* catalogue(): Generator<object> {
  for (let n = 0; n < Number(ROWS); n++) yield { name: `Product ${n}`, price: (n % 9973) / 100, stock: n % 50 };
}

const emulator = await serveEmulator({
  projects: [123, 456],
  seed: {
    jobs: [
      { spider: 'catalogue', items: catalogue(), logs: [{ message: 'Spider opened' }, { message: 'Spider closed' }] },
      { spider: 'secret', project: 456, items: [{ of: 'somebody else' }] },
    ],
  },
  spiders: {
    quotes: async ({ items, logs, signal }) => {
      logs.info('Spider opened');
      for (let n = 0; n < 100_000 && !signal.aborted; n++) {
        await items.write({ text: `Quote ${n}`, author: `Author ${n % 31}` });
        if (n % 100 === 99) await sleep(50);
        if (n % 1000 === 999) logs.warning(`Slow page after ${n + 1} quotes`);
      }
      logs.info(signal.aborted ? 'Cancelled' : 'Spider closed');
    },
  },
});
const gateway = createHandler({
  SH_APIKEY: emulator.emulator.apiKey,
  TOKEN_SECRET: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'),
  PASSWORD,
  PROJECTS: '123',
  STORAGE_ENDPOINT: emulator.endpoint,
  DASH_ENDPOINT: emulator.dashEndpoint,
});

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
};

/** The page's own files. */
async function answerFile(pathname: string): Promise<Response> {
  const name = pathname === '/' ? '/index.html' : pathname;
  if (!/^(?:\/assets)?\/[\w-]+\.\w+$/.test(name)) return new Response('Not Found', { status: 404 });
  try {
    const headers = {
      'content-type': types[extname(name)] ?? 'application/octet-stream',
      'cache-control': name.startsWith('/assets/') ? 'max-age=31536000, immutable' : 'no-cache',
      // Nothing but the page's own code runs, and it speaks to nobody else.
      'content-security-policy':
        "default-src 'self'; img-src 'self' data: blob:; base-uri 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    };
    return new Response(await readFile(join(files, name)), { headers });
  } catch {
    return new Response('Not Found', { status: 404 });
  }
}

const { url } = await serveFetch(async (request) => {
  const { pathname } = new URL(request.url);
  return /^\/(?:api|session)\b/.test(pathname) ? gateway(request) : answerFile(pathname);
}, Number(PORT));
console.log(`The dashboard is at ${url}/ and its password is \`${PASSWORD}\``);
