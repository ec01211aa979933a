import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort, type RedisServer, startRedis } from '../helpers/redis-server.ts';

/** What this test needs of Miniflare, which is in a package of its own. */
interface Worker {
  dispatchFetch(url: string, init: RequestInit): Promise<{ json(): Promise<unknown> }>;
  dispose(): Promise<void>;
}

let server: RedisServer;
let worker: Worker;

beforeAll(async () => {
  server = await startRedis();
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('worker-socket.ts', import.meta.url))],
    bundle: true,
    external: ['cloudflare:sockets'],
    format: 'esm',
    platform: 'browser',
    write: false,
  });
  const contents = outputFiles[0]?.text;
  const load = createRequire(fileURLToPath(new URL('../runtimes/', import.meta.url)));
  const { Miniflare } = load('miniflare') as { readonly Miniflare: new (options: object) => Worker };
  // Without `nodejs_compat`: nothing of Node is needed.
  worker = new Miniflare({
    modules: [{ type: 'ESModule', path: 'worker.js', contents }],
    compatibilityDate: '2026-07-01',
    compatibilityFlags: [],
  });
}, 60_000);

afterAll(async () => {
  await worker?.dispose();
  await server?.close();
});

async function run(port: number): Promise<unknown> {
  const body = JSON.stringify({ key: crypto.randomUUID(), url: `redis://127.0.0.1:${port}/1` });
  const answer = await worker.dispatchFetch('http://worker.test/', { method: 'POST', body });
  return answer.json();
}

it('shares what is in Redis with a Worker, over a socket of its platform', { timeout: 60_000 }, async () => {
  expect(await run(server.port)).toEqual({ counts: [2, 5], isSame: true, second: { n: 1 } });
  expect(server.cli('info', 'keyspace')).toMatch(/^db1:/m);
});

it('tells a Worker that Redis is not there', { timeout: 60_000 }, async () => {
  expect(await run(await freePort())).toMatchObject({ code: 'ERR_CONNECTION' });
});
