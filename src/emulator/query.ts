import { Refusal } from './refusal.ts';

/** A parameter that must be an integer from 0 up, or `undefined` when it is absent. */
export function integerParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text))
    throw new Refusal(400, `Invalid ${name}, expected an integer from 0 up: ${text.slice(0, 100)}`);
  return Number(text);
}

/** A parameter that switches something on: `1`, `true`, `yes` in any case. */
export function flagParameter(query: URLSearchParams, name: string): boolean {
  return /^(1|true|yes|y)$/i.test(query.get(name) ?? '');
}

/** The values of a parameter that may be repeated, or `undefined` when it is absent. */
export function listParameter(query: URLSearchParams, name: string): readonly string[] | undefined {
  const values = query.getAll(name);
  return values.length === 0 ? undefined : values;
}
