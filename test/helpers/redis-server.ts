import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import { type RedisClient, type RedisSocketOptions, redisHttp, redisSocket } from 'tideway/redis';
import type { Certificate } from './certificate.ts';

/** A redis-server of a test's own. */
export interface RedisServer {
  readonly port: number;
  /** Kills it, and starts it again on the same port; with persistence it has its data then. */
  restart(): Promise<void>;
  /** Kills it. */
  stop(): Promise<void>;
  /** Runs one command by redis-cli, and answers with what it prints. */
  cli(...command: string[]): string;
  /** Stops it for good. */
  close(): Promise<void>;
}

/** How a server is started. */
export interface ServerOptions {
  /** Whether it writes everything down before it answers. */
  readonly persistent?: boolean;
  /** With what it listens for TLS, on a port of its own. */
  readonly tls?: { readonly port: number; readonly certificate: Certificate };
  readonly args?: readonly string[];
}

/** A port that nobody uses. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a redis-server, and resolves when it answers. */
export async function startRedis({ persistent = false, tls, args = [] }: ServerOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'tideway-redis-'));
  const port = await freePort();
  const persistence = persistent ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const secure = tls ? ['--tls-port', String(tls.port), '--tls-auth-clients', 'no', ...filesOf(tls.certificate)] : [];
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const base = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
    const own = spawn('redis-server', [...base, ...persistence, ...secure, ...args], { stdio: 'ignore' });
    child = own;
    for (let tries = 0; tries < 400; tries++) {
      const { stdout } = spawnSync('redis-cli', ['-p', String(port), 'ping'], { encoding: 'utf8' });
      if (/PONG|NOAUTH/.test(stdout)) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error('redis-server does not answer');
  };
  const stop = async (): Promise<void> => {
    const own = child;
    if (!own || own.exitCode !== null || own.signalCode !== null) return;
    const ended = new Promise((resolve) => own.once('exit', resolve));
    own.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    port,
    stop,
    async restart() {
      await stop();
      await start();
    },
    cli: (...command) => spawnSync('redis-cli', ['-p', String(port), ...command], { encoding: 'utf8' }).stdout.trim(),
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function filesOf({ cert, key }: Certificate): string[] {
  return ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
}

/** Three servers that are one cluster. */
export async function startRedisCluster(): Promise<{ readonly ports: readonly number[]; close(): Promise<void> }> {
  const servers = await Promise.all(
    [1, 2, 3].map(() =>
      startRedis({ args: ['--cluster-enabled', 'yes', '--cluster-node-timeout', '5000', '--cluster-port', '0'] }),
    ),
  );
  const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
  const made = spawnSync('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes'], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`No cluster: ${made.stdout}`);
  for (const server of servers) {
    while (!server.cli('cluster', 'info').includes('cluster_state:ok')) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  return {
    ports: servers.map(({ port }) => port),
    close: async () => void (await Promise.all(servers.map((server) => server.close()))),
  };
}

/** A client of one kind, and how it is closed. */
export interface OpenClient {
  readonly client: RedisClient;
  close(): Promise<void>;
}

/** The kinds of clients that there are. */
export type ClientKind = 'redis' | 'ioredis' | 'http' | 'socket';

export const CLIENT_KINDS: readonly ClientKind[] = ['redis', 'ioredis', 'http'];

/** What `cloudflare:sockets` has, on sockets of Node. */
export const connectSocket: RedisSocketOptions['connect'] = ({ hostname, port }, { secureTransport }) => {
  const address = { host: hostname, port };
  const socket = secureTransport === 'on' ? connectTls(address) : connect(address);
  socket.on('error', () => {});
  const { readable, writable } = Duplex.toWeb(socket);
  return { readable: readable as ReadableStream, writable, close: () => void socket.destroy() };
};

/** Opens a client; a REST front of its own stands before the server for `http`. */
export async function openClient(kind: ClientKind, port: number): Promise<OpenClient> {
  if (kind === 'ioredis') {
    const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 20 });
    client.on('error', () => {});
    return { client, close: async () => client.disconnect() };
  }
  if (kind === 'socket') {
    const client = redisSocket({ url: `redis://127.0.0.1:${port}`, connect: connectSocket });
    return { client, close: async () => client.close() };
  }
  if (kind === 'http') {
    const front = await startRestFront(port);
    return { client: redisHttp({ url: front.url, token: front.token }), close: front.close };
  }
  const client = createClient({ socket: { port, host: '127.0.0.1', reconnectStrategy: () => 20 } });
  client.on('error', () => {});
  await client.connect();
  return { client, close: async () => client.destroy() };
}

/** Opens a client of a cluster. */
export async function openClusterClient(kind: 'redis' | 'ioredis', ports: readonly number[]): Promise<OpenClient> {
  if (kind === 'ioredis') {
    const client = new Cluster(ports.map((port) => ({ host: '127.0.0.1', port })));
    client.on('error', () => {});
    return { client, close: async () => client.disconnect() };
  }
  const client = createCluster({ rootNodes: ports.map((port) => ({ socket: { host: '127.0.0.1', port } })) });
  client.on('error', () => {});
  await client.connect();
  return { client, close: async () => client.destroy() };
}

/** The REST form of Redis before a server: a command as a JSON array, `{ result }` or `{ error }` in return. */
export async function startRestFront(
  port: number,
): Promise<{ readonly url: string; readonly token: string; close(): Promise<void> }> {
  const token = crypto.randomUUID();
  const client = createClient({ socket: { port, host: '127.0.0.1', reconnectStrategy: () => 20 } });
  client.on('error', () => {});
  await client.connect();
  const server = createHttpServer(async (request, response) => {
    const answer = (status: number, body: object): void => {
      // Pages may ask, too.
      const cors = {
        'access-control-allow-origin': '*',
        'access-control-allow-headers': 'authorization, content-type',
      };
      response.writeHead(status, { 'content-type': 'application/json', ...cors }).end(JSON.stringify(body));
    };
    if (request.method === 'OPTIONS') return answer(200, {});
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.headers.authorization !== `Bearer ${token}`) return answer(401, { error: 'Unauthorized' });
    try {
      const command = JSON.parse(Buffer.concat(chunks).toString()) as string[];
      answer(200, { result: await client.sendCommand(command) });
    } catch (error) {
      answer(400, { error: (error as Error).message });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    async close() {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
