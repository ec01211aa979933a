import { checkDuration, checkType, DuplicateJobError, TimeoutError } from '../errors/index.ts';
import { type Connection, path, Scope } from '../http/index.ts';
import { checkObject } from './check-object.ts';
import { checkText } from './check-text.ts';
import { checkState, STATES } from './job-state.ts';
import { parseJobKey } from './keys.ts';
import type { CommandNeeds, HandedMore } from './later/command-needs.ts';
import { call, type NameFor, type Rest, type Result } from './later.ts';
import { handedBy } from './needs.ts';
import { readLines, resumable } from './reading.ts';

/**
 * As `later`, for what needs more than reading and writing the data of a job does.
 *
 * @throws ConnectionError when the code cannot be loaded
 */
export function command<Name extends NameFor<CommandNeeds>>(
  connection: Connection,
  name: Name,
  ...rest: Rest<Name>
): Promise<Result<Name>> {
  const more: HandedMore = [
    checkDuration,
    checkObject,
    checkState,
    checkText,
    checkType,
    DuplicateJobError,
    parseJobKey,
    path,
    readLines,
    resumable,
    Scope,
    STATES,
    TimeoutError,
  ];
  return call(name, rest, [...handedBy(connection), ...more]);
}
