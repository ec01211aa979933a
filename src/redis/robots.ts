import type { RobotsCache, SharedRobots } from '../crawl/robots-cache.ts';
import { Link, type RedisOptions } from './link.ts';
import { checkName, keysOf } from './names.ts';
import type { RedisClient } from './redis-commands.ts';
import { leaveRobots, readRobots, writeRobots } from './robots-scripts.ts';

/** How long the others wait for the one that asks, in milliseconds: twice as long as a server may take for it. */
const FLIGHT_TIME = 30_000;
/** The first pause before it is looked again whether something came, and the longest, in milliseconds. */
const FIRST_LOOK = 50;
const LAST_LOOK = 500;

/** The options of {@link redisRobots}. */
export interface RedisRobotsOptions extends RedisOptions {
  /** Whoever has the same prefix shares them. @default 'default' */
  readonly prefix?: string;
}

/**
 * Keeps each robots.txt for all machines: one of them asks for it while it is fresh. What could not be read is kept as
 * that, too, so that a server in need of rest is not asked by each of them. Where Redis cannot be asked each machine asks
 * for itself, and holds to what it gets.
 *
 * @throws ConfigurationError for options that cannot work.
 * @example
 * const policy = polite({ userAgent: 'acme/1.0', robotsCache: redisRobots(client) });
 */
export function redisRobots(client: RedisClient, options: RedisRobotsOptions = {}): RobotsCache {
  const { prefix = 'default' } = options;
  checkName('prefix', prefix);
  return new SharedRobotsCache(new Link(client, options), prefix);
}

class SharedRobotsCache implements RobotsCache {
  readonly #link: Link;
  readonly #prefix: string;

  constructor(link: Link, prefix: string) {
    this.#link = link;
    this.#prefix = prefix;
  }

  async get(origin: string): Promise<SharedRobots | undefined> {
    const keys = this.#keysOf(origin);
    const me = crypto.randomUUID();
    for (let pause = FIRST_LOOK; ; pause = Math.min(2 * pause, LAST_LOOK)) {
      const reply = await this.#link.run(readRobots, keys, [me, FLIGHT_TIME]);
      const [state, status, text, keep] = reply as [number, string, string | null, number];
      if (state === 0) return undefined;
      if (state === 1) return { status: status === '' ? undefined : Number(status), text: text ?? undefined, keep };
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  async put(origin: string, robots: SharedRobots | undefined): Promise<void> {
    const keys = this.#keysOf(origin);
    if (!robots) return void (await this.#link.run(leaveRobots, keys));
    const { keep, status = '', text } = robots;
    await this.#link.run(writeRobots, keys, [Math.ceil(keep), status, ...(text === undefined ? [] : [text])]);
  }

  #keysOf(origin: string): readonly string[] {
    const name = keysOf('robots', `${this.#prefix}:${origin}`);
    return [name('entry'), name('flight')];
  }
}
