import { expected } from '../errors/index.ts';

/** The parts of a job's key, each an integer in text. */
export type JobKey = readonly [project: string, spider: string, job: string];

// Leading zeros and signs are other spellings of the same job: a key must compare equal to the server's.
const INTEGER = /^(0|[1-9]\d{0,15})$/;

/**
 * Splits a job's key.
 *
 * @throws ConfigurationError for anything but three integers.
 */
export function parseJobKey(key: string): JobKey {
  return integers(key, 3, 'job key `project/spider/job` of three integers') as unknown as JobKey;
}

/** Refuses the key of a job that is none of a project's, or of a spider's. */
export function checkJobKey(key: unknown, project: string, spider?: string): void {
  const parts = parseJobKey(key as string);
  if (parts[0] === project && (spider ?? parts[1]) === parts[1]) return;
  expected(`the key of a job in \`${spider ? `${project}/${spider}` : project}\``, key);
}

/** Splits a spider's key. */
export function parseSpiderKey(key: string): readonly [project: string, spider: string] {
  return integers(key, 2, 'spider key `project/spider` of two integers') as unknown as [string, string];
}

/** A project's id as text. */
export function parseProjectId(id: number | string): string {
  return integers(typeof id === 'number' ? String(id) : id, 1, 'project id, an integer')[0] as string;
}

/** Checks the key of a record of a job. */
export function checkRecordKey(name: string, key: unknown, job: JobKey): void {
  if (key === undefined) return;
  const prefix = `${job.join('/')}/`;
  if (typeof key === 'string' && key.startsWith(prefix) && INTEGER.test(key.slice(prefix.length))) return;
  expected(`\`${name}\` to be a record key \`${prefix}<number>\``, key);
}

function integers(key: unknown, count: number, what: string): string[] {
  const parts = typeof key === 'string' ? key.split('/') : [];
  if (parts.length === count && parts.every((part) => INTEGER.test(part))) return parts;
  return expected(`a ${what}`, key);
}
