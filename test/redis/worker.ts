/** One machine of a proof: a process that can be killed. Its order comes as JSON. */
import { createClient } from 'redis';
import { crawl } from '../../src/crawl/crawl.ts';
import { polite } from '../../src/crawl/polite.ts';
import { Fetcher } from '../../src/fetcher/fetcher.ts';
import { redisFrontier, redisLimiter, redisQuota } from '../../src/redis/index.ts';
import { jsonLines, Tide } from '../../src/tide/index.ts';

/** What a machine is to do. */
export type WorkerOrder =
  | {
      readonly work: 'limiter';
      readonly port: number;
      readonly site: string;
      readonly limit: number;
      readonly leaseTtl: number;
    }
  | { readonly work: 'quota'; readonly port: number; readonly limit: number }
  | {
      readonly work: 'crawl';
      readonly port: number;
      readonly site: string;
      readonly hosts: number;
      readonly delay: number;
      readonly leaseTtl: number;
    };

const order: WorkerOrder = JSON.parse(process.argv[2] ?? '');
const client = createClient({ socket: { port: order.port, host: '127.0.0.1', reconnectStrategy: () => 20 } });
client.on('error', () => {});
await client.connect();

if (order.work === 'limiter') {
  const { leaseTtl, limit, site } = order;
  const limiter = redisLimiter(client, { prefix: 'proof', leaseTtl, limits: [{ concurrency: limit }] });
  const work = async (): Promise<never> => {
    for (;;) {
      const lease = await limiter.acquire(new URL(site));
      const started = performance.now();
      const response = await fetch(site);
      await response.text();
      lease.release({ status: response.status, latency: performance.now() - started });
    }
  };
  await Promise.all(Array.from({ length: limit }, work));
} else if (order.work === 'quota') {
  let n = 0;
  const endless = async (): Promise<Response> =>
    new Response(
      new ReadableStream({
        pull: async (controller) => {
          await new Promise((resolve) => setImmediate(resolve));
          let text = '';
          // As many at once as chance has it, also one.
          for (let left = 1 + Math.floor(Math.random() * 40); left > 0; left--) text += `{"n":${n++}}\n`;
          controller.enqueue(new TextEncoder().encode(text));
        },
      }),
    );
  const tide = new Tide('http://stream.example/', { framing: jsonLines(), fetch: endless });
  let delivered = 0;
  for await (const _ of tide.records({ quota: redisQuota(client, { key: 'proof', limit: order.limit }) })) delivered++;
  process.stdout.write(`${delivered}\n`);
} else {
  const { delay, hosts, leaseTtl, site } = order;
  // The site has many names: what is asked for goes to its one address, with the name in the path.
  const send: typeof fetch = async (input, init) => {
    const { host, pathname } = new URL(input instanceof Request ? input.url : input);
    const { body, status } = await fetch(`${site}${host}${pathname}`, init?.signal ? { signal: init.signal } : {});
    return new Response(body, { status });
  };
  const fetcher = new Fetcher({
    fetch: send,
    policy: polite({ userAgent: 'proof/1.0', delay, robots: 'ignore' }),
    concurrency: 50,
  });
  await crawl({
    start: Array.from({ length: hosts }, (_, n) => `http://h${n}.example/0`),
    scope: () => true,
    fetcher,
    frontier: redisFrontier(client, { key: 'proof', delay, timeout: 20_000 }),
    leaseTtl,
    retryDelay: 100,
    handler: async (result, { enqueue }) => enqueue((await result.text()).split('\n').filter((link) => link !== '')),
  });
  await fetcher.stop();
}
client.destroy();
