/** Runs in a page: how long answers take to be stored in IndexedDB, by the cache and one by one. */
import { createStore, set } from 'idb-keyval';
import { indexedDbCache } from 'tideway/cache';

const ANSWERS = 300;
const BYTES = 2000;
let runs = 0;

/** Milliseconds for all of them, stored at the same time. */
export async function measureWrites(): Promise<{ batched: number; single: number; stored: number }> {
  const bytes = new Uint8Array(BYTES).fill(120);
  const head = { status: 200, statusText: '', headers: [], storedAt: 0, keepUntil: 2 ** 53 };
  const numbers = Array.from({ length: ANSWERS }, (_, number) => number);
  const name = `bench-${++runs}`;

  const cache = indexedDbCache({ name });
  let started = performance.now();
  await Promise.all(
    numbers.map((n) =>
      cache.put(
        `GET https://example.com/${n}`,
        head,
        new Response(bytes).body as ReadableStream<Uint8Array<ArrayBuffer>>,
      ),
    ),
  );
  const batched = performance.now() - started;
  const found = await Promise.all(numbers.map((n) => cache.get(`GET https://example.com/${n}`)));

  const [heads, bodies] = [createStore(`${name}-1`, 'heads'), createStore(`${name}-2`, 'bodies')];
  started = performance.now();
  await Promise.all(
    numbers.map(async (n) => {
      const body = new Uint8Array(await new Response(bytes).arrayBuffer());
      await set(`${n}/0`, body, bodies);
      await set(`${n}`, { head, id: `${n}`, pieces: 1, size: BYTES, used: 0 }, heads);
    }),
  );
  const single = performance.now() - started;
  return { batched, single, stored: found.filter(Boolean).length };
}

Object.assign(globalThis, { measureWrites });
