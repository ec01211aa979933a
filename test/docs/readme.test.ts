import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from 'esbuild';
import * as tideway from 'tideway';
import type { Emulator } from 'tideway/emulator';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RedisServer, startRedis } from '../helpers/redis-server.ts';
import {
  guides,
  moduleOf,
  namesFor,
  networkOf,
  openEmulator,
  root,
  scriptOf,
  snippetsOf,
  wholeProgram,
} from './snippets.ts';

const { 'README.md': readme = '', 'llms.txt': forModels = '' } = guides;
const snippets = [...snippetsOf('README.md'), ...snippetsOf('llms.txt')];
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

describe('README.md', () => {
  it('has the example that npm start runs', () => {
    expect(wholeProgram()).toBe(readFileSync(join(root, 'examples/quickstart.ts'), 'utf8'));
  });

  it('names how to install, start and test it on its first screen', () => {
    const firstScreen = readme.split('\n').slice(0, 30).join('\n');
    expect(firstScreen).toContain('npm install tideway');
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

  it('says when it was measured, on what, and how to repeat it', () => {
    const [, benchmarks = ''] = readme.split('## Benchmarks');
    expect(benchmarks).toMatch(/On \d{4}-\d\d-\d\d, \d+ cores of .*, Node \d+/);
    expect(benchmarks).toContain('`npm run bench`');
  });

  it('has links that lead somewhere', () => {
    const slugs = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    const links = [...`${readme}${forModels}`.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);
    expect(links.length).toBeGreaterThan(5);
    for (const target of links.filter((one) => !one.startsWith('https:'))) {
      if (target.startsWith('#')) expect(slugs).toContain(target.slice(1));
      else expect(() => readFileSync(join(root, target)), target).not.toThrow();
    }
  });
});

describe('The guides', () => {
  it('have no code but what is tested, and commands that there are', () => {
    for (const guide of Object.values(guides)) {
      const languages = [...guide.matchAll(/^```(\w+)/gm)].map(([, language]) => language);
      expect(languages.filter((language) => language !== 'ts' && language !== 'sh')).toEqual([]);
      for (const [, script = ''] of guide.matchAll(/\bnpm run ([\w:]+)/g))
        expect(Object.keys(scripts)).toContain(script);
    }
    expect(snippets.filter(({ flags }) => flags !== '' && flags !== 'browser')).toEqual([]);
  });

  it('have snippets that type-check', { timeout: 180_000 }, () => {
    const folder = mkdtempSync(join(root, 'test', 'docs', 'snippets-'));
    try {
      const files = snippets.map((snippet, index) => {
        const file = join(folder, `snippet-${index + 1}.ts`);
        writeFileSync(file, moduleOf(snippet));
        return file;
      });
      const config = { extends: join(root, 'tsconfig.json'), files, include: [] };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
      expect(spawnSync('tsc', ['-p', folder], { encoding: 'utf8' })).toMatchObject({ stdout: '', status: 0 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  describe('have snippets that run', () => {
    let emulator: Emulator;
    let server: RedisServer;
    const clients: { destroy(): void }[] = [];

    beforeAll(async () => {
      server = await startRedis();
    });

    afterAll(() => server?.close());

    beforeEach(() => {
      emulator = openEmulator();
      vi.stubGlobal('fetch', networkOf(emulator));
    });

    afterEach(async () => {
      vi.unstubAllGlobals();
      for (const client of clients.splice(0)) client.destroy();
      await emulator.close();
    });

    const runnable = snippets.flatMap((snippet, index) =>
      snippet.flags === '' ? { title: `${index + 1}, ${snippet.file}: ${snippet.heading}`, snippet } : [],
    );
    it.each(runnable)('$title', async ({ snippet }) => {
      const log = vi.fn();
      const names = namesFor(emulator, server.port, log, clients);
      const { code } = await transform(scriptOf(snippet, emulator.apiKey), { loader: 'ts', target: 'es2022' });
      const run = new Function(...Object.keys(names), `${code}; return snippet();`);
      await expect(run(...Object.values(names))).resolves.toBeUndefined();
      if (/^\s*(?:for .*)?console\.log/m.test(snippet.code)) expect(log).toHaveBeenCalled();
    });
  });
});

/** Name and code of a class, without knowing its arguments. */
function read(errorClass: typeof tideway.TidewayError): { name: string; code: string } {
  const { name, code } = Reflect.construct(errorClass, [{}, [], 0]) as tideway.TidewayError;
  return { name, code };
}
