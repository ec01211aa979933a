import { createHash } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../errors/index.ts';

/** How long the holder of a lock is waited for, to say who it is, in milliseconds. */
const ANSWER_TIME = 2_000;

/**
 * Keeps every other process of this machine from a file, until it is released or this process ends, however it ends: the
 * lock is a local socket, which the system closes. Answers with the release.
 *
 * @throws ConfigurationError when somebody else has it; the message names the process.
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  const name = socketName(path);
  for (;;) {
    try {
      const server = await listen(name);
      return () => new Promise((resolve) => server.close(() => resolve()));
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE') throw error;
    }
    const holder = await askHolder(name);
    if (holder !== undefined) {
      throw new ConfigurationError(`Expected a file that nobody else has open, got ${path}, which ${holder} has open`);
    }
    // A socket that nobody listens to is what a dead process has left, where sockets are files.
    if (process.platform === 'linux') continue;
    await unlink(name).catch(() => {});
  }
}

function socketName(path: string): string {
  const name = `tideway-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`;
  // Of the names that are no files the system forgets those of dead processes.
  if (process.platform === 'linux') return `\0${name}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

function listen(name: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(`process ${process.pid}`);
    });
    server.on('error', reject);
    // Exclusive: the workers of a cluster would share it.
    server.listen({ path: name, exclusive: true }, () => resolve(server));
    server.unref();
  });
}

/** Who has the lock; undefined when nobody has. */
function askHolder(name: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(name);
    const end = (holder: string | undefined): void => {
      socket.destroy();
      resolve(holder);
    };
    socket.setTimeout(ANSWER_TIME, () => end('another process'));
    socket.on('data', (bytes) => {
      answer += bytes.toString();
    });
    socket.on('end', () => end(answer || 'another process'));
    socket.on('error', (error) => {
      end(['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'].includes(codeOf(error) ?? '') ? undefined : 'another process');
    });
  });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
