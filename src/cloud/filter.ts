import { expected } from '../errors/index.ts';

/** One condition on a field: `['price', '>', [10]]`. A record without the field does not meet it. */
export type FilterCondition = readonly [field: string, operator: string, values: unknown];

/** Conditions that all must be met: one, several, or the same as JSON text. */
export type Filter = FilterCondition | readonly (FilterCondition | string)[] | string;

/**
 * The conditions as the server wants them: JSON text, one parameter each.
 *
 * @throws ConfigurationError for anything that is no condition.
 */
export function encodeFilter(filter: Filter = []): string[] {
  try {
    const given = parsed(filter);
    const conditions = isCondition(given) ? [given] : (given as unknown[]);
    return conditions.map((one) => {
      const condition = parsed(one);
      if (!isCondition(condition)) throw condition;
      const [field, operator, values] = condition;
      return JSON.stringify([field, operator, Array.isArray(values) ? values : [values]]);
    });
  } catch {
    return expected('`filter` to be `[field, operator, values]`, a list of those or the JSON text', filter);
  }
}

/** A list of conditions as JSON text may have three of them, too; those begin with a bracket. */
function isCondition(value: unknown): value is FilterCondition {
  return Array.isArray(value) && value.length === 3 && /^[^[]*$/.test(value[0]) && typeof value[1] === 'string';
}

function parsed(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value;
}
