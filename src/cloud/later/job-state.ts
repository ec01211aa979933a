import type { ApiError } from '../../errors/index.ts';
import type { CallOptions, Path } from '../../http/index.ts';
import type { JobKey } from '../keys.ts';
import type { JobState } from '../wire.ts';
import type { Needs } from './needs.ts';

/**
 * Asks for the state of a job.
 *
 * @throws NotFoundError when there is no such job.
 */
export async function readState(needs: Needs, key: JobKey, options: CallOptions): Promise<JobState> {
  const target = `/jobs/${key.join('/')}/state` as Path;
  const state = await needs.connection.json<JobState | null | undefined>(target, options);
  if (!state) throw notFound(needs, target, `there is no job \`${key.join('/')}\``);
  return state;
}

/** The NotFoundError of what the server says without a status of its own. */
export function notFound(needs: Needs, target: string, reason?: string, method: string = 'GET'): ApiError {
  return needs.apiErrorOf({ status: 404, method, path: target, reason });
}

/** Whether a job will store nothing more. */
export async function isOver(needs: Needs, key: JobKey, options: CallOptions): Promise<boolean> {
  const state = await readState(needs, key, options);
  return state === 'finished' || state === 'deleted';
}
