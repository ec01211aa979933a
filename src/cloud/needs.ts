import { apiErrorOf } from '../errors/apiErrorOf.ts';
import {
  ConfigurationError,
  checkInteger,
  DecodeError,
  expected,
  hasCode,
  isApiError,
  isBreak,
  isTidewayError,
  loaded,
  notJson,
  SchemaError,
  StreamInterruptedError,
  UnsavedRecordsError,
  ValueTooLargeError,
} from '../errors/index.ts';
import { backoff, type Connection, isTransient, retryDelay, retryOptions, sleep } from '../http/index.ts';
import { encodeFilter } from './filter.ts';
import type { HandedNeeds } from './later/needs.ts';
import { lazySource } from './lazy-source.ts';
import { names } from './read-options.ts';

/** What all that is loaded later is given of the code that is there, in the order of its needs. */
export function handedBy(connection: Connection): HandedNeeds {
  return [
    connection,
    apiErrorOf,
    backoff,
    ConfigurationError,
    checkInteger,
    DecodeError,
    encodeFilter,
    expected,
    hasCode,
    isApiError,
    isBreak,
    isTidewayError,
    isTransient,
    lazySource,
    names,
    notJson,
    resuming,
    retryDelay,
    retryOptions,
    SchemaError,
    StreamInterruptedError,
    sleep,
    UnsavedRecordsError,
    ValueTooLargeError,
  ];
}

/** The code that decodes records, and resumes reads. */
export function resuming(): Promise<typeof import('./resuming.ts')> {
  return loaded(import('./resuming.ts'));
}
