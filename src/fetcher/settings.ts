import { isBrowser } from '../http/runtime.ts';
import type { FetchFunction } from './fetch-function.ts';
import { headersOf, joined } from './headers.ts';
import type { FetcherOptions } from './options.ts';

/** Headers that go to the origin only for which they were made. */
const SECRET_HEADERS = ['authorization', 'cookie', 'proxy-authorization'];

/** {@link FetcherOptions}, with what is needed at once made ready; all else has its defaults where it is used. */
export interface Settings extends FetcherOptions {
  readonly headers: Headers | undefined;
  /** Those of every fetcher included. */
  readonly secretHeaders: readonly string[];
  readonly fetch: FetchFunction;
  /** Browsers hide where redirects lead: there the platform must follow them. */
  readonly platformFollows: boolean;
}

/** Makes options ready that were checked. */
export function settingsOf(options: FetcherOptions, defaults?: HeadersInit): Settings {
  const { fetch, headers, secretHeaders = [] } = options;
  return {
    ...options,
    headers: joined(headers && headersOf(headers), defaults),
    secretHeaders: [...SECRET_HEADERS, ...secretHeaders],
    // Looked up for every request: programs replace it, and browsers want it called without `this`.
    fetch: fetch ?? ((url, init) => globalThis.fetch(url, init)),
    platformFollows: isBrowser(),
  };
}
