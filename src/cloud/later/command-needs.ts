import type { checkDuration, checkType, DuplicateJobError, TimeoutError } from '../../errors/index.ts';
import type { Handed } from '../../http/handed.ts';
import type { path, Scope } from '../../http/index.ts';
import type { checkObject } from '../check-object.ts';
import type { checkText } from '../check-text.ts';
import type { checkState, STATES } from '../job-state.ts';
import type { parseJobKey } from '../keys.ts';
import type { readLines, resumable } from '../reading.ts';
import { type HandedNeeds, type Needs, ORDER } from './needs.ts';

/** What commands need besides: a program that has only the data of jobs is spared it. */
export interface CommandNeeds extends Needs {
  readonly checkDuration: typeof checkDuration;
  readonly checkObject: typeof checkObject;
  readonly checkState: typeof checkState;
  readonly checkText: typeof checkText;
  readonly checkType: typeof checkType;
  readonly DuplicateJobError: typeof DuplicateJobError;
  readonly parseJobKey: typeof parseJobKey;
  readonly path: typeof path;
  readonly readLines: typeof readLines;
  readonly resumable: typeof resumable;
  readonly Scope: typeof Scope;
  readonly STATES: typeof STATES;
  readonly TimeoutError: typeof TimeoutError;
}

/** The order of what follows the needs of everything. */
const MORE = [
  'checkDuration',
  'checkObject',
  'checkState',
  'checkText',
  'checkType',
  'DuplicateJobError',
  'parseJobKey',
  'path',
  'readLines',
  'resumable',
  'Scope',
  'STATES',
  'TimeoutError',
] as const;

/** What a command needs besides, in its order. */
export type HandedMore = Handed<CommandNeeds, typeof MORE>;

/** What was handed over: all that a command needs, or what everything does. */
export type Given = readonly [...HandedNeeds, ...Partial<HandedMore>];

/** Gives what was handed over its names. */
export function named(handed: Given): Pick<CommandNeeds, (typeof ORDER | typeof MORE)[number]> {
  const names = [...ORDER, ...MORE];
  return Object.fromEntries(names.map((name, place) => [name, handed[place]])) as unknown as CommandNeeds;
}
