import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Lets a server of this process serve whoever started the process: tells its port, and ends with them. */
export function serveParent(server: Server): void {
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  // Whoever started it is gone.
  process.on('disconnect', () => process.exit());
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Breaks the connection where an answer fails, and tells why. */
export function breaking(answer: Answer): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  };
}
