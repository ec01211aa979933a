import { encodeRecord } from './encode-record.ts';
import type { Needs } from './needs.ts';

/**
 * A value as JSON text, a `Date` as milliseconds.
 *
 * @throws ConfigurationError for what JSON would drop or change in silence: a circle, a BigInt, a function, NaN.
 */
export function encodeJson(needs: Needs, name: string, value: unknown): string {
  return encodeRecord(value, (message) => new needs.ConfigurationError(`${message}, in \`${name}\``));
}
