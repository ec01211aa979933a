import { Refusal } from './refusal.ts';

/** The numbers of a key: project, spider, job, record; fewer where the key names something larger. */
export type KeyParts = readonly number[];

/** The parts of a key such as `1/2/3/4`, or `undefined` when it is none. */
export function keyParts(key: string): KeyParts | undefined {
  const parts = key.split('/');
  if (!parts.every((part) => /^\d{1,15}$/.test(part))) return undefined;
  return parts.map(Number);
}

/** The parts of a record's full key, which is what `start` and `startafter` take. */
export function recordKeyParts(name: string, key: string): KeyParts {
  const parts = keyParts(key);
  if (parts?.length !== 4) throw new Refusal(400, `Invalid ${name}, expected a key like 1/2/3/4: ${key.slice(0, 100)}`);
  return parts;
}

/** Compares two keys part by part, as numbers. */
export function compareKeys(left: KeyParts, right: KeyParts): number {
  const length = Math.max(left.length, right.length);
  for (let position = 0; position < length; position += 1) {
    const difference = (left[position] ?? -1) - (right[position] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
