import type { QueryValue } from './options.ts';

/** Fields as of `application/x-www-form-urlencoded`: arrays repeat, undefined is left out, true is 1. */
export function encodeFields(fields: Readonly<Record<string, QueryValue>> = {}): URLSearchParams {
  const result = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of [value].flat()) {
      if (one !== undefined) result.append(name, String(typeof one === 'boolean' ? Number(one) : one));
    }
  }
  return result;
}
