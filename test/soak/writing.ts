import { fork } from 'node:child_process';
import { once } from 'node:events';
import { ScrapyCloud } from 'tideway';
import { MemoryWatch } from './memory-watch.ts';
import type { Stored } from './sink.ts';

const ITEMS = 1_000_000;

/** Writes a million items to a server that fails all the time. Answers with whether each is stored once, at its index. */
export async function proveWriting(inFlight: number): Promise<boolean> {
  const child = fork(new URL('sink.ts', import.meta.url), [String(ITEMS)]);
  const [port] = await once(child, 'message');
  const endpoint = `http://127.0.0.1:${port}/`;
  const cloud = new ScrapyCloud({ auth: 'key', endpoint, retry: { backoff: 5 } });
  const writer = cloud.getJob('1/2/3').items.writer({ start: 0, inFlight, timeout: 500 });
  const text = 'x'.repeat(150);
  const memory = new MemoryWatch(ITEMS);
  const started = performance.now();
  for (let n = 0; n < ITEMS; n++) {
    await writer.write({ n, text });
    memory.at(n);
  }
  await cloud.close();
  const seconds = (performance.now() - started) / 1000;
  const { records, requests, wrong } = (await (await fetch(endpoint)).json()) as Stored;
  child.disconnect();
  const holds = records === ITEMS && wrong === 0 && memory.isFlat;
  console.log(
    `${holds ? 'ok' : 'FAILED'}  written, ${inFlight} in the air: ${records} of ${ITEMS} items, ${wrong} out of place, ` +
      `${requests} requests for ${ITEMS / 1000} batches, ${memory.growth} MiB more memory, ${seconds.toFixed(1)} s`,
  );
  return holds;
}
