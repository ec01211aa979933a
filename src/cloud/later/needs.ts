import type { apiErrorOf } from '../../errors/apiErrorOf.ts';
import type {
  ConfigurationError,
  checkInteger,
  expected,
  isTidewayError,
  SchemaError,
  UnsavedRecordsError,
  ValueTooLargeError,
} from '../../errors/index.ts';
import type { backoff, Connection, isTransient, path, retryDelay, retryOptions, sleep } from '../../http/index.ts';
import type { ReadingErrors } from '../../records/index.ts';
import type { interruption } from '../../records/interruption.ts';
import type { encodeFilter } from '../filter.ts';
import type { lazySource } from '../lazy-source.ts';
import type { names } from '../read-options.ts';

/**
 * What the code that is loaded later needs of the code that is loaded already. It is handed over: what is imported from
 * both sides would be cut out of what is loaded first, into pieces that compress worse.
 */
export interface Needs extends ReadingErrors {
  readonly connection: Connection;
  readonly apiErrorOf: typeof apiErrorOf;
  readonly backoff: typeof backoff;
  readonly ConfigurationError: typeof ConfigurationError;
  readonly checkInteger: typeof checkInteger;
  readonly encodeFilter: typeof encodeFilter;
  readonly expected: typeof expected;
  readonly isTidewayError: typeof isTidewayError;
  readonly isTransient: typeof isTransient;
  readonly lazySource: typeof lazySource;
  readonly names: typeof names;
  readonly path: typeof path;
  /** Loads what resumes reads, and tells of those that cannot be. */
  readonly resuming: () => Promise<{ readonly interruption: typeof interruption }>;
  readonly retryDelay: typeof retryDelay;
  readonly retryOptions: typeof retryOptions;
  readonly SchemaError: typeof SchemaError;
  readonly sleep: typeof sleep;
  readonly UnsavedRecordsError: typeof UnsavedRecordsError;
  readonly ValueTooLargeError: typeof ValueTooLargeError;
}
