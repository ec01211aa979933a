import { Fetcher } from 'tideway/fetcher';

const URLS = 1_000_000;
/** What it may add to the memory of the process, in MiB; most of it is room that V8 gives to its young objects. */
const GROWTH = 300;
/** How often the memory is looked at, in URLs. */
const LOOK_EVERY = 5_000;

/** The same URL a million times, through `map`, against a fetch that answers at once: nothing may pile up. */
export async function proveMapping(): Promise<boolean> {
  let given = 0;
  function* same(): Generator<string> {
    for (; given < URLS; given++) yield 'http://site.test/same';
  }
  const fetcher = new Fetcher({ concurrency: 200, fetch: async () => new Response('ok') });
  const before = process.memoryUsage().rss;
  const started = performance.now();
  let taken = 0;
  let ahead = 0;
  let peak = before;
  for await (const { ok } of fetcher.map(same(), { buffer: 400 })) {
    if (ok) taken++;
    ahead = Math.max(ahead, given - taken);
    if (taken % LOOK_EVERY === 0) peak = Math.max(peak, process.memoryUsage().rss);
  }
  const growth = Math.round((peak - before) / 2 ** 20);
  const seconds = (performance.now() - started) / 1000;
  const holds = taken === URLS && ahead <= 401 && growth <= GROWTH;
  console.log(
    `${holds ? 'ok' : 'FAILED'}  the same URL a million times, by map: ${taken} answers, ${ahead} ahead at most, ` +
      `${growth} MiB more memory, ${seconds.toFixed(1)} s`,
  );
  return holds;
}
