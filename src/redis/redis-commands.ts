/** A connection to Redis, as this package uses it. `redis`, `ioredis` and {@link redisHttp} are made to look like this. */
export interface RedisCommands {
  /**
   * Sends a command, its name first, and resolves to the reply: text, a number, null or a list of them. `key` is one of
   * the command's keys; in a cluster it tells the node. A refusal of the server rejects with an `Error` whose message
   * begins as the reply does.
   */
  send(command: readonly string[], key: string, signal: AbortSignal): Promise<unknown>;
  /**
   * Calls back for each message of a channel, until the function that it resolves to is called. Where a connection
   * cannot be told anything, whoever waits asks again and again.
   */
  readonly subscribe?: (channel: string, listener: (message: string) => void) => Promise<() => void>;
}

/** What this package needs of a client or a cluster of `redis`, version 5 and up. */
export interface NodeRedisClient {
  /** Whether it was connected. */
  readonly isOpen: boolean;
  /** Sends any command. */
  sendCommand(...args: never[]): Promise<unknown>;
  /** Runs a script that the server knows. */
  evalSha(...args: never[]): Promise<unknown>;
}

/** What this package needs of a client or a cluster of `ioredis`, version 5 and up. */
export interface IoRedisClient {
  /** Such as `ready`. */
  readonly status: string;
  /** Sends any command. */
  call(command: string, args: string[]): Promise<unknown>;
  /** Runs a script that the server knows. */
  evalsha(...args: never[]): Promise<unknown>;
}

/** A client of the user's, who opens and closes it. */
export type RedisClient = RedisCommands | NodeRedisClient | IoRedisClient;
