import { checkInteger, expected } from '../errors/index.ts';
import type { FetchResult } from './fetch-result.ts';
import type { Mapping } from './later/mapping.ts';
import type { Works } from './later/works.ts';
import type { FetchSource, MapHost, MapOptions, MapSource } from './map-options.ts';

/**
 * The results of a source, in the order in which they come. The source is read as fast as results are taken, by code
 * that is loaded from the call of `map` on.
 */
export class FetchMap implements AsyncIterableIterator<FetchResult, undefined> {
  #mapping: Mapping | undefined;
  readonly #loading: Promise<Mapping>;

  constructor(source: FetchSource, options: MapOptions | undefined, host: MapHost, opening: Promise<Works>) {
    const { buffer = host.buffer, ...init } = options ?? {};
    checkInteger('buffer', buffer, 1);
    const list = source as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null | undefined;
    const open = typeof source === 'string' ? undefined : (list?.[Symbol.asyncIterator] ?? list?.[Symbol.iterator]);
    if (!open) expected('a list of URLs, or anything else that can be iterated', source);
    const opened: MapSource = (open as () => MapSource).call(source);
    this.#loading = opening.then((works) => {
      this.#mapping = works.map(opened, options && init, buffer, host);
      return this.#mapping;
    });
    // Whoever asks for a result is told.
    this.#loading.catch(() => {});
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<FetchResult, undefined>> {
    return this.#mapping?.next() ?? this.#loading.then((mapping) => mapping.next());
  }

  /** Ends it: what is under way is cancelled, the source closed. */
  async return(): Promise<IteratorResult<FetchResult, undefined>> {
    return (await this.#loading).return();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
