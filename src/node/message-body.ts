import type { IncomingMessage } from 'node:http';

/** The body of a message, which need not be read. */
export interface MessageBody {
  readonly stream: ReadableStream<Uint8Array>;
  /**
   * Reads what is left and forgets it: a client may send all of its body before it listens to the answer. The server's
   * own `requestTimeout` bounds how long that takes.
   */
  drain(): void;
}

/** The body of a message as a stream. Unlike that of `Readable.toWeb`, its end before the message's breaks nothing. */
export function bodyOf(message: IncomingMessage): MessageBody {
  let isWanted = true;
  const drain = (): void => {
    isWanted = false;
    message.resume();
  };
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      message.on('data', (chunk: Uint8Array) => {
        if (!isWanted) return;
        controller.enqueue(chunk);
        if ((controller.desiredSize ?? 0) <= 0) message.pause();
      });
      message.on('end', () => {
        if (isWanted) controller.close();
      });
      message.on('error', (error) => {
        if (isWanted) controller.error(error);
      });
      message.pause();
    },
    pull() {
      message.resume();
    },
    cancel: drain,
  });
  return { stream, drain };
}
