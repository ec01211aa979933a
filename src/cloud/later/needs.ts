import type { apiErrorOf } from '../../errors/apiErrorOf.ts';
import type {
  ConfigurationError,
  checkInteger,
  DecodeError,
  expected,
  isTidewayError,
  notJson,
  SchemaError,
  UnsavedRecordsError,
  ValueTooLargeError,
} from '../../errors/index.ts';
import type { Handed } from '../../http/handed.ts';
import type { backoff, Connection, isTransient, retryDelay, retryOptions, sleep } from '../../http/index.ts';
import type { InterruptionErrors, interruption } from '../../records/interruption.ts';
import type { encodeFilter } from '../filter.ts';
import type { lazySource } from '../lazy-source.ts';
import type { names } from '../read-options.ts';

/**
 * What the code that is loaded later needs of the code that is loaded already. It is handed over: what is imported from
 * both sides would be cut out of what is loaded first, into pieces that compress worse.
 */
export interface Needs extends InterruptionErrors {
  readonly connection: Connection;
  readonly apiErrorOf: typeof apiErrorOf;
  readonly backoff: typeof backoff;
  readonly ConfigurationError: typeof ConfigurationError;
  readonly checkInteger: typeof checkInteger;
  readonly DecodeError: typeof DecodeError;
  readonly encodeFilter: typeof encodeFilter;
  readonly expected: typeof expected;
  readonly isTidewayError: typeof isTidewayError;
  readonly isTransient: typeof isTransient;
  readonly lazySource: typeof lazySource;
  readonly names: typeof names;
  readonly notJson: typeof notJson;
  /** Loads what resumes reads, and tells of those that cannot be. */
  readonly resuming: () => Promise<{ readonly interruption: typeof interruption }>;
  readonly retryDelay: typeof retryDelay;
  readonly retryOptions: typeof retryOptions;
  readonly SchemaError: typeof SchemaError;
  readonly sleep: typeof sleep;
  readonly UnsavedRecordsError: typeof UnsavedRecordsError;
  readonly ValueTooLargeError: typeof ValueTooLargeError;
}

/** The order in which they are handed over. */
export const ORDER = [
  'connection',
  'apiErrorOf',
  'backoff',
  'ConfigurationError',
  'checkInteger',
  'DecodeError',
  'encodeFilter',
  'expected',
  'hasCode',
  'isApiError',
  'isBreak',
  'isTidewayError',
  'isTransient',
  'lazySource',
  'names',
  'notJson',
  'resuming',
  'retryDelay',
  'retryOptions',
  'SchemaError',
  'StreamInterruptedError',
  'sleep',
  'UnsavedRecordsError',
  'ValueTooLargeError',
] as const;

/** {@link Needs} in their order. */
export type HandedNeeds = Handed<Needs, typeof ORDER>;
