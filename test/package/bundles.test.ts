import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Consumer, installPacked, run } from './packed.ts';

let consumer: Consumer;

beforeAll(() => {
  consumer = installPacked();
}, 60_000);

afterAll(() => consumer?.[Symbol.dispose]());

/** What a bundler makes of a program: the code that a page loads at once, and what it loads later or never. */
interface Bundle {
  readonly first: string;
  readonly all: string;
}

type Bundler = (program: string) => Promise<Bundle>;

async function withEsbuild(program: string): Promise<Bundle> {
  const { build } = await import('esbuild');
  const { metafile, outputFiles } = await build({
    stdin: { contents: program, resolveDir: consumer.folder, sourcefile: 'program.js' },
    absWorkingDir: consumer.folder,
    outdir: 'out',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const text = new Map(outputFiles.map((file) => [file.path, file.text]));
  const first = new Set<string>();
  const visit = (path: string): void => {
    if (first.has(path)) return;
    first.add(path);
    for (const { kind, path: to } of metafile.outputs[path]?.imports ?? []) if (kind === 'import-statement') visit(to);
  };
  // What is loaded later has an entry of its own.
  visit(Object.keys(metafile.outputs).find((path) => metafile.outputs[path]?.entryPoint === 'program.js') ?? '');
  return {
    first: [...first].map((path) => text.get(join(consumer.folder, path))).join('\n'),
    all: [...text.values()].join('\n'),
  };
}

/** For rollup and rolldown, which find packages by plugins. */
const virtual = (program: string) => ({
  name: 'program',
  resolveId: (id: string) => {
    if (id === 'program') return '\0program';
    const { exports } = consumer.manifest;
    const target = exports[id.replace('tideway', '.')];
    if (typeof target !== 'object') return undefined;
    return { id: join(consumer.root, target.default), moduleSideEffects: consumer.manifest.sideEffects };
  },
  load: (id: string) => (id === '\0program' ? program : undefined),
});

interface Chunk {
  readonly type: 'chunk';
  readonly code: string;
  readonly fileName: string;
  readonly isEntry: boolean;
  readonly imports: readonly string[];
}

function bundleOf(output: readonly (Chunk | { readonly type: 'asset' })[]): Bundle {
  const chunks = output.filter((one) => one.type === 'chunk');
  const first = new Set<Chunk>();
  const visit = (chunk: Chunk | undefined): void => {
    if (!chunk || first.has(chunk)) return;
    first.add(chunk);
    for (const name of chunk.imports) visit(chunks.find(({ fileName }) => fileName === name));
  };
  for (const chunk of chunks) if (chunk.isEntry) visit(chunk);
  const join = (some: Iterable<Chunk>): string => [...some].map(({ code }) => code).join('\n');
  return { first: join(first), all: join(chunks) };
}

async function withRollup(program: string): Promise<Bundle> {
  const { rollup } = await import('rollup');
  const external = ['ky', '@msgpack/msgpack', 'http-cache-semantics', 'idb-keyval'];
  const bundle = await rollup({ input: 'program', plugins: [virtual(program)], external, logLevel: 'silent' });
  return bundleOf((await bundle.generate({ format: 'es' })).output);
}

async function withRolldown(program: string): Promise<Bundle> {
  const { rolldown } = await import('rolldown');
  const external = ['ky', '@msgpack/msgpack', 'http-cache-semantics', 'idb-keyval'];
  const bundle = await rolldown({ input: 'program', plugins: [virtual(program)], external, logLevel: 'silent' });
  return bundleOf((await bundle.generate({ format: 'es' })).output);
}

const bundlers: readonly (readonly [name: string, bundle: Bundler])[] = [
  ['esbuild', withEsbuild],
  ['rollup', withRollup],
  ['rolldown', withRolldown],
];

/** The classes that a text declares, of those given. */
function declared(text: string, names: readonly string[]): string[] {
  return names.filter((name) => new RegExp(`\\bclass ${name}\\b|\\b${name} = class\\b`).test(text));
}

const resources = [
  'Activity',
  'Collection',
  'Collections',
  'Frontier',
  'Frontiers',
  'FrontierSlot',
  'Items',
  'Job',
  'JobMetadata',
  'Jobs',
  'Logs',
  'Project',
  'Projects',
  'Requests',
  'Samples',
  'ScrapyCloud',
  'Settings',
  'Spider',
  'Spiders',
];

const use = (names: string): string => `import { ${names} } from 'tideway';\nconsole.log(${names});\n`;

describe.each(bundlers)('a bundle by %s', (_, bundle) => {
  test('has all resources when they are all used', async () => {
    const { first } = await bundle(use(`Connection, ${resources.join(', ')}`));
    expect(declared(first, [...resources, 'Connection', 'Records'])).toEqual([...resources, 'Connection', 'Records']);
  });

  test.each([
    ['Items', ['Items']],
    ['Logs', ['Logs']],
    ['Requests', ['Requests']],
    ['Samples', ['Samples']],
    ['JobMetadata', ['JobMetadata']],
    ['Collection', ['Collection']],
    ['FrontierSlot', ['FrontierSlot']],
    ['Job', ['Items', 'Job', 'JobMetadata', 'Logs', 'Requests', 'Samples']],
  ])('of %s has no resource that it does not need', async (name, needed) => {
    const { all } = await bundle(use(`Connection, ${name}`));
    expect(declared(all, resources)).toEqual(needed);
  });

  test('of all projects has all that they lead to, and no client', async () => {
    const { all } = await bundle(use('Connection, Projects'));
    expect(declared(all, resources)).toEqual(resources.filter((name) => name !== 'ScrapyCloud'));
  });

  test('loads the code of special reads, and of what goes wrong, later', async () => {
    const { all, first } = await bundle(use('ScrapyCloud'));
    // Of schemas, of ranges, of refusals, of commands, of lists of projects, of downloads and of counts: what each of
    // them asks for by name.
    const names = ['does not fit the schema', 'input_bytes', 'non_field_errors', 'startjob'];
    // Of bodies, of redirects and of records that are cut: loaded beside the first request.
    const beside = ['went on with no byte', 'which was not followed', 'ended inside a record'];
    for (const name of [...names, 'listprojects', 'include_headers', 'nextstart', ...beside]) {
      expect(all).toContain(name);
      expect(first).not.toContain(name);
    }
  });

  test('of one guard has nothing of the network', async () => {
    const { first } = await bundle(use('isNotFoundError'));
    expect(first).toContain('ERR_NOT_FOUND');
    expect(declared(first, [...resources, 'Connection', 'Records', 'BodyReader', 'JsonLines'])).toEqual([]);
    expect(first.length).toBeLessThan(8000);
  });

  test('of a program that uses nothing of the package is empty', async () => {
    const { first } = await bundle(
      "import { ScrapyCloud } from 'tideway';\nimport { createEmulator } from 'tideway/emulator';\n",
    );
    const code = first.replace(/^\s*\/\/.*$/gm, '');
    expect(code).not.toMatch(/class|function|=>|new /);
    expect(code.length).toBeLessThan(1000);
  });

  test('of the client has no emulator, and of the emulator no client', async () => {
    const emulated = ['World', 'SpiderRunner', 'RecordStore'];
    const client = await bundle(use('ScrapyCloud'));
    expect(declared(client.all, emulated)).toEqual([]);
    expect(client.all).not.toContain('msgpack/');
    const server = await bundle("import { createEmulator } from 'tideway/emulator';\nconsole.log(createEmulator);\n");
    expect(declared(server.all, emulated)).toEqual(emulated);
    // The emulator has jobs, projects and spiders of its own.
    expect(declared(server.all, ['Connection', 'Items', 'Jobs', 'Records', 'ScrapyCloud', 'Spiders'])).toEqual([]);
  });

  test('of a cache in memory has no database, and loads the rules of HTTP later', async () => {
    const names = 'cachedFetch, memoryCache';
    const { all, first } = await bundle(`import { ${names} } from 'tideway/cache';\nconsole.log(${names});\n`);
    expect(all).not.toMatch(/\bindexedDB\b|\bcaches\.open\b/);
    expect(all).toContain('must-revalidate');
    expect(first).not.toContain('must-revalidate');
    expect(declared(all, [...resources, 'Connection', 'Records'])).toEqual([]);
  });
});

/** Writes a bundle to disk, and answers with the paths of the program and of what its calls load when they need it. */
async function writeBundle(
  program: string,
): Promise<{ readonly first: string; readonly later: string; readonly beside: readonly string[] }> {
  const { build } = await import('esbuild');
  const { metafile } = await build({
    stdin: { contents: program, resolveDir: consumer.folder, sourcefile: 'program.js' },
    absWorkingDir: consumer.folder,
    outdir: 'page',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    metafile: true,
    logLevel: 'silent',
  });
  const outputs = Object.entries(metafile.outputs);
  const first = outputs.find(([, { entryPoint }]) => entryPoint === 'program.js')?.[0] ?? '';
  const later = outputs.find(([path]) => basename(path).startsWith('later-'))?.[0] ?? '';
  const beside = outputs
    .map(([path]) => path)
    .filter((path) => /^(body-reader|reading|resuming)-/.test(basename(path)));
  return { first, later, beside };
}

describe('a page that loses its network before it has loaded the code of a call', () => {
  test('is told so by a ConnectionError, loses nothing, and loads it with a later call', async () => {
    const { first, later } = await writeBundle(`
      import { ScrapyCloud } from 'tideway';
      const sent = [];
      const answer = async (request) => {
        sent.push(request.method + ' ' + new URL(request.url).pathname);
        if (request.method === 'POST') return new Response('');
        const isList = request.url.includes('listprojects');
        return new Response(isList ? '{"status":"ok","projects":[1]}' : '{"totals":{"input_values":0}}');
      };
      const cloud = new ScrapyCloud({ auth: 'key', fetch: answer });
      const { items } = cloud.getJob('1/2/3');
      const writer = items.writer({ contentEncoding: 'identity' });
      globalThis.page = {
        attempt: async () => {
          const calls = {
            list: () => cloud.projects.list(),
            read: () => items.iter({ parallel: 2 }).toArray(),
            download: () => new Response(items.download({ format: 'jl' })).text(),
            write: () => writer.write({ x: 1 }),
            update: () => cloud.getJob('1/2/3').metadata.set('field', 1),
          };
          const outcomes = {};
          for (const [name, call] of Object.entries(calls)) {
            outcomes[name] = await call().then(() => 'done', (error) => [error.code, error.cause instanceof Error]);
          }
          return { outcomes, pending: writer.pending, sent: sent.length };
        },
        end: async () => {
          await cloud.close();
          return sent.filter((line) => line.startsWith('POST /items'));
        },
      };
    `);
    const away = `${later}.away`;
    const driver = `
      import { renameSync } from 'node:fs';
      renameSync('${later}', '${away}');
      await import('./${first}');
      const without = await page.attempt();
      renameSync('${away}', '${later}');
      console.log(JSON.stringify({ without, having: await page.attempt(), posted: await page.end() }));
    `;
    const outcome = JSON.parse(run(process.execPath, ['--input-type=module', '-e', driver], consumer.folder));
    const lost = ['ERR_CONNECTION', true];
    expect(outcome.without).toEqual({
      outcomes: { list: lost, read: lost, download: lost, write: lost, update: lost },
      pending: 0,
      sent: 0,
    });
    expect(outcome.having.outcomes).toEqual({
      list: 'done',
      read: 'done',
      download: 'done',
      write: 'done',
      update: 'done',
    });
    expect(outcome.posted).toEqual(['POST /items/1/2/3']);
  });
});

describe('a page that cannot load what reads answers', () => {
  const program = `
    import { Connection, Items } from 'tideway';
    globalThis.read = (fetch) => {
      const items = new Items(new Connection({ auth: 'key', fetch, retry: false }), '1/2/3');
      return items.list().catch(({ code, message }) => [code, message]);
    };
  `;
  /** Runs a script in a process of its own, in which some files of the page can be taken away and put back. */
  const drive = async (script: string): Promise<unknown> => {
    const { beside, first } = await writeBundle(program);
    expect(beside).toHaveLength(3);
    const driver = `
      import { renameSync } from 'node:fs';
      const files = ${JSON.stringify(beside)};
      const take = (some = files) => { for (const file of some) renameSync(file, file + '.away'); };
      const put = (some = files) => { for (const file of some) renameSync(file + '.away', file); };
      const answer = async () => new Response('{"x":1}\\n');
      take();
      await import('./${first}');
      ${script}
    `;
    return JSON.parse(run(process.execPath, ['--input-type=module', '-e', driver], consumer.folder));
  };

  test('is told so, and reads when it can', async () => {
    const outcomes = await drive(`
      const without = await read(answer);
      put();
      console.log(JSON.stringify([without, await read(answer)]));
    `);
    expect(outcomes).toEqual([['ERR_CONNECTION', 'The code that this call needs was not loaded'], [{ x: 1 }]]);
  });

  test('is told what became of its request where that failed, too', async () => {
    const outcome = await drive(`
      const outcome = await read(async () => { throw new TypeError('fetch failed'); });
      put();
      console.log(JSON.stringify(outcome));
    `);
    expect(outcome).toEqual(['ERR_CONNECTION', 'GET /items/1/2/3 got no answer']);
  });

  test('asks for it again when an answer shows that the network is back', async () => {
    const outcome = await drive(`
      const late = async () => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        put();
        return answer();
      };
      console.log(JSON.stringify(await read(late)));
    `);
    expect(outcome).toEqual([{ x: 1 }]);
  });
});
