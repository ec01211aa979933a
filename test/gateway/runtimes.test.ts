import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { ScrapyCloud } from 'tideway';
import { createEmulator } from 'tideway/emulator';
import { type EmulatorServer, serveEmulator } from 'tideway/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Consumer, installPacked, repository } from '../package/packed.ts';

const SIZE = 5_000;
const PASSWORD = 'correct horse battery staple';

/** What a test needs of miniflare, which has a package of its own with the other runtimes. */
interface Worker {
  readonly ready: Promise<URL>;
  dispose(): Promise<void>;
}

interface Running extends AsyncDisposable {
  readonly url: string;
}

let consumer: Consumer;
let upstream: EmulatorServer;
/** Of the requests that reached the server: each is aborted when its connection ends. */
const signals: AbortSignal[] = [];

beforeAll(async () => {
  consumer = installPacked();
  cpSync(join(repository, 'examples/gateway'), join(consumer.folder, 'gateway'), { recursive: true });
  const items = Array.from({ length: SIZE }, (_, n) => ({ n }));
  const jobs = [
    { spider: 'shop', items },
    { spider: 'shop', state: 'running' as const },
  ];
  const emulator = createEmulator({ projects: [123, 456], seed: { jobs } });
  const handle = (request: Request): Promise<Response> => {
    signals.push(request.signal);
    return emulator.handle(request);
  };
  upstream = await serveEmulator({ emulator: { ...emulator, handle } });
}, 120_000);

afterAll(async () => {
  consumer?.[Symbol.dispose]();
  await upstream?.close();
});

function environment(): Record<string, string> {
  return {
    SH_APIKEY: upstream.emulator.apiKey,
    TOKEN_SECRET: 'a secret of the tests, which is long enough',
    PASSWORD,
    PROJECTS: '123',
    STORAGE_ENDPOINT: upstream.endpoint,
    DASH_ENDPOINT: upstream.dashEndpoint,
  };
}

function installed(name: string): string {
  const command = join(repository, 'test/runtimes/node_modules/.bin', name);
  if (existsSync(command)) return command;
  throw new Error(`There is no ${name} to run the gateway in: \`npm run setup\` installs it`);
}

/** Starts a program that says where it listens. */
async function startProgram(program: string, args: readonly string[]): Promise<Running> {
  const child: ChildProcess = spawn(program, args, {
    cwd: consumer.folder,
    env: { PATH: process.env.PATH, HOME: consumer.folder, PORT: '0', NO_COLOR: '1', ...environment() },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: some commands start the program that listens.
    detached: true,
  });
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: unknown): void => {
      said += String(chunk);
      const [, found] = /Listening on (http:\/\/[\w.:]+)/.exec(said) ?? [];
      if (found) resolve(found);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.on('close', (code) => reject(new Error(`It ended with ${code}: ${said}`)));
  });
  const dispose = async (): Promise<void> => {
    const closed = new Promise((resolve) => child.once('close', resolve));
    if (child.pid !== undefined) process.kill(-child.pid);
    await closed;
  };
  return { url, [Symbol.asyncDispose]: dispose };
}

