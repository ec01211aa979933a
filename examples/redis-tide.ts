// Reads an endless stream into a queue in Redis, until somebody stops it: start it, then `examples/redis-consumer.ts` in
// another terminal, or on another machine. Needs a Redis; REDIS_URL says where it is.
import { createClient } from 'redis';
import { redisCounter, redisQueue } from 'tideway/redis';
import { jsonLines, Tide } from 'tideway/tide';
import { serveStreams } from './servers/streams.ts';

const client = createClient({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' });
await client.connect();
const server = await serveStreams();

const queue = redisQueue(client, { key: 'example-posts', maxSize: 100 });
const counter = redisCounter(client, { key: 'example-posts' });
await queue.clear();
const tide = new Tide(`${server.url}/endless`, { framing: jsonLines(), queue, counter });

const run = await tide.on(); // for ever, or until somebody stops it
await queue.close();
const { count, state } = await counter.read();
console.log(
  `The tide was ended by ${run.reason}, ${state}: ${count === run.delivered ? 'all is counted' : 'the count is off'}`,
);

await client.close();
server.close();
