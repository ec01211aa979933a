import { checkDuration, checkInteger, checkType, expected } from '../errors/index.ts';

/** Milliseconds. */
const DEFAULT_TTL = 30_000;
/** Bytes. */
const DEFAULT_MAX_ENTRY_BYTES: number = 8 * 1024 * 1024;

/** The options that every cache has: what is stored, and for how long. */
export interface CacheOptions {
  /**
   * `ttl`: successful answers to GET and HEAD, for a fixed time. `http`: what the server allows, as RFC 9111 has it:
   * freshness, validators, `stale-while-revalidate`, `stale-if-error`; it is loaded when it is first used.
   *
   * @default 'ttl'
   */
  readonly policy?: 'ttl' | 'http';
  /** How long the policy `ttl` keeps an answer, in milliseconds; `Infinity` for ever. @default 30_000 */
  readonly ttl?: number;
  /** The statuses that the policy `ttl` stores. @default 200 to 299, without 206 */
  readonly statuses?: readonly number[];
  /**
   * Whether answers to requests with credentials are stored, each user's apart. Without it such requests pass by the
   * cache. Credentials are never stored, only a hash of them is.
   *
   * @default false
   */
  readonly storeCredentialed?: boolean;
  /**
   * Names of request headers that are credentials, too, beside `authorization`, `cookie`, `proxy-authorization` and
   * `x-api-key`. @default none
   */
  readonly credentialHeaders?: readonly string[];
  /** A larger body is handed over and not stored, in bytes. @default 8 MiB */
  readonly maxEntryBytes?: number;
  /** Told what went wrong with the store. It counts as a miss, or as not stored. */
  readonly onError?: (error: unknown) => void;
  /** The time in milliseconds. @default a clock that never jumps while the program runs */
  readonly clock?: () => number;
}

/** {@link CacheOptions}, checked, with the defaults filled in. */
export interface CacheRules {
  readonly policy: 'ttl' | 'http';
  readonly ttl: number;
  readonly statuses: readonly number[] | undefined;
  readonly storeCredentialed: boolean;
  /** In lower case. */
  readonly credentialHeaders: readonly string[];
  readonly maxEntryBytes: number;
  /** Throws nothing. */
  readonly onError: (error: unknown) => void;
  /** Milliseconds. */
  readonly clock: () => number;
}

/**
 * Checks the options that every cache has.
 *
 * @throws ConfigurationError
 */
export function cacheRules(options: CacheOptions): CacheRules {
  if (typeof options !== 'object' || options === null) expected('the options of a cache to be an object', options);
  const { clock = monotonic, credentialHeaders = [], maxEntryBytes, onError, policy = 'ttl', statuses, ttl } = options;
  const { storeCredentialed = false } = options;
  if (policy !== 'ttl' && policy !== 'http') expected("`policy` to be 'ttl' or 'http'", policy);
  checkDuration('ttl', ttl);
  checkInteger('maxEntryBytes', maxEntryBytes, 1);
  checkType('onError', onError, 'function');
  checkType('clock', clock, 'function');
  if (typeof storeCredentialed !== 'boolean') expected('`storeCredentialed` to be a boolean', storeCredentialed);
  if (!isListOf(credentialHeaders, (name) => typeof name === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(name))) {
    expected('`credentialHeaders` to be a list of names of headers', credentialHeaders);
  }
  if (statuses && !isListOf(statuses, (status) => Number.isInteger(status) && status >= 200 && status <= 599)) {
    expected('`statuses` to be a list of integers from 200 to 599', statuses);
  }
  return {
    policy,
    ttl: ttl ?? DEFAULT_TTL,
    statuses,
    storeCredentialed,
    credentialHeaders: [
      ...['authorization', 'cookie', 'proxy-authorization', 'x-api-key'],
      ...credentialHeaders.map((name) => name.toLowerCase()),
    ],
    maxEntryBytes: maxEntryBytes ?? DEFAULT_MAX_ENTRY_BYTES,
    onError: (error) => {
      // A listener harms nothing.
      try {
        onError?.(error);
      } catch {}
    },
    clock,
  };
}

function isListOf<T>(list: readonly T[], isOne: (one: T) => boolean): boolean {
  return Array.isArray(list) && list.every(isOne);
}

/** Milliseconds since 1970, as they were when the program began, and of a clock that runs evenly since then. */
function monotonic(): number {
  return performance.timeOrigin + performance.now();
}
