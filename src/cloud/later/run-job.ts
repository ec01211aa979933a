import type { QueryValue } from '../../http/index.ts';
import type { Job } from '../job.ts';
import type { Named } from '../job-options.ts';
import type { RunOptions } from '../run-options.ts';
import { answeredKey } from './answers.ts';
import type { CommandNeeds } from './command-needs.ts';
import { askDash } from './dash.ts';
import { encodeJson } from './encode-json.ts';
import { checkQueueFields } from './job-queue.ts';
import { type JobsOf, named } from './jobs-of.ts';
import { checkSpiderName } from './spiders.ts';
import { checkTags } from './tags.ts';

/** Fields of the form that no argument of a spider may take. */
const FIELDS: readonly string[] = [
  'project',
  'spider',
  'units',
  'priority',
  'add_tag',
  'meta',
  'cmd_args',
  'job_settings',
  'environment',
];

/** Schedules a job. Never repeated: the server may have scheduled it although no answer came. */
export async function runJob(needs: CommandNeeds, jobs: JobsOf, args: Named<RunOptions>): Promise<Job> {
  const [spider, options] = named(needs, jobs, args);
  return schedule(needs, jobs, spider, options);
}

/** {@link runJob} with its arguments told apart. */
export async function schedule(
  needs: CommandNeeds,
  { make, project }: JobsOf,
  spider: string | undefined,
  options: RunOptions,
): Promise<Job> {
  const { addTag, cmdArgs, environment, jobArgs = {}, jobSettings, meta, priority, units, ...call } = options;
  checkSpiderName(needs, spider);
  checkQueueFields(needs, options);
  needs.checkType('cmdArgs', cmdArgs, 'string');
  needs.checkObject('jobArgs', jobArgs);
  const form: Record<string, QueryValue> = {};
  for (const [name, value] of Object.entries(jobArgs)) {
    if (FIELDS.includes(name)) {
      needs.expected(`\`jobArgs\` without the names of other options`, name);
    }
    form[name] = typeof value === 'string' || value === undefined ? value : encodeJson(needs, `jobArgs.${name}`, value);
  }
  Object.assign(form, {
    project,
    spider,
    units,
    priority,
    add_tag: checkTags(needs, 'addTag', addTag),
    cmd_args: cmdArgs,
    job_settings: asJson(needs, 'jobSettings', jobSettings),
    meta: asJson(needs, 'meta', meta),
    environment: asJson(needs, 'environment', environment),
  });
  for (const value of Object.values(environment ?? {})) {
    if (typeof value !== 'string') needs.expected('`environment` to hold texts', value);
  }
  const target = needs.path`/run.json`;
  try {
    const key = await askDash(needs, target, 'jobid', { ...call, method: 'POST', form });
    return make(answeredKey(needs, key, target));
  } catch (error) {
    if (needs.isApiError(error) && error.reason?.includes('already scheduled')) {
      throw new needs.DuplicateJobError({ ...error, body: error.body });
    }
    throw error;
  }
}

function asJson(needs: CommandNeeds, name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  needs.checkObject(name, value);
  return encodeJson(needs, name, value);
}
