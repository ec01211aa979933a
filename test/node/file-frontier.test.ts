import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ConfigurationError, DecodeError, isConfigurationError, isQueueFullError } from 'tideway';
import type { Frontier, FrontierLease } from 'tideway/crawl';
import { fileFrontier } from 'tideway/node';
import { afterAll, describe, expect, it } from 'vitest';
import { frontierContract } from '../contracts/frontier.ts';
import { rejection, thrown } from '../helpers/rejection.ts';

const folder: string = mkdtempSync(join(tmpdir(), 'frontier-'));
const worker: string = fileURLToPath(new URL('frontier-worker.ts', import.meta.url));
const fullDisk: string = fileURLToPath(new URL('frontier-full-disk.ts', import.meta.url));
let count = 0;

/** The name of a file that there is not. */
const newPath = (): string => join(folder, `${count++}.jsonl`);

afterAll(() => rmSync(folder, { recursive: true }));

frontierContract('fileFrontier()', (options) => fileFrontier(newPath(), options));

/** Every URL that can be leased. */
async function rest(frontier: Frontier): Promise<string[]> {
  return (await frontier.lease(100_000)).map(({ task }) => task.url);
}

interface Worker {
  readonly child: ChildProcess;
  /** What it has said. */
  readonly said: string[];
  /** Resolves when it says that. */
  until(text: string): Promise<void>;
  kill(): Promise<void>;
}

