/** Many sites of this machine, each on a port of its own, in a process of its own. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const { sites } = JSON.parse(process.argv[2] ?? '{}') as { sites: number };
const page = Buffer.alloc(10_000, 'x');

const servers = await Promise.all(
  Array.from({ length: sites }, () => {
    const server = createServer((request, response) => {
      if (request.url === '/robots.txt') response.end('User-agent: *\nDisallow: /private\n');
      else response.writeHead(200, { 'content-type': 'text/html', 'content-length': page.length }).end(page);
    });
    return new Promise<Server>((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
  }),
);
// It is asked once, for all its origins.
process.on('message', () => {
  process.send?.(servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`));
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
