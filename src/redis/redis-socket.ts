import { ConnectionError, checkType, expected } from '../errors/index.ts';
import type { RedisCommands } from './redis-commands.ts';
import { encodeCommand, ReplyReader } from './resp.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** A socket, as the `connect` of `cloudflare:sockets` gives it. */
export interface RedisSocketStreams {
  readonly readable: ReadableStream;
  readonly writable: WritableStream;
  /** Closes both. */
  close(): Promise<void> | void;
}

/** Where Redis is reached over a socket. */
export interface RedisSocketOptions {
  /** `redis://user:password@host:6379/0`; `rediss:` is with TLS. User, password and database may be left out. */
  readonly url: string | URL;
  /** Opens a socket: what the module `cloudflare:sockets` exports under this name. */
  readonly connect: (
    address: { readonly hostname: string; readonly port: number },
    options: { readonly secureTransport: 'on' | 'off'; readonly allowHalfOpen: boolean },
  ) => RedisSocketStreams;
}

/** Redis over a socket. */
export interface RedisSocket extends RedisCommands {
  /** Closes the connection for good. */
  close(): void;
}

interface Sent {
  readonly resolve: (reply: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Redis over a socket of Cloudflare Workers. It connects with the first command, and again with the next one when the
 * connection broke. Commands are sent as they come, without waiting for replies. A reply that does not come in time breaks
 * the connection. It listens to no channels, so whoever waits asks every 250 ms; it works for one server, not for a
 * cluster; and like every socket of a Worker it belongs to the request that opened it.
 *
 * @throws ConfigurationError for an address that cannot work.
 * @example
 * import { connect } from 'cloudflare:sockets';
 * const client = redisSocket({ url: env.REDIS_URL, connect });
 */
export function redisSocket(options: RedisSocketOptions): RedisSocket {
  const { connect, url } = options ?? {};
  checkType('connect', connect ?? null, 'function');
  if (!URL.canParse(String(url))) expected('`url` to be a URL of redis or rediss', url, true);
  const { hostname, password, pathname, port, protocol, username } = new URL(url);
  if (!/^rediss?:$/.test(protocol) || hostname === '') expected('`url` to be a URL of redis or rediss', url, true);
  const database = pathname.replace(/^\//, '');
  if (!/^\d{0,4}$/.test(database)) expected('the path of `url` to be the number of a database', pathname, true);
  const greetings: string[][] = [];
  if (password) greetings.push(['AUTH', ...(username ? [decoded(username)] : []), decoded(password)]);
  if (database) greetings.push(['SELECT', database]);
  return new Client(() => {
    const address = { hostname: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
    const secureTransport = protocol === 'rediss:' ? 'on' : 'off';
    return new Wire(connect(address, { secureTransport, allowHalfOpen: false }), greetings);
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return expected('user and password of `url` to be percent-encoded', text, true);
  }
}

class Client implements RedisSocket {
  readonly #open: () => Wire;
  #wire: Wire | undefined;
  #isClosed = false;

  constructor(open: () => Wire) {
    this.#open = open;
  }

  async send(command: readonly string[], _key: string, signal: AbortSignal): Promise<unknown> {
    if (this.#isClosed) throw new Error('The client is closed');
    const wire = this.#connected();
    const abort = (): void => wire.break(new ConnectionError('Redis did not answer in time'));
    signal.addEventListener('abort', abort);
    try {
      return await wire.send(command);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  #connected(): Wire {
    if (this.#wire && !this.#wire.isBroken) return this.#wire;
    try {
      this.#wire = this.#open();
    } catch (cause) {
      throw new ConnectionError('Redis cannot be reached', { cause });
    }
    return this.#wire;
  }

  close(): void {
    this.#isClosed = true;
    this.#wire?.break(new Error('The client is closed'));
  }
}

/** One connection. Replies come in the order of the commands. */
class Wire {
  readonly #socket: RedisSocketStreams;
  readonly #writer: WritableStreamDefaultWriter<Bytes>;
  readonly #greeted: Promise<unknown>;
  #sent: Sent[] = [];
  isBroken = false;

  constructor(socket: RedisSocketStreams, greetings: readonly string[][]) {
    this.#socket = socket;
    this.#writer = socket.writable.getWriter();
    this.#greeted = Promise.all(greetings.map((command) => this.#write(command)));
    // A server that refuses the password is told of by each command, and asked again with the next one.
    this.#greeted.catch((error) => this.break(error));
    void this.#read(new ReplyReader(socket.readable));
  }

  async send(command: readonly string[]): Promise<unknown> {
    const reply = this.#write(command);
    reply.catch(() => {});
    await this.#greeted;
    return reply;
  }

  /** Nobody knows how far what was sent has come. */
  break(reason: unknown): void {
    if (this.isBroken) return;
    this.isBroken = true;
    for (const { reject } of this.#sent.splice(0)) reject(reason);
    // What is broken may not be closed any more.
    (async () => this.#socket.close())().catch(() => {});
  }

  #write(command: readonly string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#sent.push({ resolve, reject });
      this.#writer.write(encodeCommand(command)).catch((cause) => this.#fail(cause));
    });
  }

  async #read(replies: ReplyReader): Promise<void> {
    try {
      for (;;) {
        const reply = await replies.next();
        const next = this.#sent.shift();
        if (!next) throw new ConnectionError('Redis answered to what was not asked');
        if (reply instanceof Error) next.reject(reply);
        else next.resolve(reply);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(cause: unknown): void {
    this.break(
      cause instanceof ConnectionError ? cause : new ConnectionError('The connection to Redis broke', { cause }),
    );
  }
}
