/** The code of the guides: how it is found, what it may take for granted, and what it runs on. */
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from 'redis';
import * as tideway from 'tideway';
import * as cache from 'tideway/cache';
import * as crawling from 'tideway/crawl';
import { createEmulator, type Emulator } from 'tideway/emulator';
import * as fetching from 'tideway/fetcher';
import * as gateway from 'tideway/gateway';
import * as node from 'tideway/node';
import * as redis from 'tideway/redis';
import * as tide from 'tideway/tide';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** A block of code, and where it stands. */
export interface Snippet {
  readonly file: string;
  readonly heading: string;
  readonly code: string;
  /** `browser` where it needs what Node does not have: it is type-checked, and the tests in a browser do the like. */
  readonly flags: string;
}

/** The example that is a file of its own, which has a test of its own: it is run as it stands. */
const WHOLE_PROGRAM = '<!-- examples/quickstart.ts -->\n```ts\n';

export const guides: Readonly<Record<string, string>> = Object.fromEntries(
  ['README.md', 'llms.txt'].map((file) => [file, readFileSync(join(root, file), 'utf8')]),
);

/** All code in TypeScript of a guide, but for whole programs. */
export function snippetsOf(file: string): Snippet[] {
  return (guides[file] ?? '')
    .split(/^##+ /m)
    .flatMap((section) =>
      [...section.replaceAll(WHOLE_PROGRAM, '```whole\n').matchAll(/^```ts(.*)\n([\s\S]*?)^```$/gm)].map(
        ([, flags = '', code = '']) => ({ file, heading: section.split('\n', 1)[0] ?? '', code, flags: flags.trim() }),
      ),
    );
}

/** The example that is a file of its own, as the README has it. */
export function wholeProgram(): string {
  const [, rest = ''] = (guides['README.md'] ?? '').split(WHOLE_PROGRAM);
  return rest.slice(0, rest.indexOf('```'));
}

/** What a snippet may take for granted, besides its imports. */
const PRELUDE: Readonly<Record<string, string>> = {
  Product: 'interface Product { name: string; price: number }',
  cloud: "declare const cloud: import('tideway').ScrapyCloud;",
  emulator: "declare const emulator: import('tideway/emulator').Emulator;",
  fetcher: "declare const fetcher: import('tideway/fetcher').Fetcher;",
  isUnsavedRecordsError: "import { isUnsavedRecordsError } from 'tideway';",
  job: "declare const job: import('tideway').Job;",
  metrics: 'declare const metrics: { retry(code: string, delay: number): void };',
  myFetch: "declare const myFetch: import('tideway').Fetch;",
  project: "declare const project: import('tideway').Project;",
  saveElsewhere: 'declare const saveElsewhere: (records: readonly unknown[], start?: number) => Promise<void>;',
  ScrapyCloud: "import { ScrapyCloud } from 'tideway';",
  sessionToken: 'declare const sessionToken: () => Promise<string>;',
  urls: 'declare const urls: readonly string[];',
  writer: "declare const writer: import('tideway').RecordWriter<object>;",
  z: `declare const z: {
    object<T extends Record<string, unknown>>(shape: T): import('tideway').Schema<T>;
    string(): string;
    number(): number;
  };`,
};

/** A snippet as a module that can be type-checked: what it does not declare itself is declared before it. */
export function moduleOf({ code }: Snippet): string {
  const isMissing = (name: string): boolean =>
    new RegExp(`\\b${name}\\b`).test(code) &&
    !new RegExp(`(?:const|interface|using) ${name}\\b|[{,]\\s*${name}\\s*(?:\\}|,[^=]*\\}|: \\w+ \\}) (?:=|from)`).test(
      code,
    ) &&
    !new RegExp(`^import .*\\b${name}\\b`, 'm').test(code);
  const own = Object.entries(PRELUDE).filter(([name]) => isMissing(name));
  return `${own.map(([, line]) => line).join('\n')}\n${code}\nexport {};\n`;
}

/** An emulator with what the snippets speak of. */
export function openEmulator(): Emulator {
  const products = Array.from({ length: 20 }, (_, n) => ({ name: `Product ${n}`, price: n }));
  return createEmulator({
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
}

const POSTS: string = Array.from({ length: 100 }, (_, id) => `${JSON.stringify({ id })}\n`).join('');
const SITEMAP = '<urlset><url><loc>https://example.com/new</loc><lastmod>2026-02-01</lastmod></url></urlset>';

/** The network of the snippets: streams of posts, a sitemap, and for all else the emulator. */
export function networkOf(emulator: Emulator): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    if (/^https:\/\/(?:stream\.example|httpbin\.org)\//.test(request.url)) return new Response(POSTS);
    if (request.url.endsWith('/sitemap.xml')) return new Response(SITEMAP);
    return emulator.fetch(request);
  };
}

/** What {@link scriptOf} is run with: everything that can be imported, and what snippets take for granted. */
export function namesFor(
  emulator: Emulator,
  redisPort: number,
  log: (...said: unknown[]) => void,
  clients: { destroy(): void }[],
): Readonly<Record<string, unknown>> {
  const cloud = new tideway.ScrapyCloud({ auth: emulator.apiKey });
  const job = cloud.getJob('123/1/1');
  return {
    ...tideway,
    ...tide,
    ...cache,
    ...crawling,
    ...fetching,
    ...gateway,
    ...node,
    ...redis,
    createClient: () => {
      const client = createClient({ url: `redis://127.0.0.1:${redisPort}` });
      clients.push(client);
      return client;
    },
    createEmulator,
    emulator,
    cloud,
    job,
    project: cloud.getProject(123),
    fetcher: new fetching.Fetcher(),
    writer: cloud.getJob('123/1/2').items.writer(),
    urls: ['https://shop.example/1', 'https://news.example/2'],
    metrics: { retry: () => {} },
    myFetch: emulator.fetch,
    saveElsewhere: async () => {},
    sessionToken: async () => 'a token',
    // As validators make them (https://standardschema.dev).
    z: {
      object: () => ({ '~standard': { version: 1, vendor: 'none', validate: (value: unknown) => ({ value }) } }),
      string: () => 'string',
      number: () => 'number',
    },
    console: { log },
  };
}

/** A snippet as a function of its own, so that it names its variables as it likes. Waiting is cut short. */
export function scriptOf({ code }: Snippet, apiKey: string): string {
  const own = code
    .replace(/^import .*$/gm, '')
    .replaceAll("'APIKEY'", JSON.stringify(apiKey))
    .replaceAll("'crawl.jsonl'", JSON.stringify(join(tmpdir(), `tideway-${crypto.randomUUID()}.jsonl`)))
    .replaceAll('follow: true', 'follow: { interval: 5 }')
    .replaceAll('timeout: 3_600_000', 'timeout: 3_600_000, interval: 5');
  return `async function snippet() {${own}}`;
}
