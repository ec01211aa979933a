import type { ApiError } from '../../errors/index.ts';
import type { CommandNeeds } from './command-needs.ts';
import { notFound } from './job-state.ts';

/**
 * The key of a job as a server gave it.
 *
 * @throws DecodeError for anything else.
 */
export function answeredKey(needs: CommandNeeds, key: unknown, target: string): string {
  try {
    needs.parseJobKey(key as string);
    return key as string;
  } catch {
    throw new needs.DecodeError(`the key of a job in the JSON of ${target}`, 1, 0);
  }
}

/** A job that is not there. */
export function noSuchJob(needs: CommandNeeds, target: string, key: string, method?: string): ApiError {
  return notFound(needs, target, `there is no job \`${key}\``, method);
}
