import { checkInteger, expected } from '../errors/index.ts';
import type { FetchResult } from './fetch-result.ts';
import type { Mapping } from './later/mapping.ts';
import type { Works } from './later/works.ts';
import type { FetchSource, MapHost, MapOptions, MapSource } from './map-options.ts';

/**
 * The results of a source, in the order in which they come. The source is read as fast as results are taken, by code
 * that is loaded from the call of `map` on. `usual` is how many are under way where the options do not say.
 */
export function fetchMap(
  source: FetchSource,
  options: MapOptions | undefined,
  usual: number,
  host: MapHost & { open(): Promise<Works> },
): AsyncIterableIterator<FetchResult, undefined> & AsyncDisposable {
  const { buffer = usual, ...init } = options ?? {};
  checkInteger('buffer', buffer, 1);
  const list = source as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null | undefined;
  const open = typeof source === 'string' ? undefined : (list?.[Symbol.asyncIterator] ?? list?.[Symbol.iterator]);
  if (!open) expected('a list of URLs, or anything else that can be iterated', source);
  const opened: MapSource = (open as () => MapSource).call(source);
  let mapping: Mapping | undefined;
  const loading = host.open().then((works) => {
    mapping = works.map(opened, options && init, buffer, host);
    return mapping;
  });
  // Whoever asks for a result is told.
  loading.catch(() => {});
  // Ends it: what is under way is cancelled, the source closed.
  const end = async (): Promise<IteratorResult<FetchResult, undefined>> => (await loading).return();
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => mapping?.next() ?? loading.then((loaded) => loaded.next()),
    return: end,
    [Symbol.asyncDispose]: async () => {
      await end();
    },
  };
}
