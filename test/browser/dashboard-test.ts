import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { test as base, expect, type Page, type TestType } from '@playwright/test';
import { installPacked, repository } from '../package/packed.ts';

type Base = typeof base extends TestType<infer Test, infer Worker> ? [Test, Worker] : never;

/** The example as its user starts it, with the packed package. */
export interface Dashboard {
  /** With a slash at the end. */
  readonly url: string;
  readonly password: string;
  /** Of the program that serves it. */
  readonly pid: number;
  /** How many sockets that program has open when nobody asks for anything. */
  readonly idleSockets: number;
}

interface Shared {
  readonly dashboard: Dashboard;
}

/** The address of a job with a million items, below that of the page. */
export const MILLION = '#/job/123/1/1';

const PASSWORD = 'correct horse battery staple';

/** Copies the examples beside the installed package, starts them, and waits for the address. */
async function serve(use: (dashboard: Dashboard) => Promise<void>): Promise<void> {
  using consumer = installPacked();
  const examples = join(consumer.folder, 'examples');
  const modules = join(repository, 'examples/dashboard/node_modules');
  if (!existsSync(modules)) throw new Error('There is nothing to build the dashboard with: `npm run setup`');
  const isSource = (path: string): boolean => !/[\\/](?:node_modules|dist)$/.test(path);
  cpSync(join(repository, 'examples'), examples, { recursive: true, filter: isSource });
  cpSync(join(repository, 'tsconfig.json'), join(consumer.folder, 'tsconfig.json'));
  symlinkSync(modules, join(examples, 'dashboard/node_modules'), 'dir');
  const child: ChildProcess = spawn(process.execPath, ['examples/serve-dashboard.ts'], {
    cwd: consumer.folder,
    env: { ...process.env, PORT: '0', PASSWORD },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let said = '';
      child.stdout?.on('data', (chunk) => {
        said += String(chunk);
        const [, found] = /is at (http:\/\/\S+\/)/.exec(said) ?? [];
        if (found) resolve(found);
      });
      child.on('close', (code) => reject(new Error(`The example ended with ${code}: ${said}`)));
    });
    const pid = child.pid ?? 0;
    await use({ url, password: PASSWORD, pid, idleSockets: openSockets(pid) });
  } finally {
    child.kill();
  }
}

/** Tests with a {@link Dashboard}, which is started once. */
export const test: TestType<Base[0], Base[1] & Shared> = base.extend<Record<never, never>, Shared>({
  dashboard: [
    // biome-ignore lint/correctness/noEmptyPattern: playwright reads from it what a fixture needs
    async ({}, use) => serve(use),
    { scope: 'worker', timeout: 180_000 },
  ],
});

/** Opens the page and signs in, as a person does. */
export async function signIn(page: Page, { password, url }: Dashboard, path = ''): Promise<void> {
  await page.goto(`${url}${path}`);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
}

/** Starts a job of the spider that writes for a minute. */
export async function startJob(page: Page): Promise<void> {
  await page.getByLabel('Spider').selectOption('quotes');
  await page.getByRole('button', { name: 'Start a job' }).click();
  await expect(page.getByTestId('state')).toHaveText('running');
}

/** How many items a job's page says that it has. */
export async function itemCount(page: Page): Promise<number> {
  return Number((await page.getByTestId('count').innerText()).replace(/\D/g, ''));
}

/** Waits until all of the big job is there. */
export async function openMillion(page: Page): Promise<void> {
  await expect(page.getByTestId('count')).toHaveText('1,000,000 items', { timeout: 60_000 });
}

/** How many sockets a program has open; 0 where the system does not tell. */
export function openSockets(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  if (!existsSync(folder)) return 0;
  const isSocket = (file: string): boolean => {
    try {
      return readlinkSync(`${folder}/${file}`).startsWith('socket:');
    } catch {
      // Closed meanwhile.
      return false;
    }
  };
  return readdirSync(folder).filter(isSocket).length;
}
