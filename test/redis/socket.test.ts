import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { redisCounter, redisSocket } from 'tideway/redis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { contractsOnRedis } from '../contracts/on-redis.ts';
import {
  connectSocket,
  freePort,
  type OpenClient,
  openClient,
  type RedisServer,
  startRedis,
} from '../helpers/redis-server.ts';
import { rejection, thrown } from '../helpers/rejection.ts';

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});

afterAll(() => server?.close());

describe('over a socket of its own', () => {
  let open: OpenClient;

  beforeAll(async () => {
    open = await openClient('socket', server.port);
  });

  afterAll(() => open?.close());

  contractsOnRedis(() => open.client);
});

describe('a socket to Redis', () => {
  const { signal } = new AbortController();

  it('sends commands as they come, and answers to each with its reply, whatever is in it', async () => {
    const client = redisSocket({ url: `redis://127.0.0.1:${server.port}`, connect: connectSocket });
    const text = `é\r\n$5\r\n\u{1f600}${'x'.repeat(1_000_000)}`;
    const replies = await Promise.all([
      client.send(['SET', 'text', text], 'text', signal),
      client.send(['GET', 'text'], 'text', signal),
      client.send(['GET', 'nothing'], 'nothing', signal),
      client.send(['INCRBY', 'n', '-7'], 'n', signal),
      client.send(['NOSUCHCOMMAND'], '', signal).catch((error: Error) => error.message.split(' ')[0]),
      client.send(['EVAL', 'return {1, {"two", {}}, false, ""}', '0'], '', signal),
    ]);
    expect(replies).toEqual(['OK', text, null, -7, 'ERR', [1, ['two', []], null, '']]);
    client.close();
  });

  it('gives its password and its database, also on a new connection', async () => {
    const own = await startRedis({ args: ['--requirepass', 's3cret /é'] });
    const client = redisSocket({
      url: `redis://:${encodeURIComponent('s3cret /é')}@127.0.0.1:${own.port}/3`,
      connect: connectSocket,
    });
    try {
      const counter = redisCounter(client, { key: 'k' });
      expect(await counter.increment()).toBe(1);
      await own.restart();
      expect(await counter.increment()).toBe(1);
      expect(own.cli('-a', 's3cret /é', '--no-auth-warning', 'info', 'keyspace')).toMatch(/^db3:/m);
    } finally {
      client.close();
      await own.close();
    }
  });

  it('tells of a wrong password, which is not shown', async () => {
    const own = await startRedis({ args: ['--requirepass', 'right'] });
    const client = redisSocket({ url: `redis://user:wr0ng@127.0.0.1:${own.port}`, connect: connectSocket });
    try {
      const error = await rejection(redisCounter(client, { key: 'k' }).read());
      expect(error).toMatchObject({ code: 'ERR_REDIS', reply: 'WRONGPASS' });
      expect(String((error as Error).stack) + JSON.stringify(error)).not.toContain('wr0ng');
    } finally {
      client.close();
      await own.close();
    }
  });

  it('sends nothing, not even the password, to a server that speaks no TLS', async () => {
    let heard = '';
    const plain = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (bytes) => {
        heard += bytes.toString('latin1');
        socket.end('-ERR unknown command\r\n');
      });
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const { port } = plain.address() as AddressInfo;
    const client = redisSocket({ url: `rediss://:s3cret@127.0.0.1:${port}`, connect: connectSocket });
    const error = await rejection(redisCounter(client, { key: 'k', timeout: 1_000 }).read());
    expect(error).toMatchObject({ code: 'ERR_CONNECTION' });
    expect(heard).not.toMatch(/AUTH|s3cret/);
    client.close();
    await new Promise((resolve) => plain.close(resolve));
  });

  it('asks for TLS where the address says so, and for the usual port', () => {
    const connect = vi.fn(() => {
      throw new Error('TCP is not allowed');
    });
    void rejection(redisSocket({ url: 'rediss://[::1]', connect }).send(['PING'], '', signal));
    const address = { hostname: '::1', port: 6379 };
    expect(connect).toHaveBeenCalledWith(address, { secureTransport: 'on', allowHalfOpen: false });
  });

  it('that cannot be opened is a connection that failed', async () => {
    const nobody = `redis://127.0.0.1:${await freePort()}`;
    const refuse = (): never => {
      throw new Error('TCP is not allowed');
    };
    for (const connect of [connectSocket, refuse]) {
      const counter = redisCounter(redisSocket({ url: nobody, connect }), { key: 'k', timeout: 300 });
      expect(await rejection(counter.read())).toMatchObject({ code: 'ERR_CONNECTION' });
    }
  });

  describe('that is answered with nonsense', () => {
    let fake: Server | undefined;
    const sockets = new Set<Socket>();

    afterEach(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => fake?.close(resolve));
    });

    async function answeredWith(answer: (socket: Socket, connections: number) => void): Promise<unknown> {
      let connections = 0;
      const own = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => {});
        socket.once('data', () => answer(socket, ++connections));
      });
      fake = own;
      await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
      const { port } = own.address() as AddressInfo;
      const client = redisSocket({ url: `redis://127.0.0.1:${port}`, connect: connectSocket });
      try {
        return await redisCounter(client, { key: 'k', timeout: 1_000 }).read();
      } finally {
        client.close();
      }
    }

    it.each([
      ['HTTP/1.1 400 Bad Request\r\n\r\n', 'something else than its protocol'],
      ['$1000000000000\r\n', 'too long'],
      ['*99999999999\r\n', 'too long'],
      ['$-x\r\n', 'something else than its protocol'],
      [`+${'x'.repeat(100_000)}`, 'too long'],
      ['*1\r\n'.repeat(1_000), 'too long'],
      [':1\r\n:2\r\n', 'what was not asked|something else than a list'],
    ])('tells that it is none: %j', async (bytes, message) => {
      const error = await rejection(answeredWith((socket) => void socket.write(bytes)));
      expect(error).toMatchObject({ code: 'ERR_CONNECTION', message: expect.stringMatching(message) });
    });

    it('waits no longer than it is told to, and takes another connection then', async () => {
      expect(await rejection(answeredWith(() => {}))).toMatchObject({ code: 'ERR_TIMEOUT' });
    });

    it('takes bytes that come one by one', async () => {
      const bytes = '*4\r\n:0\r\n:12\r\n:34\r\n:0\r\n';
      const reading = answeredWith(async (socket) => {
        for (const byte of bytes) {
          socket.write(byte);
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      });
      expect(await reading).toMatchObject({ count: 12, total: 34 });
    });

    it('asks again where the connection ends within a reply', async () => {
      const reading = answeredWith((socket, connections) => {
        if (connections === 1) socket.end('*4\r\n:0\r\n');
        else socket.write('*4\r\n:0\r\n:12\r\n:34\r\n:0\r\n');
      });
      expect(await reading).toMatchObject({ count: 12, total: 34 });
    });
  });

  it.each([
    ['http://h/', 'Expected `url` to be a URL of redis or rediss, got string'],
    ['redis://', 'Expected `url` to be a URL of redis or rediss, got string'],
    ['redis://h/users', 'Expected the path of `url` to be the number of a database, got string'],
    ['redis://u:%zz@h', 'Expected user and password of `url` to be percent-encoded, got string'],
  ])('is refused: %s', (url, message) => {
    expect(thrown(() => redisSocket({ url, connect: connectSocket }))).toMatchObject({
      code: 'ERR_CONFIGURATION',
      message,
    });
  });
});
