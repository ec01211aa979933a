import { jsonLines, memoryQueue, Tide } from 'tideway/tide';
import { describe, expect, it } from 'vitest';
import { startServer } from '../helpers/server.ts';

interface Numbered {
  readonly n: number;
}

/** What sockets and streams between two ends may hold, in records of 100 bytes: 32 MB is far more than they do. */
const ON_THE_WAY = 320_000;

describe('A consumer that is slower than an endless stream', () => {
  it.each(['on', 'records'])('holds the server back, and loses nothing, with `%s`', async (way) => {
    let written = 0;
    const text = 'x'.repeat(85);
    await using server = await startServer((response) => {
      const write = (): void => {
        while (!response.destroyed) {
          let lines = '';
          for (let n = 0; n < 100; n++) lines += `{"n":${written++},"text":"${text}"}\n`;
          if (!response.write(lines)) return void response.once('drain', write);
        }
      };
      write();
    });
    const queue = memoryQueue<Numbered>({ maxSize: 100 });
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>(), queue });
    const run = way === 'on' ? tide.on() : undefined;
    let next = 0;
    for await (const { n } of run ? queue : tide.records()) {
      expect(n).toBe(next++);
      if (next % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      if (next === 10_000) break;
    }
    expect(written).toBeLessThan(next + ON_THE_WAY);
    tide.off();
    const delivered = (await run)?.delivered ?? tide.run?.delivered;
    expect(delivered).toBe(next + queue.size());
  });

  it('is told by a queue that drops how many of a hundred thousand records it has not seen', async () => {
    const total = 100_000;
    await using server = await startServer((response) => {
      response.end(Array.from({ length: total }, (_, n) => `{"n":${n}}\n`).join(''));
    });
    const queue = memoryQueue<Numbered>({ maxSize: 50, overflow: 'dropOldest' });
    const tide = new Tide(server.url, { framing: jsonLines<Numbered>(), queue });
    let taken = 0;
    const consuming = (async () => {
      for await (const _ of queue) if (++taken % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    })();
    expect((await tide.on()).delivered).toBe(total);
    queue.close();
    await consuming;
    expect(taken + queue.dropped).toBe(total);
    expect(queue.dropped).toBeGreaterThan(0);
  });
});
