import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { makeCertificate } from '../helpers/certificate.ts';
import { freePort, type RedisServer, startRedis } from '../helpers/redis-server.ts';

/** What this test needs of Miniflare, which is in a package of its own. */
interface Worker {
  dispatchFetch(url: string, init: RequestInit): Promise<{ json(): Promise<unknown> }>;
  dispose(): Promise<void>;
}

const certificate = makeCertificate();
let server: RedisServer;
let securePort: number;
let worker: Worker;

beforeAll(async () => {
  securePort = await freePort();
  server = await startRedis({ tls: { port: securePort, certificate } });
  // What Miniflare has its Workers trust, beside those whom everybody trusts.
  vi.stubEnv('NODE_EXTRA_CA_CERTS', certificate.cert);
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
  certificate[Symbol.dispose]();
});

async function run(address: string): Promise<unknown> {
  const body = JSON.stringify({ key: crypto.randomUUID(), url: `${address}/1` });
  const answer = await worker.dispatchFetch('http://worker.test/', { method: 'POST', body });
  return answer.json();
}

it('shares what is in Redis with a Worker, over a socket of its platform', { timeout: 60_000 }, async () => {
  expect(await run(`redis://127.0.0.1:${server.port}`)).toEqual({ counts: [2, 5], isSame: true, second: { n: 1 } });
  expect(server.cli('info', 'keyspace')).toMatch(/^db1:/m);
});

it('does so over TLS, with a server whose certificate can be trusted', { timeout: 60_000 }, async () => {
  const asked = `rediss://localhost:${securePort}`;
  expect(await run(asked)).toEqual({ counts: [2, 5], isSame: true, second: { n: 1 } });
  // It is a certificate of another name.
  expect(await run(asked.replace('localhost', '127.0.0.1'))).toMatchObject({ code: 'ERR_CONNECTION' });
});

it('tells a Worker that Redis is not there', { timeout: 60_000 }, async () => {
  expect(await run(`redis://127.0.0.1:${await freePort()}`)).toMatchObject({ code: 'ERR_CONNECTION' });
});
