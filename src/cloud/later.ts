import { apiErrorOf } from '../errors/apiErrorOf.ts';
import {
  ConfigurationError,
  checkDuration,
  checkInteger,
  checkType,
  DecodeError,
  DuplicateJobError,
  expected,
  isApiError,
  isTidewayError,
  loaded,
  notJson,
  SchemaError,
  TimeoutError,
  UnsavedRecordsError,
  ValueTooLargeError,
} from '../errors/index.ts';
import { backoff, type Connection, isTransient, path, retryDelay, retryOptions, Scope, sleep } from '../http/index.ts';
import { interruption, isBreak } from '../records/interruption.ts';
import { checkObject } from './check-object.ts';
import { checkText } from './check-text.ts';
import { encodeFilter } from './filter.ts';
import { checkState, STATES } from './job-state.ts';
import { parseJobKey } from './keys.ts';
import type { Needs } from './later/needs.ts';
import { names } from './read-options.ts';
import { lazySource, readLines, resumable } from './reading.ts';

type Functions = typeof import('./later/index.ts');

/** The parameters of a function behind its first one, the needs. */
type Rest<F> = F extends (needs: Needs, ...rest: infer Args) => unknown ? Args : never;

/**
 * Calls a function of `./later`, whose code is loaded with the first of these calls: a program that only reads jobs
 * never loads it.
 *
 * @throws ConnectionError when the code cannot be as in a page that has lost its network. Nothing was done then,
 * and the next call tries again.
 */
export async function later<Name extends keyof Functions>(
  connection: Connection,
  name: Name,
  ...rest: Rest<Functions[Name]>
): Promise<Awaited<ReturnType<Functions[Name]>>> {
  const functions = await loaded(import('./later/index.ts'));
  const needs: Needs = {
    connection,
    apiErrorOf,
    backoff,
    ConfigurationError,
    checkDuration,
    checkInteger,
    checkObject,
    checkState,
    checkText,
    checkType,
    DecodeError,
    DuplicateJobError,
    encodeFilter,
    expected,
    interruption,
    isApiError,
    isBreak,
    isTidewayError,
    isTransient,
    lazySource,
    names,
    notJson,
    parseJobKey,
    path,
    readLines,
    resumable,
    retryDelay,
    retryOptions,
    SchemaError,
    Scope,
    STATES,
    sleep,
    TimeoutError,
    UnsavedRecordsError,
    ValueTooLargeError,
  };
  const run = functions[name] as (needs: Needs, ...rest: unknown[]) => Promise<Awaited<ReturnType<Functions[Name]>>>;
  return run(needs, ...rest);
}
