import type { NodeRedisClient, RedisCommands } from './redis-commands.ts';

/** What a client has, and a cluster, in types of this package's own. */
interface Client {
  sendCommand(...args: unknown[]): Promise<unknown>;
  on(event: string, listener: () => void): void;
  duplicate(): Client;
  connect(): Promise<unknown>;
  destroy(): void;
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
  unsubscribe(channel: string, listener: (message: string) => void): Promise<void>;
}

/** Texts stay texts, whatever the client's own commands answer with. */
const AS_TEXT = { typeMapping: {} };

/** A client, a pool or a cluster of the package `redis`. */
export function nodeRedis(given: NodeRedisClient): RedisCommands {
  const client = given as unknown as Client;
  const isCluster = 'masters' in given;
  let subscriber: Promise<Client> | undefined;
  let channels = 0;
  const listening = (): Promise<Client> => {
    subscriber ??= isCluster ? Promise.resolve(client) : duplicateOf(client);
    // A connection that does not come about is tried again by the next one who listens.
    subscriber.catch(() => {
      subscriber = undefined;
    });
    return subscriber;
  };
  return {
    send: (command, key, signal) =>
      isCluster
        ? client.sendCommand(key, false, command, AS_TEXT)
        : client.sendCommand(command, { ...AS_TEXT, abortSignal: signal }),
    async subscribe(channel, listener) {
      const own = await listening();
      // Of a function of its own, so that two listeners who are the same one are told twice.
      const tell = (message: string): void => listener(message);
      await own.subscribe(channel, tell);
      channels++;
      return () => {
        channels--;
        if (channels === 0 && !isCluster) {
          subscriber = undefined;
          own.destroy();
        } else own.unsubscribe(channel, tell).catch(() => {});
      };
    },
  };
}

/** A connection that listens can do nothing else. It ends with the client. */
async function duplicateOf(client: Client): Promise<Client> {
  const own = client.duplicate();
  let isGone = false;
  const end = (): void => {
    if (isGone) return;
    isGone = true;
    try {
      own.destroy();
    } catch {}
  };
  // It connects again by itself; that it broke is seen on the client, too.
  own.on('error', () => {});
  client.on('end', end);
  await own.connect();
  return Object.assign(Object.create(own) as Client, { destroy: end });
}
