import { ConfigurationError } from '../errors/index.ts';

function shown(value: unknown): string {
  if (typeof value === 'string') return `\`${value.slice(0, 100)}\` (string)`;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return `\`${String(value).slice(0, 100)}\` (${typeof value})`;
}

/** Throws what an option that cannot work throws. */
export function reject(name: string, expected: string, value: unknown): never {
  throw new ConfigurationError(`Expected \`${name}\` to be ${expected}, got ${shown(value)}`);
}

/** An integer from a minimum up, or absent. */
export function checkInteger(name: string, value: unknown, minimum: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && Number(value) >= minimum)) return;
  reject(name, `an integer from ${minimum} and up`, value);
}

/** A number from a minimum up, or absent. */
export function checkNumber(
  name: string,
  value: unknown,
  minimum: number,
  maximum: number = Number.POSITIVE_INFINITY,
): void {
  if (value === undefined || (typeof value === 'number' && value >= minimum && value <= maximum)) return;
  const range = Number.isFinite(maximum) ? `from ${minimum} to ${maximum}` : `from ${minimum} and up`;
  reject(name, `a number ${range}`, value);
}

/** A function, or absent. */
export function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') reject(name, 'a function', value);
}

/** An object with no other members than these, or absent. */
export function checkMembers(name: string, value: unknown, members: readonly string[]): void {
  if (value === undefined) return;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) reject(name, 'an object', value);
  for (const member of Object.keys(value)) {
    if (!members.includes(member)) {
      throw new ConfigurationError(
        `Expected \`${name}\` to have no option \`${member}\`; it knows ${members.join(', ')}`,
      );
    }
  }
}
