import { ConfigurationError } from './ConfigurationError.ts';

/** Refuses an argument. Of what came only what is short is shown, as long text may be a secret; or its type alone. */
export function expected(what: string, value: unknown, isSecret?: boolean): never {
  const isShort = !isSecret && !/^(object|function)$/.test(typeof value) && String(value).length <= 40;
  const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  const got = isShort ? `\`${String(value)}\`${kind === 'string' ? '' : ` (${kind})`}` : kind;
  throw new ConfigurationError(`Expected ${what}, got ${got}`);
}

/** A value of a type, or undefined. */
export function checkType(name: string, value: unknown, type: 'function' | 'object' | 'string'): void {
  if (value === null || (value !== undefined && typeof value !== type))
    expected(`\`${name}\` to be of type ${type}`, value);
}

/** An integer from a minimum up, or undefined. */
export function checkInteger(name: string, value: unknown, minimum: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= minimum)) return;
  expected(`\`${name}\` to be an integer from ${minimum} and up`, value);
}

/** Milliseconds above zero, or undefined. Infinity is no limit; between it and 31 bits every timer would fire at once. */
export function checkDuration(name: string, value: unknown): void {
  if (value === undefined || value === Number.POSITIVE_INFINITY) return;
  if (typeof value === 'number' && value > 0 && value < 2 ** 31) return;
  expected(`\`${name}\` to be milliseconds from above 0 to 2147483647`, value);
}
