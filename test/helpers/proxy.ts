import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createTlsServer, type Server } from 'node:https';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCertificate } from './certificate.ts';

/** A real proxy: the program tinyproxy. */
export interface ProxyProgram extends AsyncDisposable {
  /** Without credentials, such as `http://127.0.0.1:8888`. */
  readonly url: string;
  /** What it was asked to do: the first lines of the requests. */
  log(): string[];
}

export async function startProxy(credentials?: {
  readonly user: string;
  readonly password: string;
}): Promise<ProxyProgram> {
  const program = find('tinyproxy');
  const folder = mkdtempSync(join(tmpdir(), 'tideway-proxy-'));
  const port = await freePort();
  const logFile = join(folder, 'log');
  const lines = [
    `Port ${port}`,
    'Listen 127.0.0.1',
    'Allow 127.0.0.1',
    'Timeout 60',
    'MaxClients 50',
    'LogLevel Connect',
    `LogFile "${logFile}"`,
    ...(credentials ? [`BasicAuth ${credentials.user} ${credentials.password}`] : []),
  ];
  const config = join(folder, 'tinyproxy.conf');
  writeFileSync(config, `${lines.join('\n')}\n`);
  const child = spawn(program, ['-d', '-c', config], { stdio: 'ignore' });
  await listening(port, child);
  return {
    url: `http://127.0.0.1:${port}`,
    log: () =>
      existsSync(logFile)
        ? [...readFileSync(logFile, 'utf8').matchAll(/Request \(file descriptor \d+\): (.*)/g)].map(
            ([, line = '']) => line,
          )
        : [],
    [Symbol.asyncDispose]: async () => {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A server of https whose certificate nobody has signed; answers with what it was asked. */
export async function startTlsServer(): Promise<{ readonly url: string } & AsyncDisposable> {
  using certificate = makeCertificate();
  const [key, cert] = [readFileSync(certificate.key), readFileSync(certificate.cert)];
  const server: Server = createTlsServer({ key, cert }, (request, reply) => {
    reply.end(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function find(name: string): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin'];
  const program = folders.map((folder) => join(folder, name)).find(existsSync);
  if (program) return program;
  throw new Error(`There is no ${name} to run these tests with: \`npm run setup\` installs it on Debian`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`The proxy ended with ${child.exitCode}`);
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (isOpen) return;
    await sleep(50);
  }
  throw new Error('The proxy does not listen');
}
