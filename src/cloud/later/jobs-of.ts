import type { Job } from '../job.ts';
import type { Named } from '../job-options.ts';
import type { CommandNeeds } from './command-needs.ts';

/** Whose jobs a call is about, and what tells and makes them. */
export interface JobsOf {
  readonly project: string;
  /** One spider of the project. */
  readonly spider: { readonly id: string; readonly name: string } | undefined;
  /** Refuses the key of a job that is none of these. */
  readonly check: (key: string) => void;
  /** A job of these. */
  readonly make: (key: string) => Job;
}

/** The arguments of a call that names a spider, unless one is implied. */
export function named<Options extends object>(
  needs: CommandNeeds,
  { spider }: JobsOf,
  args: Named<Options>,
): [spider: string | undefined, options: Options] {
  const [name, options = {} as Options] = typeof args[0] === 'string' ? [args[0], args[1]] : [spider?.name, args[0]];
  needs.checkObject('options', options);
  return [name, options];
}
