import type { IoRedisClient, RedisCommands } from './redis-commands.ts';

/** What a client has, and a cluster, in types of this package's own. */
interface Client {
  readonly isCluster: boolean;
  call(command: string, args: string[]): Promise<unknown>;
  on(event: string, listener: (...args: string[]) => void): void;
  duplicate(): Client;
  disconnect(): void;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
}

/** A client or a cluster of the package `ioredis`. */
export function ioRedis(given: IoRedisClient): RedisCommands {
  const client = given as unknown as Client;
  const listeners = new Map<string, Set<(message: string) => void>>();
  let subscriber: Client | undefined;
  const listening = (): Client => {
    if (subscriber) return subscriber;
    // A cluster keeps a connection of its own for those who listen.
    const own = client.isCluster ? client : client.duplicate();
    own.on('message', (channel = '', message = '') => {
      for (const tell of [...(listeners.get(channel) ?? [])]) tell(message);
    });
    if (own !== client) {
      // It connects again by itself; that it broke is seen on the client, too.
      own.on('error', () => {});
      client.on('end', () => own.disconnect());
    }
    subscriber = own;
    return own;
  };
  return {
    send: ([name = '', ...args]) => client.call(name, args),
    async subscribe(channel, listener) {
      const own = listening();
      const tell = (message: string): void => listener(message);
      const told = listeners.get(channel) ?? new Set();
      listeners.set(channel, told.add(tell));
      const release = (): void => {
        if (!told.delete(tell) || told.size > 0) return;
        listeners.delete(channel);
        own.unsubscribe(channel).catch(() => {});
        if (listeners.size > 0 || own === client) return;
        subscriber = undefined;
        own.disconnect();
      };
      try {
        await own.subscribe(channel);
      } catch (error) {
        release();
        throw error;
      }
      return release;
    },
  };
}
