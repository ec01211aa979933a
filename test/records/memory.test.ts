import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf } from '../helpers/decoding.ts';
import type { MemoryReport } from '../helpers/memory-probe.ts';
import { type StorageServer, storageServer } from '../helpers/storage-server.ts';

const MiB = 1024 * 1024;
const probe = fileURLToPath(new URL('../helpers/memory-probe.ts', import.meta.url));

let server: StorageServer;
beforeEach(async () => {
  server = await storageServer();
});
afterEach(() => server[Symbol.asyncDispose]());

/** Reads job 1/2/3 of the server in a process of its own. */
async function measure(parallel = 1): Promise<MemoryReport> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', probe, server.url, String(parallel)]);
  return JSON.parse(stdout);
}

/** A body that becomes so many times as long as the text when it is decompressed. */
function bomb(text: string, times: number): void {
  const member = gzipSync(text);
  server.respond = ({ path }) =>
    path === '/items/1/2/3'
      ? { body: Buffer.concat(Array(times).fill(member)), headers: { 'content-encoding': 'gzip' } }
      : undefined;
}

describe('A small body that becomes a large one', () => {
  it('of one endless line is a record that is too large, long before it fills the memory', async () => {
    bomb('x'.repeat(16 * MiB), 256);
    const { error, peak, records } = await measure();
    expect(error).toBe('RecordTooLargeError');
    expect(records).toBe(0);
    // Of 4 GiB.
    expect(peak).toBeLessThan(128 * MiB);
  });

  it('of endless lines is read in the same memory as a short one', async () => {
    const line = `${JSON.stringify({ text: 'x'.repeat(1000) })}\n`;
    bomb(line.repeat(16 * 1024), 10);
    const { error, peak, records } = await measure();
    expect(error).toBeUndefined();
    expect(records).toBe(10 * 16 * 1024);
    // Of 160 MiB.
    expect(peak).toBeLessThan(128 * MiB);
  });
});

describe('A parallel read', () => {
  it('takes a bounded amount of memory more than a single one', async () => {
    const size = 24_000;
    const padding = 'y'.repeat(3000);
    server.respond = ({ path, query }) => {
      if (path === '/items/1/2/3/stats') {
        return { body: JSON.stringify({ totals: { input_values: size, input_bytes: size * 3000 } }) };
      }
      if (path !== '/items/1/2/3') return undefined;
      const start = Number(query.get('start')?.split('/')[3] ?? 0);
      const end = Math.min(size, start + Number(query.get('count') ?? size));
      const body = async function* (): AsyncGenerator<Uint8Array> {
        for (let number = start; number < end; number += 20) {
          const numbers = Array.from({ length: Math.min(20, end - number) }, (_, at) => number + at);
          yield bytesOf(numbers.map((x) => `{"x":${x},"padding":"${padding}","_key":"1/2/3/${x}"}\n`).join(''));
        }
      };
      return { body: body() };
    };
    const [single, parallel] = [await measure(1), await measure(4)];
    expect([single.records, parallel.records]).toEqual([size, size]);
    expect(parallel.live - single.live).toBeLessThan(32 * MiB);
    // How much garbage lies about in addition is a matter of the engine and of the machine.
    expect(parallel.peak - single.peak).toBeLessThan(256 * MiB);
  });
});
