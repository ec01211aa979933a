import type { apiErrorOf } from '../../errors/apiErrorOf.ts';
import type {
  ConfigurationError,
  checkDuration,
  checkInteger,
  checkType,
  DecodeError,
  DuplicateJobError,
  expected,
  isApiError,
  isTidewayError,
  notJson,
  SchemaError,
  TimeoutError,
  UnsavedRecordsError,
  ValueTooLargeError,
} from '../../errors/index.ts';
import type {
  backoff,
  Connection,
  isTransient,
  path,
  retryDelay,
  retryOptions,
  Scope,
  sleep,
} from '../../http/index.ts';
import type { interruption, isBreak } from '../../records/interruption.ts';
import type { checkObject } from '../check-object.ts';
import type { checkText } from '../check-text.ts';
import type { encodeFilter } from '../filter.ts';
import type { checkState, STATES } from '../job-state.ts';
import type { parseJobKey } from '../keys.ts';
import type { names } from '../read-options.ts';
import type { lazySource, readLines, resumable } from '../reading.ts';

/**
 * What the code that is loaded later needs of the code that is loaded already. It is handed over: what is imported from
 * both sides would be cut out of what is loaded first, into pieces that compress worse.
 */
export interface Needs {
  readonly connection: Connection;
  readonly apiErrorOf: typeof apiErrorOf;
  readonly backoff: typeof backoff;
  readonly ConfigurationError: typeof ConfigurationError;
  readonly checkDuration: typeof checkDuration;
  readonly checkInteger: typeof checkInteger;
  readonly checkObject: typeof checkObject;
  readonly checkState: typeof checkState;
  readonly checkText: typeof checkText;
  readonly checkType: typeof checkType;
  readonly DecodeError: typeof DecodeError;
  readonly DuplicateJobError: typeof DuplicateJobError;
  readonly encodeFilter: typeof encodeFilter;
  readonly expected: typeof expected;
  readonly interruption: typeof interruption;
  readonly isApiError: typeof isApiError;
  readonly isBreak: typeof isBreak;
  readonly isTidewayError: typeof isTidewayError;
  readonly isTransient: typeof isTransient;
  readonly lazySource: typeof lazySource;
  readonly names: typeof names;
  readonly notJson: typeof notJson;
  readonly parseJobKey: typeof parseJobKey;
  readonly path: typeof path;
  readonly readLines: typeof readLines;
  readonly resumable: typeof resumable;
  readonly retryDelay: typeof retryDelay;
  readonly retryOptions: typeof retryOptions;
  readonly SchemaError: typeof SchemaError;
  readonly Scope: typeof Scope;
  readonly STATES: typeof STATES;
  readonly sleep: typeof sleep;
  readonly TimeoutError: typeof TimeoutError;
  readonly UnsavedRecordsError: typeof UnsavedRecordsError;
  readonly ValueTooLargeError: typeof ValueTooLargeError;
}
