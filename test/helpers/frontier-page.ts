import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test';
import { build } from 'esbuild';
import { ConfigurationError, QueueFullError } from 'tideway';
import type * as crawling from 'tideway/crawl';
import type { Frontier, FrontierInput, FrontierLease, FrontierOptions } from 'tideway/crawl';
import { FetchTask } from 'tideway/fetcher';
import config from '../../playwright.config.ts';
import { startServer, type TestServer } from './server.ts';

/** What the program of a page leaves in its scope. */
type Scope = typeof globalThis & { readonly crawling: typeof crawling; readonly frontiers: Map<string, Frontier> };

/** An answer of a page: what was thrown comes as text. */
interface Answer {
  readonly value?: unknown;
  readonly code?: string;
  readonly message?: string;
}

/** Pages in a real browser whose frontiers can be called from here. */
export interface FrontierBrowser extends AsyncDisposable {
  open(): Promise<Page>;
}

/** Starts Chromium, with a site that has the sources of `tideway/crawl`. */
export async function openFrontierBrowser(): Promise<FrontierBrowser> {
  const bundle = await build({
    entryPoints: [new URL('../../src/crawl/index.ts', import.meta.url).pathname],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'crawling',
    target: 'es2022',
  });
  const script = `${bundle.outputFiles[0]?.text}\nglobalThis.crawling = crawling; globalThis.frontiers = new Map();`;
  const server: TestServer = await startServer((response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script>${script}</script>`);
  });
  const browser: Browser = await chromium.launch(config.use?.launchOptions);
  const context: BrowserContext = await browser.newContext();
  return {
    open: async () => {
      const page = await context.newPage();
      await page.goto(server.url);
      return page;
    },
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      await server.close();
    },
  };
}

/** The frontier of a name in a page, as if it were here. */
export async function frontierIn(page: Page, name: string, options: FrontierOptions = {}): Promise<Frontier> {
  const { fingerprint, ...rest } = options;
  const given = { name, rest, fingerprint: typeof fingerprint === 'function' ? `(${fingerprint})` : fingerprint };
  await page.evaluate(({ fingerprint: kind, name: own, rest: others }) => {
    const { crawling: entry, frontiers } = globalThis as Scope;
    // biome-ignore lint/security/noGlobalEval: a function crosses over to the page as its text
    const made = kind?.startsWith('(') ? eval(kind) : kind;
    frontiers.set(own, entry.indexedDbFrontier(own, { ...others, ...(made && { fingerprint: made }) }));
  }, given);

  const call = async <T>(method: keyof Frontier, ...given: readonly unknown[]): Promise<T> => {
    const answer = await page.evaluate(
      async ([own, called, values]) => {
        const frontier = (globalThis as Scope).frontiers.get(own) as unknown as Record<
          string,
          (...all: unknown[]) => unknown
        >;
        try {
          return { value: await frontier[called]?.(...values) } as Answer;
        } catch (error) {
          const { code, message } = error as { code?: string; message: string };
          return { code: code ?? 'none', message };
        }
      },
      [name, method, given] as const,
    );
    if (answer.code === undefined) return answer.value as T;
    if (answer.code === 'ERR_QUEUE_FULL') throw new QueueFullError(answer.message ?? '');
    throw answer.code === 'ERR_CONFIGURATION'
      ? new ConfigurationError(answer.message ?? '')
      : new Error(answer.message);
  };
  let dueIn: number | undefined;
  const plain = (input: unknown): unknown =>
    input instanceof FetchTask ? input.toJSON() : input instanceof URL ? input.href : input;
  return {
    add: (tasks) => call('add', isList(tasks) ? [...tasks].map(plain) : plain(tasks)),
    lease: async (n, leased) => {
      const leases = await call<FrontierLease[]>('lease', n, leased);
      dueIn = (await call<number | null>('dueIn')) ?? undefined;
      return leases;
    },
    dueIn: () => dueIn,
    renew: (leases, renewed) => call('renew', leases, renewed),
    release: (leases) => call('release', leases),
    ack: (lease) => call('ack', lease),
    fail: (lease, failed) => call('fail', lease, failed),
    size: () => call('size'),
    close: () => call('close'),
  };
}

function isList(tasks: unknown): tasks is Iterable<FrontierInput> {
  return typeof tasks === 'object' && tasks !== null && Symbol.iterator in tasks;
}
