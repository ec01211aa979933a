// Takes records that `examples/redis-tide.ts` puts into Redis, and stops it after twenty, wherever it runs.
import { createClient } from 'redis';
import { redisCounter, redisQueue } from 'tideway/redis';

const client = createClient({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' });
await client.connect();
// The same keys are the same queue, and the same off switch.
const queue = redisQueue<{ readonly id: number }>(client, { key: 'example-posts' });
const counter = redisCounter(client, { key: 'example-posts' });

let taken = 0;
for (let lease = await queue.lease(); lease; lease = await queue.lease()) {
  // A consumer that dies here has done nothing: the record is handed out again.
  await lease.ack();
  if (++taken === 20) await counter.stop();
}
console.log(`The consumer has taken ${taken >= 20 ? 'all there was' : 'too few'}, and the queue is closed`);

await client.close();
