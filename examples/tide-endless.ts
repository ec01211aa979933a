// Reads an endless stream into a queue that several consumers share, until one of them turns it off.
import { jsonLines, memoryCounter, memoryQueue, Tide } from 'tideway/tide';
import { serveStreams } from './servers/streams.ts';

interface Post {
  readonly id: number;
  readonly text: string;
}

const server = await serveStreams();

// Whoever has the queue and the counter needs nothing else: they may be in Redis, and the consumers on other machines.
const queue = memoryQueue<Post>({ maxSize: 100, overflow: 'wait' });
const counter = memoryCounter();
const tide = new Tide(`${server.url}/endless`, { framing: jsonLines<Post>(), queue, counter, stallTimeout: 90_000 });

async function consume(name: string): Promise<void> {
  for await (const { id } of queue) {
    if (id === 20) console.log(`Consumer ${name} has seen enough`);
    // At once, also when the stream is silent; it ends every tide that counts here.
    if (id === 20) counter.stop();
  }
}

const consumers = [consume('A'), consume('B')];
const run = await tide.on(); // for ever, or until somebody stops it
queue.close();
await Promise.all(consumers);
const { count, state } = counter.read();
console.log(
  `Ended by ${run.reason}, ${state}: ${count === run.delivered ? 'all records are counted' : 'the count is off'}`,
);

server.close();
