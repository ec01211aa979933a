import { expected } from '../errors/index.ts';
import type { JobState } from './wire.ts';

/** The life of a job. */
export const STATES: readonly JobState[] = ['pending', 'running', 'finished', 'deleted'];

/** Refuses what is no state of a job. */
export function checkState(state: unknown): void {
  if (STATES.includes(state as JobState)) return;
  expected(`\`state\` to be one of ${STATES.join(', ')}`, state);
}