function startWorker(path: string, from = 0, to = 0): Worker {
  const child = spawn(process.execPath, [worker, path, String(from), String(to)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => said.push(line));
  const end = once(lines, 'close');
  return {
    child,
    said,
    until: (text) => expect.poll(() => said, { timeout: 50_000, interval: 5 }).toContain(text),
    kill: async () => {
      child.kill('SIGKILL');
      await end;
    },
  };
}

describe('fileFrontier()', () => {
  it('remembers in another process what was added, what failed and what is done', async () => {
    const path = newPath();
    const first = fileFrontier(path, { attempts: 2 });
    await first.add(['http://a.example/1', 'http://a.example/2', 'http://a.example/3', 'http://a.example/4']);
    const leases = await first.lease(3);
    await first.ack(leases[0] as FrontierLease);
    await first.fail(leases[1] as FrontierLease);
    await first.close();
    const second = fileFrontier(path, { attempts: 2 });
    expect(await second.size()).toBe(3);
    expect(await second.add(['http://a.example/1', 'http://a.example/2'])).toBe(0);
    const again = await second.lease(10);
    // The third was leased, and is given back; the second failed once and stands behind.
    expect(again.map(({ attempt, task }) => [task.url, attempt])).toEqual([
      ['http://a.example/3', 1],
      ['http://a.example/4', 1],
      ['http://a.example/2', 2],
    ]);
    expect(await second.fail(again[2] as FrontierLease)).toBe(false);
    await second.close();
    const third = fileFrontier(path);
    expect(await third.size()).toBe(2);
    await third.close();
  });

  it('remembers from when on a task may be tried again', async () => {
    const path = newPath();
    const first = fileFrontier(path);
    await first.add('http://a.example/1');
    await first.fail((await first.lease(1))[0] as FrontierLease, { retryAt: 1_000 });
    await first.close();
    let now = 999;
    const second = fileFrontier(path, { clock: () => now });
    expect(await second.lease(1)).toEqual([]);
    now = 1_000;
    expect(await second.lease(1)).toHaveLength(1);
    await second.close();
  });

  it('opens a file that was cut at any byte: what was stored before counts, and nothing else', {
    timeout: 120_000,
  }, async () => {
    const path = newPath();
    const whole = fileFrontier(path);
    await whole.add(['http://a.example/1', { url: 'http://a.example/ä', data: 'Ω' }]);
    const [first, second] = await whole.lease(2);
    await whole.ack(first as FrontierLease);
    await whole.fail(second as FrontierLease);
    await whole.close();
    const bytes = readFileSync(path);
    const cut = newPath();
    for (let length = 0; length <= bytes.length; length++) {
      writeFileSync(cut, bytes.subarray(0, length));
      const lines = bytes.subarray(0, length).toString().split('\n').slice(1, -1);
      const added = lines.filter((line) => line.startsWith('{"add"')).length;
      const done = lines.filter((line) => line.startsWith('{"done"')).length;
      const frontier = fileFrontier(cut);
      expect(await frontier.size(), `${length} bytes`).toBe(added - done);
      await frontier.add('http://b.example/new');
      await frontier.close();
      const again = fileFrontier(cut);
      expect(await again.size(), `${length} bytes, and more`).toBe(added - done + 1);
      expect(await rest(again)).toContain('http://b.example/new');
      await again.close();
    }
  });

  it('loses nothing, and repeats nothing that is done, when its process is killed again and again', {
    timeout: 300_000,
  }, async () => {
    const path = newPath();
    const said: string[] = [];
    for (let round = 0; round < 8; round++) {
      const one = startWorker(path, round * 1_000, round * 1_000 + 1_000);
      await one.until('open');
      // Not a time: a process that is slow comes as far.
      await expect.poll(() => one.said.length, { timeout: 20_000, interval: 5 }).toBeGreaterThan(Math.random() * 60);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
      await one.kill();
      said.push(...one.said);
    }
    const frontier = fileFrontier(path);
    const left = new Set(await rest(frontier));
    const acked = new Set(said.filter((line) => line.startsWith('acked ')).map((line) => line.slice(6)));
    const added = said.filter((line) => line.startsWith('added ')).map((line) => line.slice(6));
    expect(added.length).toBeGreaterThan(8);
    expect([...acked].filter((url) => left.has(url))).toEqual([]);
    // Given up is done, too: only what was never said to have been given up must be there.
    for (const n of added) {
      for (const url of [`http://a.example/${n}`, `http://b.example/${n}`]) {
        expect(await frontier.add(url), url).toBe(0);
      }
    }
    await frontier.close();
  });

  it('is refused to a second process, and free once the first one is dead, however it died', {
    timeout: 60_000,
  }, async () => {
    const path = newPath();
    const one = startWorker(path);
    await one.until('open');
    const frontier = fileFrontier(path);
    const error = (await rejection(frontier.size())) as ConfigurationError;
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toBe(
      `Expected a file that nobody else has open, got ${path}, which process ${one.child.pid} has open`,
    );
    await one.kill();
    expect(await frontier.size()).toBe(0);
    await frontier.close();
  });

  it('is refused to a second one of the same process, also by another name of the file', async () => {
    const path = newPath();
    const frontier = fileFrontier(path);
    await frontier.add('http://a.example/1');
    expect(await rejection(fileFrontier(path).size())).toSatisfy(isConfigurationError);
    const link = newPath();
    symlinkSync(path, link);
    expect(await rejection(fileFrontier(link).add('http://a.example/2'))).toSatisfy(isConfigurationError);
    await frontier.close();
    const other = fileFrontier(link);
    expect(await other.size()).toBe(1);
    await other.close();
  });

  it('touches no file of another kind', async () => {
    for (const text of ['{"some":"json"}\n', 'no newline', '\n']) {
      const path = newPath();
      writeFileSync(path, text);
      expect(await rejection(fileFrontier(path).size())).toSatisfy(isConfigurationError);
      expect(readFileSync(path, 'utf8')).toBe(text);
    }
  });

  it('names the line that is damaged, and changes nothing', async () => {
    const path = newPath();
    const frontier = fileFrontier(path);
    await frontier.add('http://a.example/1');
    await frontier.close();
    appendFileSync(path, '{"ad\n{"done":"http://a.example/1"}\n');
    const size = statSync(path).size;
    const error = (await rejection(fileFrontier(path).size())) as DecodeError;
    expect(error).toBeInstanceOf(DecodeError);
    expect(error.line).toBe(3);
    expect(statSync(path).size).toBe(size);
  });

  it.each([
    '{"add":"x","task":{"url":"no url"}}',
    '{"add":"x","task":{"url":7}}',
    '{"add":"x","task":{"url":"http://a.example/"},"failures":-5}',
    '{"failed":"x","failures":1,"retryAt":"soon"}',
    '{"failed":"x"}',
    '{"done":7}',
    'null',
    '7',
    '',
  ])('takes the line %s for damage', async (line) => {
    const path = newPath();
    writeFileSync(path, `{"tideway":"frontier","version":1}\n${line}\n`);
    expect(await rejection(fileFrontier(path).size())).toMatchObject({ name: 'DecodeError', line: 2 });
  });

  it.skipIf(process.platform !== 'linux')('reads no more of another file than its beginning', async () => {
    // These have no end.
    for (const path of ['/dev/zero', '/dev/full']) {
      expect(await rejection(fileFrontier(path).size())).toSatisfy(isConfigurationError);
    }
  });

  it.skipIf(process.platform !== 'linux')(
    'says what the system says when the disk is full, and loses nothing',
    async () => {
      const path = newPath();
      const frontier = fileFrontier(path);
      await frontier.add(['http://a.example/1', 'http://a.example/2']);
      await frontier.close();
      // No more than that many blocks of 1 KiB: the shell's limit is as good as a disk of that size.
      const script = `ulimit -f 8; exec "$0" "$1" "$2"`;
      const child = spawn('bash', ['-c', script, process.execPath, fullDisk, path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.on('data', (bytes) => {
        said += bytes;
      });
      await once(child, 'close');
      expect(JSON.parse(said)).toEqual({ add: 'EFBIG', ack: 'EFBIG', left: 2 });
      const again = fileFrontier(path);
      expect(await again.size()).toBeGreaterThanOrEqual(2);
      expect(await again.add(['http://a.example/1', 'http://a.example/2'])).toBe(0);
      await again.close();
    },
  );

  it('is written anew once most of it counts no more', async () => {
    const path = newPath();
    const frontier = fileFrontier(path, { attempts: 1_000_000 });
    await frontier.add([{ url: 'http://a.example/1', data: 'kept' }, 'http://a.example/2']);
    const [first] = await frontier.lease(1);
    await frontier.ack(first as FrontierLease);
    for (let n = 0; n < 1_200; n++) await frontier.fail((await frontier.lease(1))[0] as FrontierLease);
    await frontier.close();
    const before = statSync(path).size;
    const again = fileFrontier(path, { attempts: 1_000_000 });
    expect(await again.size()).toBe(1);
    expect(statSync(path).size).toBeLessThan(before / 50);
    const [lease] = await again.lease(5);
    expect(lease).toMatchObject({ attempt: 1_201, task: { url: 'http://a.example/2' } });
    await again.ack(lease as FrontierLease);
    await again.close();
    const last = fileFrontier(path);
    expect(await last.add(['http://a.example/1', 'http://a.example/2', 'http://a.example/3'])).toBe(1);
    await last.close();
  });

  it('stores what many add at the same time before it is closed', async () => {
    const path = newPath();
    const frontier = fileFrontier(path, { sync: true });
    const adding = Array.from({ length: 300 }, (_, n) => frontier.add(`http://a.example/${n}`));
    await adding[0];
    await frontier.close();
    await Promise.all(adding);
    await frontier.close();
    const again = fileFrontier(path);
    expect(await again.size()).toBe(300);
    await again.close();
  });

  it('takes no more than `maxSize`', async () => {
    const path = newPath();
    const frontier = fileFrontier(path, { maxSize: 2 });
    await frontier.add(['http://a.example/1', 'http://a.example/2']);
    expect(await rejection(frontier.add('http://a.example/3'))).toSatisfy(isQueueFullError);
    expect(await frontier.add('http://a.example/1')).toBe(0);
    await frontier.close();
  });

  it('says what the system says where there is no folder', async () => {
    expect(await rejection(fileFrontier(join(folder, 'none', 'x.jsonl')).size())).toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['', {}],
    [undefined, {}],
    ['x', { sync: 1 }],
    ['x', { attempts: 0 }],
    ['x', { maxSize: 0 }],
    ['x', { fingerprint: 'body' }],
  ])('refuses %o with %o', (path, options) => {
    expect(thrown(() => fileFrontier(path as string, options as object))).toSatisfy(isConfigurationError);
  });
});
