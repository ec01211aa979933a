// A Worker that counts and queues on Redis, over a socket of its platform.
import { connect } from 'cloudflare:sockets';
import { redisCounter, redisLimiter, redisQueue, redisSocket } from '../../src/redis/index.ts';

export default {
  async fetch(request: Request): Promise<Response> {
    const { key, url } = (await request.json()) as { readonly key: string; readonly url: string };
    const client = redisSocket({ url, connect });
    try {
      const counter = redisCounter(client, { key });
      const counts = await Promise.all([counter.increment(2), counter.increment(3)]);
      const queue = redisQueue<unknown>(client, { key });
      const large = 'é'.repeat(300_000);
      await queue.put(large);
      await queue.put({ n: 1 });
      const isSame = (await queue.take()) === large;
      const lease = await redisLimiter(client, { prefix: key, limits: [{ concurrency: 1 }] }).acquire(new URL(url));
      lease.release();
      return Response.json({ counts, isSame, second: await queue.take() });
    } catch (error) {
      return Response.json({ error: String(error), code: (error as { code?: string }).code });
    } finally {
      client.close();
    }
  },
};