/** Starts the Worker, bundled as wrangler bundles it, in workerd. */
async function startWorker(): Promise<Running> {
  const outfile = join(consumer.folder, 'worker.bundle.js');
  await build({
    absWorkingDir: consumer.folder,
    entryPoints: ['gateway/worker.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    logLevel: 'warning',
  });
  const load = createRequire(fileURLToPath(new URL('../runtimes/', import.meta.url)));
  const { Miniflare } = load('miniflare') as { Miniflare: new (options: object) => Worker };
  const worker = new Miniflare({
    modules: [{ type: 'ESModule', path: 'worker.js', contents: readFileSync(outfile, 'utf8') }],
    compatibilityDate: '2026-07-01',
    compatibilityFlags: ['enable_request_signal'],
    bindings: environment(),
  });
  const { origin } = await worker.ready;
  return { url: origin, [Symbol.asyncDispose]: () => worker.dispose() };
}

const runtimes: readonly { readonly name: string; readonly start: () => Promise<Running> }[] = [
  { name: 'Node', start: () => startProgram(process.execPath, ['gateway/node.ts']) },
  {
    name: 'Deno',
    start: () =>
      startProgram(installed('deno'), [
        ...['run', '--allow-net=127.0.0.1', '--allow-env', '--allow-read', '--node-modules-dir=manual', '--no-remote'],
        'gateway/deno.ts',
      ]),
  },
  { name: 'Bun', start: () => startProgram(installed('bun'), ['run', 'gateway/bun.ts']) },
  { name: 'workerd', start: startWorker },
];

describe.each(runtimes)('examples/gateway in $name', ({ start }) => {
  let running: Running;
  let url = '';
  const getToken = async (): Promise<string> => {
    const answer = await session({ body: JSON.stringify({ password: PASSWORD }) });
    return ((await answer.json()) as { token: string }).token;
  };
  const session = (init: RequestInit): Promise<Response> => fetch(`${url}/session`, { method: 'POST', ...init });

  beforeAll(async () => {
    running = await start();
    url = running.url;
  }, 60_000);

  afterAll(async () => {
    await running?.[Symbol.asyncDispose]();
  });

  test('signs in who knows the password, and renews a token for the cookie', async () => {
    expect((await session({ body: '{"password":""}' })).status).toBe(401);
    expect((await session({ body: '{"password":"wrong"}' })).status).toBe(401);
    expect((await session({ body: 'nonsense' })).status).toBe(401);
    expect((await session({})).status).toBe(401);
    const elsewhere = { origin: 'https://evil.example' };
    expect((await session({ body: JSON.stringify({ password: PASSWORD }), headers: elsewhere })).status).toBe(403);
    const first = await session({ body: JSON.stringify({ password: PASSWORD }) });
    expect(first.status).toBe(200);
    expect(await first.json()).toMatchObject({ projects: [123], token: expect.stringContaining('tideway-1.') });
    const given = first.headers.get('set-cookie') ?? '';
    expect(given).toMatch(/HttpOnly; SameSite=Strict; Secure$/);
    const cookie = given.split(';', 1)[0] ?? '';
    expect((await session({ headers: { cookie } })).status).toBe(200);
    expect((await session({ headers: { cookie: `${cookie}x` } })).status).toBe(401);
    expect((await session({ method: 'DELETE' })).headers.get('set-cookie')).toContain('Max-Age=0');
  });

  test('streams both ways for the SDK, and opens no other project', async () => {
    const token = await getToken();
    const cloud = new ScrapyCloud({
      auth: () => `Bearer ${token}`,
      endpoint: `${url}/api/storage/`,
      dashEndpoint: `${url}/api/dash/`,
      retry: false,
    });
    let count = 0;
    for await (const { n } of cloud.getJob('123/1/1').items.iter<{ n: number }>()) expect(n).toBe(count++);
    expect(count).toBe(SIZE);
    const { items } = cloud.getJob('123/1/2');
    const { totals } = await items.stats();
    const before = totals.input_values ?? 0;
    for (let n = 0; n < 2_500; n++) await items.write({ n });
    await items.close();
    expect(await items.list()).toHaveLength(before + 2_500);
    const job = await cloud.getProject(123).jobs.run('shop', { jobArgs: { at: url } });
    expect(await job.cancel()).toBe(true);
    await expect(cloud.getProject(456).jobs.list()).rejects.toMatchObject({ code: 'ERR_FORBIDDEN' });
    await cloud.close();
  });

  test('breaks off where the server does: a read goes on behind its last record', async () => {
    const token = await getToken();
    const options = { auth: () => `Bearer ${token}`, endpoint: `${url}/api/storage/` };
    const cloud = new ScrapyCloud(options);
    upstream.emulator.faults.push({ path: '/items/123/1/1', times: 1, cutAfterRecords: 1_234 });
    const records = cloud.getJob('123/1/1').items.iter<{ n: number }>();
    let count = 0;
    for await (const { n } of records) expect(n).toBe(count++);
    expect(count).toBe(SIZE);
    expect(records.progress.resumes).toBe(1);
    await cloud.close();
  });

  test('lets go of the server when the client leaves in the middle of an answer', async () => {
    const token = await getToken();
    upstream.emulator.faults.push({ path: '/items/123/1/1', times: 1, recordsPerSecond: 50 });
    const controller = new AbortController();
    const answer = await fetch(`${url}/api/storage/items/123/1/1`, {
      headers: { authorization: `Bearer ${token}` },
      signal: controller.signal,
    });
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    expect((await reader.read()).value?.length).toBeGreaterThan(0);
    const signal = signals.at(-1);
    expect(signal?.aborted).toBe(false);
    controller.abort();
    await expect.poll(() => signal?.aborted, { timeout: 10_000 }).toBe(true);
    await reader.read().catch(() => {});
  });

  test('refuses paths with tricks and tokens of its own sessions', async () => {
    const answer = await session({ body: JSON.stringify({ password: PASSWORD }) });
    const { token } = (await answer.json()) as { token: string };
    const cookie = (answer.headers.get('set-cookie') ?? '').replace(/^[^=]*=([^;]*).*/, '$1');
    const ask = async (path: string, bearer: string): Promise<number> =>
      (await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${bearer}` } })).status;
    expect(await ask('/api/storage/items/123/1/1?count=1', token)).toBe(200);
    expect(await ask('/api/storage/items/123/1/1?count=1', cookie)).toBe(401);
    expect(await ask('/api/storage/items/123/..%2f..%2f456', token)).toBe(403);
    expect(await ask('/api/storage//items/123/1/1', token)).toBe(403);
    expect(await ask('/elsewhere', token)).toBe(404);
  });
});
