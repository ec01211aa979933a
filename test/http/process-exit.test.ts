import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startServer } from '../helpers/server.ts';

const source: string = new URL('../../src/index.ts', import.meta.url).href;

/** Runs a program in a process of its own, and waits until that ends by itself. */
async function run(body: string, url: string): Promise<{ code: number | null; output: string; errors: string }> {
  const program = `
    import { Connection, path } from ${JSON.stringify(source)};
    const hour = 3_600_000;
    const options = {
      endpoint: ${JSON.stringify(url)}, timeout: hour, idleTimeout: hour, deadline: hour, retry: { backoff: 1 },
    };
    const connection = new Connection(options);
    const fails = (call) => call.then(() => process.exit(3), () => {});
    ${body}
    console.log('done', process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
    // Long before the hour of its timers.
    timeout: 15_000,
  });
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, output, errors };
}

test.each([
  ['answers', 'await connection.json(path`/items`); await (await connection.request(path`/items`)).text();'],
  ['answers without a body', 'await connection.request(path`/empty`);'],
  ['refusals', 'await fails(connection.json(path`/missing`)); await fails(connection.json(path`/redirect`));'],
  ['tries', 'await fails(connection.json(path`/busy`));'],
  [
    'a call that is aborted while it waits for headers',
    'await fails(connection.json(path`/never`, { signal: AbortSignal.timeout(50) }));',
  ],
  [
    'a call that is aborted while it waits for another try',
    'await fails(connection.json(path`/later`, { signal: AbortSignal.timeout(300), retry: { maxRetryAfter: hour, maxTime: hour } }));',
  ],
  ['a body that is left', 'const { body } = await connection.request(path`/stall`); await body.cancel();'],
  ['a connection that is closed', 'const call = fails(connection.json(path`/never`)); connection.close(); await call;'],
])('After %s no timer keeps the process alive', async (_title, body) => {
  await using server = await startServer((response, { url }) => {
    const statuses: Readonly<Record<string, number>> = {
      '/empty': 204,
      '/missing': 404,
      '/redirect': 302,
      '/busy': 503,
      '/later': 503,
    };
    if (url === '/never') return;
    if (url === '/redirect') response.setHeader('location', '/items');
    if (url === '/later') response.setHeader('retry-after', '1800');
    response.setHeader('connection', 'close');
    response.writeHead(statuses[url] ?? 200);
    if (url === '/stall') response.write('begin');
    else response.end(url === '/items' ? '{"some":"json"}' : undefined);
  });
  const { code, output, errors } = await run(body, server.url);
  expect(errors).toBe('');
  expect(output).toBe('done 0\n');
  expect(code).toBe(0);
});
