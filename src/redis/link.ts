import { ConfigurationError, ConnectionError, checkDuration, isTidewayError, TimeoutError } from '../errors/index.ts';
import { adapt } from './adapt.ts';
import type { RedisClient, RedisCommands } from './redis-commands.ts';
import { RedisError, refusalOf } from './redis-error.ts';
import type { Script } from './script.ts';

/** How long Redis is waited for, in milliseconds. */
const TIMEOUT = 5_000;
/** The first pause before something is tried again, and the longest, in milliseconds. */
const FIRST_PAUSE = 25;
const LONGEST_PAUSE = 400;
/** How often whoever waits looks by himself, in milliseconds: where messages come, and where none do. */
const SLOW_POLL = 1_000;
const FAST_POLL = 250;

/** What everything on Redis takes. */
export interface RedisOptions {
  /** The longest wait for a reply, in milliseconds, tries on new connections included. @default 5_000 */
  readonly timeout?: number;
}

/** Runs scripts on a client of the user's: with a bound, again where that is safe, and with errors that say what is wrong. */
export class Link {
  readonly #commands: RedisCommands;
  readonly #timeout: number;

  constructor(client: RedisClient, { timeout = TIMEOUT }: RedisOptions = {}) {
    checkDuration('timeout', timeout);
    this.#commands = adapt(client);
    this.#timeout = timeout;
  }

  /** How often whoever waits looks by himself, in milliseconds. Most often he is told. */
  get poll(): number {
    return this.#commands.subscribe ? SLOW_POLL : FAST_POLL;
  }

  /**
   * Runs a script, which does the same when it is run twice: nobody knows how far one came whose connection broke. A
   * reply that comes when it is given up already is handed to `late`: a client may send what it could not when it can.
   *
   * @throws RedisError, ConnectionError, TimeoutError of phase `headers`; ConfigurationError for data of another version.
   */
  async run(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[] = [],
    late: (reply: unknown[]) => void = () => {},
  ): Promise<unknown[]> {
    const rest = [String(keys.length), ...keys, ...args.map(String)];
    const key = keys[0] as string;
    const hash = await script.hash;
    return this.#try(async (signal) => {
      let reply: unknown;
      try {
        reply = await this.#commands.send(['EVALSHA', hash, ...rest], key, signal);
      } catch (error) {
        // A server forgets scripts when it starts anew, and when it is told to.
        if (refusalOf(error) !== 'NOSCRIPT') throw error;
        reply = await this.#commands.send(['EVAL', script.source, ...rest], key, signal);
      }
      if (!Array.isArray(reply)) throw new ConnectionError('Redis answered with something else than a list');
      if (reply[0] === '!version') {
        throw new ConfigurationError(`Expected data of version 1 under the key in Redis, got version ${reply[1]}`);
      }
      return reply;
    }, late);
  }

  /** Listens to a channel until the function that it resolves to is called; without messages it does nothing. */
  async subscribe(channel: string, listener: (message: string) => void): Promise<() => void> {
    const { subscribe } = this.#commands;
    if (!subscribe) return () => {};
    // One that comes too late is let go.
    return this.#try(
      () => subscribe(channel, listener),
      (release) => release(),
    );
  }

  async #try<T>(attempt: (signal: AbortSignal) => Promise<T>, late: (value: T) => void): Promise<T> {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last: unknown;
    const ended = new Promise<never>((_, reject) => {
      const end = (): void => {
        const error = last ?? new TimeoutError('Redis did not answer', 'headers', this.#timeout);
        controller.abort(error);
        reject(error);
      };
      if (this.#timeout < Number.POSITIVE_INFINITY) timer = setTimeout(end, this.#timeout);
    });
    const tries = async (): Promise<T> => {
      for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
        try {
          const value = await attempt(controller.signal);
          if (controller.signal.aborted) late(value);
          return value;
        } catch (cause) {
          const error = explained(cause);
          if (controller.signal.aborted || !mayPass(error)) throw error;
          last = error;
        }
        await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random() / 2)));
        controller.signal.throwIfAborted();
      }
    };
    try {
      const trying = tries();
      trying.catch(() => {});
      return await Promise.race([trying, ended]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function mayPass(error: unknown): boolean {
  if (error instanceof RedisError) return error.isPassing;
  return error instanceof ConnectionError && !isOver(error);
}

/** Whether the owner of the client has closed it: it stays so. */
export function isOver(error: unknown): boolean {
  return error instanceof ConnectionError && /is closed/.test(String((error.cause as Error | undefined)?.message));
}

function explained(cause: unknown): unknown {
  if (isTidewayError(cause)) return cause;
  const reply = refusalOf(cause);
  return reply ? new RedisError(reply) : new ConnectionError('Redis cannot be reached', { cause });
}
