import { expected } from '../errors/index.ts';

/** The longest name of something shared, in characters. */
const LONGEST_NAME = 4_096;

/** A name under which something is shared, as the user gives it. */
export function checkName(name: string, value: unknown): void {
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_NAME) return;
  expected(`\`${name}\` to be text of 1 to ${LONGEST_NAME} characters`, value);
}

/**
 * Names a key: the version of the format, what it is of, whose it is, and which part. Everything of one name has the
 * same hash tag, and is on one node of a cluster.
 */
export function keysOf(kind: string, name: string): (part: string) => string {
  return (part) => `{tideway:1:${kind}:${name}}:${part}`;
}
