import type { Search } from './flight.ts';
import { read, variantKey } from './lookup.ts';
import type { StoredHead } from './response-cache.ts';
import type { SharedBody } from './shared-body.ts';

/** Stores an answer while it is read. Resolves when it is stored or is known not to be; never rejects. */
export async function save(
  { cache, flight, key, request }: Search,
  names: readonly string[],
  head: StoredHead,
  body: SharedBody | undefined,
): Promise<void> {
  const { rules } = cache;
  let isBodysFault = false;
  const source = body?.store(
    rules.maxEntryBytes,
    () => !flight.isVoid,
    () => {
      isBodysFault = true;
    },
  );
  try {
    const vary = names.length === 0 ? undefined : await variants();
    const own = vary ? await variantKey(key, vary, request) : key;
    await cache.put(own, head, source?.stream ?? empty());
    if (flight.isVoid) await cache.delete(own);
  } catch (error) {
    if (!isBodysFault) rules.onError(error);
  } finally {
    source?.leave();
  }

  /** What leads to the variants of the answer, this one included. */
  async function variants(): Promise<NonNullable<StoredHead['vary']>> {
    const known = (await read(cache, key))?.head;
    const isKnown = known?.vary?.names.join() === names.join();
    const vary = isKnown && known?.vary ? known.vary : { names, generation: crypto.randomUUID() };
    const keepUntil = Math.max(head.keepUntil, isKnown && known ? known.keepUntil : 0);
    if (!isKnown || keepUntil > (known?.keepUntil ?? 0)) {
      const { storedAt } = head;
      await cache.put(key, { status: 200, statusText: '', headers: [], storedAt, keepUntil, vary }, empty());
    }
    return vary;
  }
}

function empty(): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({ start: (controller) => controller.close() });
}
