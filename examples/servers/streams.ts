// The other end of the examples of streams: `/stream/20` as httpbin has it, `/endless`, and `/signed`, which asks for OAuth1.
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Who may read `/signed`. */
export const credentials = {
  consumerKey: 'kettle-app',
  consumerSecret: 'kettle-app-secret',
  token: 'ada',
  tokenSecret: 'ada-secret',
} as const;

/** Starts the server on a port of its own. */
export async function serveStreams(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => void server.close() };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '/', 'http://host');
  const [, name, number] = pathname.split('/');
  if (name === 'signed' && !isSigned(request)) response.writeHead(401).end('The signature does not fit');
  else if (name === 'stream') {
    for (let id = 0; id < Number(number); id++) response.write(`${JSON.stringify({ id, url: pathname })}\n`);
    response.end();
  } else {
    let id = 0;
    const timer = setInterval(() => response.write(`${JSON.stringify({ id: id++, text: 'A kettle' })}\n\r\n`), 2);
    response.on('close', () => clearInterval(timer));
  }
}

// RFC 5849, section 3.4, as a server does it.
function isSigned({ headers: { authorization = '', host }, method, url }: IncomingMessage): boolean {
  const encode = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, escape);
  const sent = [...authorization.matchAll(/(oauth_\w+)="([^"]*)"/g)].map(
    ([, name = '', value = '']) => [name, decodeURIComponent(value)] as const,
  );
  const { origin, pathname, searchParams } = new URL(url ?? '/', `http://${host}`);
  const parameters = [...sent.filter(([name]) => name !== 'oauth_signature'), ...searchParams]
    .map((pair) => pair.map(encode).join('='))
    .sort()
    .join('&');
  const base = [method ?? '', origin + pathname, parameters].map(encode).join('&');
  const key = `${credentials.consumerSecret}&${credentials.tokenSecret}`;
  const { oauth_consumer_key: consumer, oauth_signature: signature, oauth_token: token } = Object.fromEntries(sent);
  if (consumer !== credentials.consumerKey || token !== credentials.token) return false;
  return signature === createHmac('sha1', key).update(base).digest('base64');
}
