import { expected, NotFoundError } from '../errors/index.ts';
import { type CallOptions, type Connection, path } from '../http/index.ts';
import type { JobKey } from './keys.ts';
import type { JobState } from './wire.ts';

/** The life of a job. */
export const STATES: readonly JobState[] = ['pending', 'running', 'finished', 'deleted'];

/** Refuses what is no state of a job. */
export function checkState(state: unknown): void {
  if (STATES.includes(state as JobState)) return;
  expected(`\`state\` to be one of ${STATES.join(', ')}`, state);
}

/**
 * Asks for the state of a job.
 *
 * @throws NotFoundError when there is no such job.
 */
export async function readState(connection: Connection, key: JobKey, options: CallOptions): Promise<JobState> {
  const target = path`/jobs/${key}/state`;
  const state = await connection.json<JobState | null | undefined>(target, options);
  if (!state) throw notFound(target, `there is no job \`${key.join('/')}\``);
  return state;
}

/** What the server says without a status of its own. */
export function notFound(target: string, reason?: string, method: string = 'GET'): NotFoundError {
  return new NotFoundError({ status: 404, method, path: target, reason });
}

/** Whether a job will store nothing more. */
export async function isOver(connection: Connection, key: JobKey, options: CallOptions): Promise<boolean> {
  const state = await readState(connection, key, options);
  return state === 'finished' || state === 'deleted';
}
