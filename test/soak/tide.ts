import { fork } from 'node:child_process';
import { once } from 'node:events';
import { jsonLines, memoryQueue, type Overflow, Tide } from 'tideway/tide';
import { MemoryWatch } from './memory-watch.ts';

const RECORDS = 10_000_000;
/** How many records the queue holds. */
const ROOM = 1_000;
/** After so many records the consumer takes a rest, which makes it slower than the stream. */
const REST_EVERY = 5_000;

interface Numbered {
  readonly n: number;
}

/**
 * Ten million records, through a queue, to a consumer that is slower than the stream: with `wait` nothing may be lost
 * over connections that are cut all the time, else every record must be delivered or counted as dropped.
 */
export async function proveTide(overflow: Overflow): Promise<boolean> {
  const child = fork(new URL('numbers.ts', import.meta.url), [String(RECORDS)]);
  const [port] = await once(child, 'message');
  const url = `http://127.0.0.1:${port}/`;
  const cuts = overflow === 'wait' ? '&cut=100000' : '';
  const queue = memoryQueue<Numbered>({ maxSize: ROOM, overflow });
  const tide = new Tide<Numbered>(`${url}?from=0${cuts}`, {
    framing: jsonLines<Numbered>(),
    queue,
    // Each connection brings records, and is a good one.
    reconnect: { network: 2, resetAfter: 1, resume: ({ n }) => new Request(`${url}?from=${n + 1}${cuts}`) },
  });
  const memory = new MemoryWatch(RECORDS);
  const started = performance.now();
  let taken = 0;
  let wrong = 0;
  let last = -1;
  const consume = async (): Promise<void> => {
    for await (const { n } of queue) {
      taken++;
      if (overflow === 'wait' ? n !== last + 1 : n <= last) wrong++;
      last = n;
      if (taken % REST_EVERY > 0) continue;
      memory.at(n);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const consuming = consume();
  const run = await tide.on();
  queue.close();
  await consuming;
  child.disconnect();
  const { count } = await tide.counter.read();
  const seconds = (performance.now() - started) / 1000;
  const isExact = run.delivered === RECORDS && count === RECORDS && taken + queue.dropped === RECORDS;
  const holds = isExact && wrong === 0 && memory.isFlat && (overflow !== 'wait' || queue.dropped === 0);
  console.log(
    `${holds ? 'ok' : 'FAILED'}  a tide, ${overflow}: ${run.delivered} of ${RECORDS} records delivered, ${count} counted, ` +
      `${taken} taken, ${queue.dropped} dropped, ${wrong} out of place, ${memory.growth} MiB more memory, ${seconds.toFixed(1)} s`,
  );
  return holds;
}
