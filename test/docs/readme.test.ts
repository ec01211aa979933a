import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { createClient } from 'redis';
import * as tideway from 'tideway';
import * as cache from 'tideway/cache';
import * as crawling from 'tideway/crawl';
import { createEmulator, type Emulator } from 'tideway/emulator';
import * as fetcher from 'tideway/fetcher';
import * as gateway from 'tideway/gateway';
import * as redis from 'tideway/redis';
import * as tide from 'tideway/tide';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RedisServer, startRedis } from '../helpers/redis-server.ts';

const root: string = fileURLToPath(new URL('../..', import.meta.url));
const readme: string = readFileSync(join(root, 'README.md'), 'utf8');

interface Snippet {
  readonly heading: string;
  readonly code: string;
  /** `no-run` where it names things of the reader's own. */
  readonly flags: string;
}

const snippets: Snippet[] = readme.split(/^##+ /m).flatMap((section) =>
  [...section.matchAll(/^```ts(.*)\n([\s\S]*?)^```$/gm)].map(([, flags = '', code = '']) => ({
    heading: section.split('\n', 1)[0] ?? '',
    code,
    flags: flags.trim(),
  })),
);
const runnable: Snippet[] = snippets.filter(({ code, flags }) => flags === '' && !code.includes('tideway/node'));

/** What the snippets may take for granted. */
const PRELUDE = `
interface Product { name: string; price: number }
declare const cloud: import('tideway').ScrapyCloud;
declare const job: import('tideway').Job;
declare const project: import('tideway').Project;
`;

describe('README.md', () => {
  it('begins with the example that npm start runs', () => {
    expect(snippets[0]?.code).toBe(readFileSync(join(root, 'examples/quickstart.ts'), 'utf8'));
  });

  it('names both commands on its first screen', () => {
    const firstScreen = readme.split('\n').slice(0, 30).join('\n');
    expect(firstScreen).toContain('npm ci && npm start');
    expect(firstScreen).toContain('npm run setup && npm test');
  });

  it('lists every error with its code', () => {
    const classes = Object.values(tideway).filter(
      (value): value is typeof tideway.TidewayError =>
        typeof value === 'function' && value.prototype instanceof tideway.TidewayError,
    );
    expect(classes.length).toBeGreaterThan(20);
    for (const { name, code } of classes.map((one) => read(one))) {
      expect(readme, name).toContain(`\`${name}\``);
      expect(readme, name).toContain(`\`${code}\``);
    }
  });

  it('has snippets that type-check', { timeout: 60_000 }, () => {
    const folder = mkdtempSync(join(root, 'test', 'docs', 'snippets-'));
    try {
      const files = runnable.map(({ code }, index) => {
        const file = join(folder, `snippet-${index}.ts`);
        const own = PRELUDE.split('\n').filter((line) => {
          const name = /(?:const|interface) (\w+)/.exec(line)?.[1];
          return !name || !new RegExp(`(?:const|interface) ${name}\\b`).test(code);
        });
        writeFileSync(file, `${own.join('\n')}\n${code}\nexport {};\n`);
        return file;
      });
      const config = { extends: join(root, 'tsconfig.json'), files, include: [] };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
      expect(spawnSync('tsc', ['-p', folder], { encoding: 'utf8' })).toMatchObject({ stdout: '', status: 0 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  describe('has snippets that run', () => {
    let emulator: Emulator;
    let server: RedisServer;
    const clients: { destroy(): void }[] = [];

    beforeAll(async () => {
      server = await startRedis();
    });

    afterAll(() => server?.close());

    beforeEach(() => {
      const products = Array.from({ length: 20 }, (_, n) => ({ name: `Product ${n}`, price: n }));
      emulator = createEmulator({
        projects: [123],
        spiders: {
          products: async ({ items, logs }) => {
            logs.info('done');
            await items.write({ name: 'new', price: 1 });
          },
        },
        seed: {
          spiders: ['products'],
          jobs: [
            { spider: 'products', items: products, logs: [{ message: 'a' }, { message: 'b', level: 40 }] },
            { spider: 'products', meta: { tags: ['daily'] } },
          ],
        },
      });
      const posts = Array.from({ length: 100 }, (_, id) => `${JSON.stringify({ id })}\n`).join('');
      const isStream = ({ url }: Request): boolean => /^https:\/\/(stream\.example|httpbin\.org)\//.test(url);
      vi.stubGlobal('fetch', async (request: Request) =>
        isStream(request) ? new Response(posts) : emulator.fetch(request),
      );
    });

    afterEach(async () => {
      vi.unstubAllGlobals();
      for (const client of clients.splice(0)) client.destroy();
      await emulator.close();
    });

    it.each(runnable.map(({ heading, code }, index) => ({ title: `${index + 1}: ${heading}`, code })))(
      '$title',
      async ({ code }) => {
        const cloud = new tideway.ScrapyCloud({ auth: emulator.apiKey });
        const log = vi.fn();
        const names = {
          ...tideway,
          ...tide,
          ...cache,
          ...crawling,
          ...fetcher,
          ...gateway,
          ...redis,
          createClient: () => {
            const client = createClient({ url: `redis://127.0.0.1:${server.port}` });
            clients.push(client);
            return client;
          },
          createEmulator,
          cloud,
          job: cloud.getJob('123/1/1'),
          project: cloud.getProject(123),
          console: { log },
        };
        // A function of its own, so that it names its variables as it likes. Waiting is cut short.
        const own = code
          .replace(/^import .*$/gm, '')
          .replaceAll("'APIKEY'", JSON.stringify(emulator.apiKey))
          .replaceAll('follow: true', 'follow: { interval: 5 }')
          .replaceAll('timeout: 3_600_000', 'timeout: 3_600_000, interval: 5');
        const { code: script } = await transform(`async function snippet() {${own}}`, {
          loader: 'ts',
          target: 'es2022',
        });
        const run = new Function(...Object.keys(names), `${script}; return snippet();`);
        await expect(run(...Object.values(names))).resolves.toBeUndefined();
        if (code.includes('console.log')) expect(log).toHaveBeenCalled();
      },
    );
  });
});

/** Name and code of a class, without knowing its arguments. */
function read(errorClass: typeof tideway.TidewayError): { name: string; code: string } {
  const { name, code } = Reflect.construct(errorClass, [{}, [], 0]) as tideway.TidewayError;
  return { name, code };
}
