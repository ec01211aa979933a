import { expected } from '../errors/index.ts';

/** Refuses what is no object, or an array. */
export function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    expected(`\`${name}\` to be an object`, value);
  }
}
