// Takes exactly five records from a stream, and then, with the same tide, exactly one.
import { jsonLines, Tide } from 'tideway/tide';
import { serveStreams } from './servers/streams.ts';

const server = await serveStreams();

const tide = new Tide(`${server.url}/stream/20`, { framing: jsonLines() });
await tide.on({ limit: 5 });
while (await tide.queue.size()) console.log(await tide.queue.take());

const run = await tide.on({ limit: 1 });
console.log(await tide.queue.take());
console.log(`Status ${run.status}, ${run.delivered} record in ${run.bytes} bytes, ended by its ${run.reason}`);
console.log(`${(await tide.counter.read()).total} records in all`);

server.close();
