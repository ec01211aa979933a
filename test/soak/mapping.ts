import { Fetcher } from 'tideway/fetcher';
import { MemoryWatch } from './memory-watch.ts';

const URLS = 1_000_000;

/** The same URL a million times, through `map`, against a fetch that answers at once: nothing may pile up. */
export async function proveMapping(): Promise<boolean> {
  let given = 0;
  function* same(): Generator<string> {
    for (; given < URLS; given++) yield 'http://site.test/same';
  }
  const fetcher = new Fetcher({ concurrency: 200, fetch: async () => new Response('ok') });
  const memory = new MemoryWatch(URLS);
  const started = performance.now();
  let taken = 0;
  let ahead = 0;
  for await (const { ok } of fetcher.map(same(), { buffer: 400 })) {
    if (ok) taken++;
    ahead = Math.max(ahead, given - taken);
    memory.at(taken);
  }
  const seconds = (performance.now() - started) / 1000;
  const holds = taken === URLS && ahead <= 401 && memory.isFlat;
  console.log(
    `${holds ? 'ok' : 'FAILED'}  the same URL a million times, by map: ${taken} answers, ${ahead} ahead at most, ` +
      `${memory.growth} MiB more memory, ${seconds.toFixed(1)} s`,
  );
  return holds;
}
