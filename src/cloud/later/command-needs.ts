import type { checkDuration, checkType, DuplicateJobError, TimeoutError } from '../../errors/index.ts';
import type { Scope } from '../../http/index.ts';
import type { checkObject } from '../check-object.ts';
import type { checkText } from '../check-text.ts';
import type { checkState, STATES } from '../job-state.ts';
import type { parseJobKey } from '../keys.ts';
import type { readLines, resumable } from '../reading.ts';
import type { Needs } from './needs.ts';

/** What commands need besides: a program that has only the data of jobs is spared it. */
export interface CommandNeeds extends Needs {
  readonly checkDuration: typeof checkDuration;
  readonly checkObject: typeof checkObject;
  readonly checkState: typeof checkState;
  readonly checkText: typeof checkText;
  readonly checkType: typeof checkType;
  readonly DuplicateJobError: typeof DuplicateJobError;
  readonly parseJobKey: typeof parseJobKey;
  readonly readLines: typeof readLines;
  readonly resumable: typeof resumable;
  readonly Scope: typeof Scope;
  readonly STATES: typeof STATES;
  readonly TimeoutError: typeof TimeoutError;
}
