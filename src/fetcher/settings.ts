import { checkType, expected } from '../errors/index.ts';
import { isBrowser } from '../http/runtime.ts';
import { checkTimes } from './check-times.ts';
import type { FetchFunction } from './fetch-function.ts';
import { headersOf, joined } from './headers.ts';
import type { FetcherOptions } from './options.ts';
import { type RetryRules, retryRules } from './retry-rules.ts';

/** Headers that go to the origin only for which they were made. */
const SECRET_HEADERS = ['authorization', 'cookie', 'proxy-authorization'];

/** What is needed of {@link FetcherOptions} to send a request, checked, with the defaults filled in. */
export interface Settings {
  readonly timeout: number;
  readonly idleTimeout: number;
  readonly deadline: number;
  readonly maxBodyBytes: number;
  readonly maxRedirects: number;
  readonly allowDowngrade: boolean;
  /** Those of every fetcher included. */
  readonly secretHeaders: readonly string[];
  readonly headers: Headers | undefined;
  readonly retry: RetryRules;
  readonly fetch: FetchFunction;
  readonly blockPrivateNetworks: boolean;
  /** Browsers hide where redirects lead: there the platform must follow them. */
  readonly platformFollows: boolean;
}

/** Checks the options that concern single requests. */
export function settingsOf(options: FetcherOptions, defaults?: HeadersInit): Settings {
  const { blockPrivateNetworks = false, fetch, headers, maxRedirects = 20, secretHeaders = [] } = options;
  checkTimes(options);
  checkType('fetch', fetch, 'function');
  if (typeof blockPrivateNetworks !== 'boolean') {
    expected('`blockPrivateNetworks` to be a boolean', blockPrivateNetworks);
  }
  if (!Array.isArray(secretHeaders)) expected('`secretHeaders` to be a list of names', secretHeaders);
  return {
    timeout: options.timeout ?? 30_000,
    idleTimeout: options.idleTimeout ?? 60_000,
    deadline: options.deadline ?? Number.POSITIVE_INFINITY,
    maxBodyBytes: options.maxBodyBytes ?? 10 * 1024 * 1024,
    maxRedirects,
    allowDowngrade: options.allowDowngrade === true,
    secretHeaders: [...SECRET_HEADERS, ...secretHeaders],
    headers: joined(headers && headersOf(headers), defaults),
    retry: retryRules(options.retry),
    blockPrivateNetworks,
    // Looked up for every request: programs replace it, and browsers want it called without `this`.
    fetch: fetch ?? ((url, init) => globalThis.fetch(url, init)),
    platformFollows: isBrowser(),
  };
}
