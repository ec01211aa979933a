import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { captureLog } from '../helpers/capture-log.ts';
import { programOf } from '../helpers/program.ts';
import { type RedisServer, startRedis } from '../helpers/redis-server.ts';

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
  vi.stubEnv('REDIS_URL', `redis://127.0.0.1:${server.port}`);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await server?.close();
});

/** What examples print that run side by side. */
async function run(...names: readonly string[]): Promise<string> {
  const log = captureLog();
  await Promise.all(names.map((name) => import(`../../examples/${name}.ts`)));
  return log.mock.calls.flat().join('\n');
}

/** What an example prints in a process of its own, and with what it ends. */
async function runProcess(name: string): Promise<{ readonly code: number | null; readonly printed: string }> {
  const program = programOf(fileURLToPath(new URL(`../../examples/${name}.ts`, import.meta.url)));
  const child = spawn(process.execPath, ['--no-warnings', program], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      printed += chunk;
    });
  }
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, printed })));
}

describe('The examples of Redis', { timeout: 60_000 }, () => {
  it('share a limit', async () => {
    const printed = await run('redis-limiter');
    expect(printed).toContain('40 answers');
    expect(printed).toContain('Never more than two at once');
  });

  it('read an endless stream until another program stops it', async () => {
    const [tide, consumer] = await Promise.all(['redis-tide', 'redis-consumer'].map(runProcess));
    expect(tide).toEqual({ code: 0, printed: 'The tide was ended by off, stopped: all is counted\n' });
    expect(consumer).toEqual({
      code: 0,
      printed: 'The consumer has taken all there was, and the queue is closed\n',
    });
  });

  it('crawl together', async () => {
    const printed = await run('redis-crawl');
    expect(printed).toMatch(/^\d+ pages, 0 of them twice; 0 are left$/m);
    expect(printed).toContain('Both have done some');
  });

  it('are named in the README', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    for (const name of ['redis-limiter', 'redis-tide', 'redis-consumer', 'redis-crawl']) {
      expect(readme).toContain(`examples/${name}.ts`);
    }
  });
});
